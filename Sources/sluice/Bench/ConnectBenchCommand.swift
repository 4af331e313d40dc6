import ArgumentParser
import LoadTesting

/// `sluice bench connect`.
struct ConnectBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Connections per second: connect, close, and again.",
        discussion: """
            A gateway accepts a connection before it decides about the client and has a backend. \
            So a connection counts only if it is still open after --hold (longer at a target that \
            takes longer to turn clients away) and no error came; its latency is that of the \
            connect. With --first-byte it counts when the server has sent something other than an \
            error, and a mysql:// target's when it has sent its greeting.
            """
    )

    @OptionGroup var targets: BenchTargets

    @Option(
        help: ArgumentHelp(
            "How long a connection must stay open to count. (default: 50ms)",
            valueName: "time"
        ),
        transform: BenchOptions.duration
    )
    var hold: Duration?

    @Flag(help: "Wait for the server's first byte.")
    var firstByte = false

    @Flag(help: "Close with RST, which leaves no local port in TIME-WAIT.")
    var reset = false

    @OptionGroup(title: "Load") var options: BenchOptions
    @OptionGroup(title: "Report") var output: ReportOptions

    func validate() throws {
        try targets.check(for: "connect", schemes: [.tcp, .http, .mysql])
        let waitsForServer = firstByte || targets.all.contains { $0.target.scheme == .mysql }
        if hold != nil, waitsForServer {
            throw ValidationError("--hold has no effect with --first-byte and mysql:// targets.")
        }
        for target in targets.all {
            if let fault = exchange(target).fault { throw ValidationError("--hold: \(fault).") }
        }
    }

    func run() throws {
        let session = BenchSession(
            targets: targets,
            options: options,
            output: output,
            name: "connect",
            operation: "connection"
        )
        try BenchUsage.checked(Self.self) { try session.run { .connect(exchange($0)) } }
    }

    private func exchange(_ target: NamedTarget) -> ConnectExchange {
        let proof: ConnectExchange.Proof =
            target.target.scheme == .mysql
            ? .mysqlGreeting : firstByte ? .firstByte : .open(for: hold ?? .milliseconds(50))
        return ConnectExchange(proof: proof, closesWithReset: reset)
    }
}
