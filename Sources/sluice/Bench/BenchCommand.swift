import ArgumentParser

/// `sluice bench`: load tests of gateways and warehouses.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Load-test a gateway or a warehouse.",
        discussion: """
            Without --rate the next operation begins when one is answered (closed loop). With it \
            operations are due at fixed times, and latency counts from when they were due (open \
            loop), which shows what a stall does to all the clients that arrive meanwhile. \
            --compare runs several targets in turn, round by round, so that a noisy machine \
            affects all of them.

            Raise the gateway's limits for the test: by default it limits the connections and the \
            connect rate per source. Test only what is yours. The exit code is 1 if more than \
            --max-error-rate failed.
            """,
        subcommands: [
            HTTPBenchCommand.self, MySQLBenchCommand.self, TCPBenchCommand.self,
            ConnectBenchCommand.self, IdleBenchCommand.self,
        ]
    )
}
