import ArgumentParser
import LoadTesting
import Settings
import Sockets

/// How hard and how long; the same for every workload.
struct BenchOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "Connections, all threads together.")
    var connections = 64

    @Option(name: .shortAndLong, help: "Threads of the load generator.")
    var threads = 1

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("How long to measure, e.g. 30s. (default: 10s)", valueName: "time"),
        transform: Self.duration
    )
    var duration = Duration.seconds(10)

    @Option(
        help: ArgumentHelp(
            "How long to run before that. (default: 1s; with --operations 0s)",
            valueName: "time"
        ),
        transform: Self.duration
    )
    var warmUp: Duration?

    @Option(
        help: ArgumentHelp(
            "Maximum time for a connect, a login and each complete answer, and for operations still "
                + "running at the end. (default: 10s)",
            valueName: "time"
        ),
        transform: Self.duration
    )
    var timeout = Duration.seconds(10)

    @Option(help: "Operations per second in an open loop. (default: closed loop)")
    var rate: Double?

    @Option(
        help: "Maximum number of operations, without those of the warm-up. (default: no limit)"
    )
    var operations: Int?

    @Option(help: "Rounds; each runs every target once. (default: 5 with --compare, else 1)")
    var rounds: Int?

    @Option(
        help: ArgumentHelp(
            "Share of operations that may fail, in percent; above it the exit code is 1.",
            valueName: "percent"
        )
    )
    var maxErrorRate = 0.0

    @Flag(name: .customLong("proxy-v2"), help: "Send a PROXY v2 header on each connection.")
    var sendsProxyHeader = false

    @Option(
        help: ArgumentHelp(
            "Client addresses for the PROXY headers: a block, or a file of blocks. "
                + "(default: 198.18.0.0/15)",
            valueName: "cidr|file"
        ),
        completion: .file()
    )
    var clients: String?

    func validate() throws {
        if let fault = plan(clients: nil).fault { throw ValidationError("\(fault).".capitalized1) }
        if clients != nil, !sendsProxyHeader {
            throw ValidationError("--clients needs --proxy-v2.")
        }
        if let rounds, !(1...1_000).contains(rounds) {
            throw ValidationError("Use 1 to 1000 --rounds.")
        }
        if !(0...100).contains(maxErrorRate) {
            throw ValidationError("--max-error-rate is a percentage from 0 to 100.")
        }
        // `try?`: a limit that cannot be raised or read is met when connecting.
        try? ProcessLimits.raiseDescriptors()
        if let limit = try? ProcessLimits.descriptors(), connections > limit - 50 {
            throw ValidationError(
                "\(connections) connections need more than the limit of \(limit) open files: raise it "
                    + "(ulimit -n), or use fewer."
            )
        }
    }

    /// What is asked for, without what must be read from files.
    func plan(clients: ClientAddresses?) -> LoadPlan {
        var plan = LoadPlan()
        plan.connections = connections
        plan.threads = threads
        plan.duration = duration
        plan.warmUp = warmUp ?? (operations == nil ? .seconds(1) : .zero)
        plan.timeout = timeout
        plan.operationLimit = operations
        plan.endsWhereNothingSucceeds = true
        plan.clients = clients
        if let rate { plan.pace = .openLoop(perSecond: rate) }
        return plan
    }

    /// - Throws: exit code 78, once what is wrong with the list is on standard error.
    func clientAddresses() throws -> ClientAddresses? {
        guard sendsProxyHeader else { return nil }
        return try ClientAddresses(ClientBlocks(clients ?? ClientBlocks.madeUp).blocks)
    }

    static func duration(_ text: String) throws -> Duration {
        guard let duration = Duration(written: text) else {
            throw ValidationError("invalid duration \"\(text)\" (e.g. 500ms, 30s or 2m)")
        }
        return duration
    }
}

extension String {
    fileprivate var capitalized1: String { prefix(1).uppercased() + dropFirst() }
}
