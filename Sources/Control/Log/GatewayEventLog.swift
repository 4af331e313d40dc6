import Addresses
import Dispatch
package import Engine
package import Logging
import Policy
import Settings
import Synchronization
import Text
import Traffic

/// Writes events to the program's log, limited by ``EventThrottle``. Recording an event does not
/// block.
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
    package func record(_ event: GatewayEvent) {
        record(OperatorEvent(event))
    }

    func record(_ event: OperatorEvent) {
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
                "\(line.event.sentence) (\(count) more in the last \(EventThrottle.window.configurationText))"
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
        case .backendMismatch(let place, _), .backendMatches(let place):
            "greeting of \(place.backend) at \(place.listener)"
        case .backendUnresolved(let name, _, _), .backendResolved(let name, _, _): "name \(name)"
        case .healthCheckImpossible(let backend, _): "checks of \(backend)"
        case .noSourcePort(let backend, _): "source ports to \(backend)"
        case .backendAddressRefused(let backend, let address, _): "\(address) of \(backend)"
        case .redirectRefused(let service, _, let target, _):
            "redirect to \(target) of \(service)"
        case .learning(let service, _): "redirect targets of \(service)"
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
        case .backendHealthy, .backendMatches, .backendModeChanged, .backendResolved,
            .acceptResumed, .sessionsRevoked, .denialsUnlogged:
            .notice
        case .backendUnhealthy, .backendMismatch, .backendUnresolved, .acceptPaused,
            .silentLoadBalancer,
            .limitReached:
            .warning
        case .learning(_, let event): event.level
        case .backendAddressRefused, .healthCheckImpossible, .noSourcePort, .redirectRefused: .error
        }
    }

    /// What happened, why, and what to do.
    var sentence: String {
        switch self {
        case .backendUnhealthy(let service, let backend, let reason):
            "backend \(backend) (\(service.label)) is down: \(reason)"
        case .backendHealthy(let service, let backend):
            "backend \(backend) (\(service.label)) is up"
        case .backendModeChanged(let service, let backend, let mode):
            "backend \(backend) (\(service.label)) set to mode \(mode.rawValue)"
        case .backendMismatch(let place, let shortcomings):
            "\(place.label) \(shortcomings.joined(separator: "; it "))"
        case .backendMatches(let place):
            "\(place.label) has what clients are greeted with"
        case .backendUnresolved(let name, let reason, let inUse):
            "cannot resolve backend \(name): \(reason); retrying"
                + (inUse.isEmpty
                    ? ", no address known yet" : ", still using \(inUse.list)")
        case .backendResolved(let name, let addresses, let before):
            "backend \(name) resolves to \(addresses.list)"
                + (before.isEmpty || before == addresses ? "" : " (previously \(before.list))")
        case .healthCheckImpossible(let backend, let reason):
            "cannot check backend \(backend): \(reason); its health is unchanged"
        case .noSourcePort(let backend, let reason):
            "cannot open a connection to backend \(backend): \(reason) (if local ports are exhausted,"
                + " add sourceAddresses or backends, or widen net.ipv4.ip_local_port_range)"
        case .backendAddressRefused(let backend, let address, let reason):
            "backend \(backend): \(address) is not used: it is \(reason)"
        case .redirectRefused(let service, let backend, let target, .notListed):
            "backend \(backend) (\(service.label)) redirects to \(target), which is not among its"
                + " redirect targets (if that is a server of the warehouse, add it to"
                + " redirects.targets, or see why redirects.learn has not found it)"
        case .redirectRefused(let service, let backend, let target, .needsTLS):
            "backend \(backend) (\(service.label)) redirects to \(target) by HTTPS, but the service"
                + " has no TLS settings for it (set redirects.tls)"
        case .learning(let service, let event): event.sentence(about: service.label)
        case .acceptPaused(let reason):
            "accepting paused: \(reason); clients wait in the backlog (if this happens in normal"
                + " operation, raise the open file limit with ulimit -n)"
        case .acceptResumed:
            "accepting connections again"
        case .denialsUnlogged(let count, let total):
            "\(count.of("denied connection")) omitted from the access log"
                + " (\(total) since startup): see log.denialsPerMinute; sluice denials and the metrics"
                + " include all of them"
        case .silentLoadBalancer(let listener, let peer):
            "load balancer \(peer.ip) connected to listener \(listener) but sent no PROXY header in"
                + " time: if it sends the header only with the client's first bytes, protocols in"
                + " which the server speaks first hang (AWS network load balancer: set the target"
                + " group attribute proxy_protocol_v2.client_to_server.header_placement to"
                + " on_first_ack)"
        case .limitReached(let reason, let listener, let client):
            "client \(client) denied at listener \(listener) (\(reason.rawValue)): \(reason.advice)"
        case .sessionsRevoked(let warehouse, let listener, let count):
            "closed \(count.of("session")) of warehouse \(warehouse)"
                + " (listener \(listener)): no longer admitted by the policy"
        }
    }
}

extension LearningRecord.Event {
    fileprivate var level: Logger.Level {
        switch self {
        case .learned: .notice
        case .failed, .outdated: .warning
        }
    }

    fileprivate func sentence(about service: String) -> String {
        switch self {
        case .learned(let count):
            "learned \(count.of("redirect target")) (\(service))"
        case .failed(let reason, let inUse):
            "cannot learn redirect targets (\(service)): \(reason); "
                + (inUse == 0
                    ? "only redirects to configured servers are followed"
                    : "still using the \(inUse) learned before") + " (see redirects.learn)"
        case .outdated(let reason, let inUse, let seconds):
            "redirect targets (\(service)) were last learned \(seconds)s ago: \(reason); still"
                + " using these \(inUse) (see redirects.learn)"
        }
    }
}

extension [IPAddress] {
    fileprivate var list: String { map(\.description).joined(separator: ", ") }
}

extension Service.ID {
    fileprivate var label: String { listener.map { "listener \($0)" } ?? description }
}

extension BackendPlace {
    fileprivate var label: String {
        "backend \(backend) (listener \(listener), warehouse \(service.warehouse))"
    }
}

/// Something that an operator should know, in a sentence that names cause and remedy.
package struct OperatorEvent: Hashable, Sendable {
    /// What it is about. Of one subject, the latest sentence counts.
    package var subject: String
    package var sentence: String
    package var level: Logger.Level

    package init(subject: String, sentence: String, level: Logger.Level) {
        self.subject = subject
        self.sentence = sentence
        self.level = level
    }
}
