import ArgumentParser
import LoadTesting

/// `sluice bench connect`.
struct ConnectBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Measure connections per second: connect, close, repeat.",
        discussion: """
            A gateway accepts a connection before it has checked the client or found a backend: a \
            connection only counts if it is still open after --hold (longer if the target takes \
            longer to deny clients) and no error arrived; its latency is that of the connect. With \
            --first-byte, it counts once the server has sent something other than an error; for a \
            mysql:// target, once the server has sent its greeting.
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

    @Flag(help: "Count a connection once the server has sent its first byte.")
    var firstByte = false

    @Flag(help: "Close with RST, which leaves no local port in TIME-WAIT.")
    var reset = false

    @OptionGroup(title: "Load") var options: BenchOptions
    @OptionGroup(title: "Report") var output: ReportOptions

    func validate() throws {
        try targets.check(for: "connect", schemes: [.tcp, .http, .mysql])
        let waitsForServer = firstByte || targets.all.contains { $0.target.scheme == .mysql }
        if hold != nil, waitsForServer {
            throw ValidationError("--hold has no effect with --first-byte or mysql:// targets.")
        }
        for target in targets.all {
            if let problem = exchange(target).problem {
                throw ValidationError("--hold: \(problem).")
            }
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

/// `sluice bench idle`.
struct IdleBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idle",
        abstract: "Hold idle connections and measure the memory per connection.",
        discussion: """
            Specify the target's process with --pid: its memory is read before the first connection \
            and at the end. The exit code is 1 if not all connections are open at the end.
            """
    )

    @OptionGroup var targets: BenchTargets
    @OptionGroup(title: "Load") var options: BenchOptions
    @OptionGroup(title: "Report") var output: ReportOptions

    func validate() throws {
        if options.rate != nil || options.operations != nil {
            throw ValidationError(
                "bench idle has no operations: --rate and --operations have no effect."
            )
        }
        try targets.check(for: "idle", schemes: [.tcp, .http, .mysql])
    }

    func run() throws {
        let session = BenchSession(
            targets: targets,
            options: options,
            output: output,
            name: "idle",
            operation: "connection"
        )
        try BenchUsage.checked(Self.self) { try session.run { _ in .idle } }
    }
}
