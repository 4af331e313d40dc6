import Addresses
import Core
import Dispatch
public import Engine
public import Logging
import Synchronization

/// Puts the data plane's events into the program's log, in sentences that name cause and remedy.
///
/// An event that repeats itself is written once in ``quietTime``, with the number of times that it
/// was not: an attack or an outage must not fill a disk. Whoever notes an event goes on at once: a
/// queue of its own waits for the log's reader.
public final class GatewayEventLog: Sendable {
    private struct Repetition {
        var lastWritten: ContinuousClock.Instant
        var suppressed = 0
    }

    private static let quietTime = Duration.seconds(10)
    /// Different events that are remembered, at most.
    private static let memoryLimit = 1_024
    /// Lines that wait for the log's reader, at most; the next ones are lost.
    private static let backlogLimit = 1_024

    private let logger: Logger
    private let queue = DispatchQueue(label: "sluice.events", qos: .utility)
    private let waiting = Atomic<Int>(0)
    private let repetitions = Mutex<[String: Repetition]>([:])

    public init(_ logger: Logger) {
        self.logger = logger
    }

    /// Writes the event, unless the same one was written a moment ago.
    public func note(_ event: GatewayEvent) {
        let sentence = event.sentence
        guard let suppressed = admit(sentence, at: .now) else { return }
        let suffix = suppressed > 0 ? " (\(suppressed) times more since the last line)" : ""
        write("\(sentence)\(suffix)", at: event.level)
    }

    private func write(_ message: String, at level: Logger.Level) {
        guard waiting.load(ordering: .relaxed) < Self.backlogLimit else { return }
        waiting.add(1, ordering: .relaxed)
        queue.async { [self] in
            logger.log(level: level, "\(message)")
            waiting.subtract(1, ordering: .relaxed)
        }
    }

    /// Waits until what was noted is written.
    func flush() {
        queue.sync {}
    }

    /// - Returns: how often the sentence was suppressed before; `nil` to suppress it now.
    private func admit(_ sentence: String, at now: ContinuousClock.Instant) -> Int? {
        repetitions.withLock { repetitions in
            if let known = repetitions[sentence], now - known.lastWritten < Self.quietTime {
                repetitions[sentence]?.suppressed += 1
                return nil
            }
            let suppressed = repetitions[sentence]?.suppressed ?? 0
            if repetitions.count >= Self.memoryLimit { repetitions.removeAll() }
            repetitions[sentence] = Repetition(lastWritten: now)
            return suppressed
        }
    }
}

extension GatewayEvent {
    var level: Logger.Level {
        switch self {
        case .backendHealthy, .backendResolved, .acceptResumed, .denialsUnlogged: .notice
        case .backendUnhealthy, .backendUnresolved, .acceptPaused, .silentLoadBalancer,
            .limitReached:
            .warning
        case .backendAddressRefused, .healthCheckImpossible, .noSourcePort: .error
        }
    }

    /// What happened, why, and what to do.
    var sentence: String {
        switch self {
        case .backendUnhealthy(let listener, let backend, let reason):
            "backend \(backend) (listener \(listener)) is down: \(reason)"
        case .backendHealthy(let listener, let backend):
            "backend \(backend) (listener \(listener)) is up"
        case .backendUnresolved(let name, let reason, let inUse):
            "backend \(name) cannot be resolved: \(reason); "
                + (inUse.isEmpty
                    ? "it has no address yet and is asked for again and again"
                    : "its last known addresses stay in use: \(inUse.words)")
        case .backendResolved(let name, let addresses, let before):
            "backend \(name) resolves to \(addresses.words)"
                + (before.isEmpty || before == addresses ? "" : " (before: \(before.words))")
        case .healthCheckImpossible(let backend, let reason):
            "backend \(backend) cannot be checked: \(reason); its health stays what it was"
        case .noSourcePort(let backend, let reason):
            "no connection to backend \(backend) can be opened: \(reason); if local ports have run"
                + " out, give the listener more sourceAddresses, name more backends, or widen"
                + " net.ipv4.ip_local_port_range"
        case .backendAddressRefused(let backend, let address, let reason):
            "backend \(backend): \(address) is not used: it is \(reason)"
        case .acceptPaused(let reason):
            "accepting is paused: \(reason); waiting clients stay in the backlog, raise the limit"
                + " of open files (ulimit -n) if this happens in normal operation"
        case .acceptResumed:
            "accepting goes on"
        case .denialsUnlogged(let count, let total):
            "\(count) denied connections have no line in the access log (\(total) since the start):"
                + " its lines are limited, see log.denialsPerMinute; sluice denials and the metrics"
                + " count them all"
        case .silentLoadBalancer(let listener, let peer):
            "the load balancer \(peer.ip) connected to listener \(listener) and sent no PROXY header"
                + " in time: if it sends its header only with the client's first bytes, a protocol"
                + " whose server speaks first waits for ever; on an AWS network load balancer set"
                + " the target group attribute"
                + " proxy_protocol_v2.client_to_server.header_placement to on_first_ack"
        case .limitReached(let reason, let listener, let client):
            "\(client) was denied at listener \(listener) (\(reason.rawValue)): \(reason.advice)"
        }
    }
}

extension [IPAddress] {
    fileprivate var words: String { map(\.description).joined(separator: ", ") }
}
