import Addresses
import Dispatch
package import Engine
package import Logging
import Policy
import Settings
import Synchronization
import Text

/// Puts events into the program's log, as many as ``EventThrottle`` lets through. Whoever notes an
/// event goes on at once.
package final class GatewayEventLog: Sendable {
    private struct State {
        var throttle = EventThrottle()
        var isTimerSet = false
    }

    private let logger: Logger
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "sluice.events", qos: .utility)

    package init(_ logger: Logger) {
        self.logger = logger
    }

    /// Writes the event of the data plane, unless there were too many of its kind.
    package func note(_ event: GatewayEvent) {
        note(OperatorEvent(event))
    }

    func note(_ event: OperatorEvent) {
        let (isWritten, needsTimer) = state.withLock { state in
            let isWritten = state.throttle.admit(event, at: .now)
            defer { state.isTimerSet = true }
            return (isWritten, !state.isTimerSet)
        }
        if isWritten { logger.log(level: event.level, "\(event.sentence)") }
        if needsTimer { closeWindows(after: EventThrottle.window) }
    }

    private func closeWindows(after delay: Duration) {
        queue.asyncAfter(deadline: .now() + delay / .seconds(1)) { [weak self] in
            self?.closeWindows()
        }
    }

    private func closeWindows() {
        let now = ContinuousClock.now
        let (lines, next) = state.withLock { state in
            let lines = state.throttle.closeWindows(at: now)
            let next = state.throttle.nextEnd
            state.isTimerSet = next != nil
            return (lines, next)
        }
        for line in lines {
            let count = line.suppressedCount
            logger.log(
                level: line.event.level,
                "\(line.event.sentence) (\(count) more in the last \(EventThrottle.window))"
            )
        }
        if let next { closeWindows(after: max(.milliseconds(100), next - now)) }
    }
}

extension OperatorEvent {
    init(_ event: GatewayEvent) {
        self.init(subject: event.subject, sentence: event.sentence, level: event.level)
    }
}

extension GatewayEvent {
    /// What it is about; see ``OperatorEvent/subject``.
    var subject: String {
        switch self {
        case .backendUnhealthy(let service, let backend, _),
            .backendHealthy(let service, let backend):
            "backend \(backend) of \(service)"
        case .backendModeChanged(let service, let backend, _): "mode of \(backend) of \(service)"
        case .backendUnresolved(let name, _, _), .backendResolved(let name, _, _): "name \(name)"
        case .healthCheckImpossible(let backend, _): "checks of \(backend)"
        case .noSourcePort(let backend, _): "source ports to \(backend)"
        case .backendAddressRefused(let backend, let address, _): "\(address) of \(backend)"
        case .acceptPaused, .acceptResumed: "accepting"
        case .silentLoadBalancer(let listener, let peer): "load balancer \(peer.ip) at \(listener)"
        case .limitReached(let reason, let listener, _): "\(reason.rawValue) at \(listener)"
        case .sessionsRevoked(let warehouse, let listener, _):
            "sessions of \(warehouse) \(listener)"
        case .denialsUnlogged: "denials without a line"
        }
    }

    var level: Logger.Level {
        switch self {
        case .backendHealthy, .backendModeChanged, .backendResolved, .acceptResumed,
            .sessionsRevoked, .denialsUnlogged:
            .notice
        case .backendUnhealthy, .backendUnresolved, .acceptPaused, .silentLoadBalancer,
            .limitReached:
            .warning
        case .backendAddressRefused, .healthCheckImpossible, .noSourcePort: .error
        }
    }

    /// What happened, why, and what to do.
    var sentence: String {
        switch self {
        case .backendUnhealthy(let service, let backend, let reason):
            "backend \(backend) (\(service.words)) is down: \(reason)"
        case .backendHealthy(let service, let backend):
            "backend \(backend) (\(service.words)) is up"
        case .backendModeChanged(let service, let backend, let mode):
            "backend \(backend) (\(service.words)) is now in mode \(mode.rawValue)"
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
            "accepting connections again"
        case .denialsUnlogged(let count, let total):
            "\(count.of("denied connection", "has", "have")) no line in the access log"
                + " (\(total) since the start):"
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
        case .sessionsRevoked(let warehouse, let listener, let count):
            "closed \(count.of("session")) of warehouse \(warehouse)"
                + " (listener \(listener)): no longer admitted by the policy"
        }
    }
}

extension [IPAddress] {
    fileprivate var words: String { map(\.description).joined(separator: ", ") }
}

extension Service.ID {
    fileprivate var words: String { listener.map { "listener \($0)" } ?? description }
}
