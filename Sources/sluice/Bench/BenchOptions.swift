import Addresses
import ArgumentParser
import CIDRTrie
import FoundationEssentials
import LoadTesting
import Settings
import Sockets

/// The load and its duration; the same options for every workload.
struct BenchOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "Total number of connections, over all threads.")
    var connections = 64

    @Option(name: .shortAndLong, help: "Number of load-generator threads.")
    var threads = 1

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Duration of the measurement, e.g. 30s. (default: 10s)",
            valueName: "time"
        ),
        transform: Self.duration
    )
    var duration = Duration.seconds(10)

    @Option(
        help: ArgumentHelp(
            "Warm-up before the measurement. (default: 1s; with --operations, 0s)",
            valueName: "time"
        ),
        transform: Self.duration
    )
    var warmUp: Duration?

    @Option(
        help: ArgumentHelp(
            "Timeout of a connect, a login and each complete answer, and of operations still running "
                + "at the end. (default: 10s)",
            valueName: "time"
        ),
        transform: Self.duration
    )
    var timeout = Duration.seconds(10)

    @Option(help: "Operations per second in an open loop. (default: closed loop)")
    var rate: Double?

    @Option(
        help: "Maximum number of operations, excluding the warm-up. (default: no limit)"
    )
    var operations: Int?

    @Option(
        help: "Number of rounds; each runs every target once. (default: 5 with --compare, else 1)"
    )
    var rounds: Int?

    @Option(
        help: ArgumentHelp(
            "Maximum percentage of failed operations; if it is exceeded, the exit code is 1.",
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
        if let problem = plan(clients: nil).problem {
            throw ValidationError("\(problem.prefix(1).uppercased() + problem.dropFirst()).")
        }
        if clients != nil, !sendsProxyHeader {
            throw ValidationError("--clients requires --proxy-v2.")
        }
        if let rounds, !(1...1_000).contains(rounds) {
            throw ValidationError("--rounds must be from 1 to 1,000.")
        }
        if !(0...100).contains(maxErrorRate) {
            throw ValidationError("--max-error-rate must be from 0 to 100.")
        }
        // `try?`: a limit that cannot be raised or read is hit when connecting.
        try? ProcessLimits.raiseDescriptors()
        if let limit = try? ProcessLimits.descriptors(), connections > limit - 50 {
            throw ValidationError(
                "\(connections) connections exceed the limit of \(limit) open files: raise it (ulimit -n), "
                    + "or use fewer connections."
            )
        }
    }

    /// The plan, without what must be read from files.
    func plan(clients: ClientAddresses?) -> LoadPlan {
        var plan = LoadPlan()
        plan.connections = connections
        plan.threads = threads
        plan.duration = duration
        plan.warmUp = warmUp ?? (operations == nil ? .seconds(1) : .zero)
        plan.timeout = timeout
        plan.operationLimit = operations
        plan.endsIfNothingSucceeds = true
        plan.clients = clients
        if let rate { plan.pace = .openLoop(perSecond: rate) }
        return plan
    }

    /// - Throws: exit code 78 for an invalid list; standard error has the details.
    func clientAddresses() throws -> ClientAddresses? {
        guard sendsProxyHeader else { return nil }
        return try ClientAddresses(ClientBlocks(clients ?? ClientBlocks.standard).blocks)
    }

    static func duration(_ text: String) throws -> Duration {
        guard let duration = Duration(written: text) else {
            throw ValidationError("invalid duration \"\(text)\" (e.g. 500ms, 30s or 2m)")
        }
        return duration
    }
}

/// The blocks of the client addresses in PROXY headers.
struct ClientBlocks {
    /// The network for benchmarks (RFC 2544 §C.2.2): no real client has an address in it.
    static let standard = "198.18.0.0/15"

    let blocks: [CIDRBlock]

    /// - Parameter text: a block, or the path of a list of blocks.
    /// - Throws: exit code 78 for an invalid list; standard error has the details.
    init(_ text: String) throws {
        do throws(AddressSyntaxError) {
            blocks = [try CIDRBlock(parsing: text)]
        } catch {
            guard FileManager.default.fileExists(atPath: text) else {
                throw ValidationError(
                    "--clients \"\(text)\": neither a file nor a valid block (\(error))."
                )
            }
            blocks = try RuleFiles([text]).rules.filter { $0.action == .allow }.map(\.block)
            if blocks.isEmpty {
                throw ValidationError("--clients \(text): the list has no blocks.")
            }
        }
    }
}
