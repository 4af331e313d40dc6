import CIDRTrie
import Core
import Dispatch
import Synchronization

/// Says when entries of the whitelists in force expire.
final class ExpiryWatch: Sendable {
    private struct State {
        var expiries = RuleExpiries()
        var isTimerSet = false
    }

    /// The wall clock may be set: it is looked at so often at least.
    private static let interval = Duration.seconds(60)

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "sluice.expiries", qos: .utility)
    private let report: @Sendable (RuleExpiries.Expired) -> Void

    init(report: @escaping @Sendable (RuleExpiries.Expired) -> Void) {
        self.report = report
    }

    /// From now on the entries of this configuration count, and of no other.
    func watch(_ configuration: GatewayConfiguration) {
        let expiries = RuleExpiries(of: configuration, after: .systemTime)
        state.withLock { $0.expiries = expiries }
        setTimer()
    }

    private func setTimer() {
        let next: UnixTime? = state.withLock { state in
            guard !state.isTimerSet, let next = state.expiries.next else { return nil }
            state.isTimerSet = true
            return next
        }
        guard let next else { return }
        let rest = Duration.seconds(max(0, next.seconds - UnixTime.systemTime.seconds))
        let delay = max(.milliseconds(100), min(rest, Self.interval))
        queue.asyncAfter(deadline: .now() + delay / .seconds(1)) { [weak self] in self?.look() }
    }

    private func look() {
        let expired = state.withLock { state in
            state.isTimerSet = false
            return state.expiries.takeExpired(at: .systemTime)
        }
        for entries in expired { report(entries) }
        setTimer()
    }
}
