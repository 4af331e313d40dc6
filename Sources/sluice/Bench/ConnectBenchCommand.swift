import ArgumentParser
import LoadTesting

/// `sluice bench connect`.
struct ConnectBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Connections a second: connect, close, and again.",
        discussion: """
            A gateway accepts a connection before it has a backend for it: with --first-byte one \
            counts when the server has said something, as MySQL servers do.
            """
    )

    @OptionGroup var targets: BenchTargets

    @Flag(help: "Wait for the server's first byte.")
    var firstByte = false

    @Flag(help: "Close with RST, which keeps no local port busy for a minute.")
    var reset = false

    @OptionGroup(title: "Load") var options: BenchOptions
    @OptionGroup(title: "Report") var output: ReportOptions

    func run() throws {
        let session = BenchSession(
            targets: targets,
            options: options,
            output: output,
            name: "connect",
            operation: "connection"
        )
        let exchange = ConnectExchange(awaitsFirstByte: firstByte, closesWithReset: reset)
        try BenchUsage.checked(Self.self) { try session.run { _ in .connect(exchange) } }
    }
}
