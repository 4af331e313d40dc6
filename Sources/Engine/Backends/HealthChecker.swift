import Core
import Dispatch
import ProxyProtocol
import Sockets

/// Checks backends while no client uses them, off the data path.
final class HealthChecker: Sendable {
    fileprivate struct Schedule {
        var backends: [ObjectIdentifier: Backend] = [:]
        /// When each backend's next check is due, in monotonic milliseconds.
        var due: [ObjectIdentifier: Int64] = [:]
        var running: Set<ObjectIdentifier> = []
    }

    /// Checks at the same time; each blocks a thread of Dispatch's for its timeout at most.
    private static let concurrencyLimit = 16

    private let schedule = Locked(Schedule())
    private let probeQueue = DispatchQueue(
        label: "sluice.health.probes",
        qos: .utility,
        attributes: .concurrent
    )
    private let timer = RepeatingTimer(label: "sluice.health", every: .milliseconds(100))

    func start() {
        timer.start(after: .zero) { [weak self] in self?.startDueChecks() }
    }

    func stop() {
        timer.stop()
        schedule.withLock { $0.backends = [:] }
    }

    /// Checks these backends from now on, and no others. New ones are checked at once.
    func watch(_ backends: [Backend]) {
        let checked = backends.filter { $0.check.kind != .off }
        schedule.withLock { schedule in
            schedule.backends = Dictionary(uniqueKeysWithValues: checked.map { ($0.id, $0) })
            schedule.due = schedule.due.filter { schedule.backends[$0.key] != nil }
        }
    }

    private func startDueChecks() {
        let now = Moment.now().milliseconds
        let due = schedule.withLock { $0.takeDue(at: now, limit: Self.concurrencyLimit) }
        for backend in due {
            probeQueue.async { [self] in
                let result = HealthConversation(with: backend).run()
                backend.noteCheck(result, at: .now())
                schedule.withLock { _ = $0.running.remove(backend.id) }
            }
        }
    }
}

extension HealthChecker.Schedule {
    /// The backends whose check is due and not under way; they are under way from now on.
    fileprivate mutating func takeDue(at now: Int64, limit: Int) -> [Backend] {
        var taken: [Backend] = []
        for (id, backend) in backends where running.count < limit {
            guard due[id, default: 0] <= now, !running.contains(id) else { continue }
            running.insert(id)
            due[id] = now + backend.check.interval.milliseconds
            taken.append(backend)
        }
        return taken
    }
}
