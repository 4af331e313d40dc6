import ArgumentParser

/// `sluice bench`: load tests of gateways and warehouses.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Put load on a gateway or a warehouse, and measure.",
        discussion: """
            Without --rate the next operation begins when one is answered (closed loop). With it \
            operations are due at fixed times, and latency counts from when they were due (open \
            loop): what a stall does to everybody who comes meanwhile is seen. --compare takes \
            several targets in turn, round by round, so that a noisy machine hurts all alike.

            Put load only on what is yours. Exit code 1 where nothing succeeded.
            """,
        subcommands: [
            HTTPBenchCommand.self, MySQLBenchCommand.self, TCPBenchCommand.self,
            ConnectBenchCommand.self, IdleBenchCommand.self,
        ]
    )
}
