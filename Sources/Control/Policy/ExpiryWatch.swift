import CIDRTrie
import Dispatch
import Policy
import Settings
import Synchronization
import Time

/// Reports when entries of the active whitelists expire.
final class ExpiryWatch: Sendable {
    private struct State {
        var expiries = EntryExpiries()
        /// Incremented for each timer: only the latest one counts.
        var timer = 0
    }

    /// The wall clock may be changed, so it is checked at least this often.
    private static let interval = Duration.seconds(60)

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "sluice.expiries", qos: .utility)
    private let report: @Sendable (EntryExpiries.Expired) -> Void

    init(report: @escaping @Sendable (EntryExpiries.Expired) -> Void) {
        self.report = report
    }

    /// Watches the entries of this policy from now on, and of no other.
    func watch(_ policy: Policy) {
        let now = UnixTime.systemTime
        let expiries = EntryExpiries(of: policy, after: now)
        let expired = state.withLock { state in
            defer { state.expiries = expiries }
            return state.expiries.takeExpired(at: now)
        }
        for entries in expired { report(entries) }
        setTimer()
    }

    private func setTimer() {
        let due: (next: UnixTime, timer: Int)? = state.withLock { state in
            state.timer += 1
            return state.expiries.next.map { ($0, state.timer) }
        }
        guard let (next, timer) = due else { return }
        let rest = Duration.seconds(max(0, next.seconds - UnixTime.systemTime.seconds))
        let delay = max(.milliseconds(100), min(rest, Self.interval))
        queue.asyncAfter(deadline: .now() + delay / .seconds(1)) { [weak self] in self?.look(timer)
        }
    }

    private func look(_ timer: Int) {
        let expired: [EntryExpiries.Expired]? = state.withLock { state in
            timer == state.timer ? state.expiries.takeExpired(at: .systemTime) : nil
        }
        guard let expired else { return }
        for entries in expired { report(entries) }
        setTimer()
    }
}
