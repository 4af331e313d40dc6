import Dispatch
import Settings
import Synchronization

/// Why a reload did not finish.
enum ReloadFailure: Error, Equatable {
    /// It had not loaded within the deadline.
    case abandoned(after: Duration)
    /// Too many abandoned ones still block.
    case refused
}

extension ReloadFailure: CustomStringConvertible {
    var description: String {
        switch self {
        case .abandoned(let deadline):
            "cannot read the configuration and its lists within \(deadline.configurationText)"
                + " (is one of them on an unresponsive disk or network share?)"
        case .refused:
            "\(ReloadSchedule.abandonedLimit) earlier reloads are still blocked reading their files"
                + " (restart the gateway once they can be read)"
        }
    }
}

/// Runs reloads, each on a thread of its own, as scheduled by ``ReloadSchedule``.
final class Reloader<Loaded: Sendable>: Sendable {
    private let schedule = Mutex(ReloadSchedule())
    private let clock = DispatchQueue(label: "sluice.reload.deadline", qos: .utility)
    private let deadline: Duration
    private let load: @Sendable () -> Loaded
    private let apply: @Sendable (Loaded) -> Void
    private let fail: @Sendable (ReloadFailure) -> Void

    /// - Parameters:
    ///   - deadline: for `load`.
    ///   - load: may block forever.
    ///   - apply: applies what was loaded. Must not block.
    ///   - fail: reports that a reload was abandoned. Called on any thread; must not block.
    init(
        deadline: Duration,
        load: @escaping @Sendable () -> Loaded,
        apply: @escaping @Sendable (Loaded) -> Void,
        fail: @escaping @Sendable (ReloadFailure) -> Void
    ) {
        self.deadline = deadline
        self.load = load
        self.apply = apply
        self.fail = fail
    }

    /// Requests a reload, and returns immediately.
    func request() {
        obey(schedule.withLock { $0.request() })
    }

    private func obey(_ answer: ReloadSchedule.Answer?) {
        switch answer {
        case .start(let number): start(number)
        case .refuse: fail(.refused)
        case .wait, nil: break
        }
    }

    private func start(_ number: Int) {
        clock.asyncAfter(deadline: .now() + deadline / .seconds(1)) { [weak self] in
            self?.passDeadline(of: number)
        }
        // A queue of its own: a blocked Dispatch thread delays no other queue.
        DispatchQueue(label: "sluice.reload.\(number)", qos: .utility).async { [self] in
            run(number)
            obey(schedule.withLock { $0.end(number) })
        }
    }

    private func run(_ number: Int) {
        let loaded = load()
        if schedule.withLock({ $0.beginApplying(number) }) { apply(loaded) }
    }

    private func passDeadline(of number: Int) {
        guard schedule.withLock({ $0.passDeadline(of: number) }) else { return }
        fail(.abandoned(after: deadline))
        obey(schedule.withLock { $0.answerWaiting() })
    }
}

/// Which reload runs: one at a time; of those requested meanwhile one more, the latest; and one
/// that does not finish is abandoned, so that the next can run.
///
/// A reload first loads, which may block forever (a file on a disk that is gone), and then applies,
/// which may not. An abandoned one never applies.
struct ReloadSchedule {
    /// What a request leads to.
    enum Answer: Equatable {
        /// Run this one now.
        case start(Int)
        /// It runs when the one under way has ended.
        case wait
        /// Too many abandoned ones still block.
        case refuse
    }

    /// Abandoned reloads that may block at the same time: each holds a thread.
    static let abandonedLimit = 4

    private struct Running {
        let number: Int
        var isApplying = false
    }

    private var running: Running?
    private var isRequested = false
    private var abandoned: Set<Int> = []
    private var lastNumber = 0

    mutating func request() -> Answer {
        guard running == nil else {
            isRequested = true
            return .wait
        }
        guard abandoned.count < Self.abandonedLimit else { return .refuse }
        lastNumber += 1
        running = Running(number: lastNumber)
        return .start(lastNumber)
    }

    /// - Returns: whether what was loaded may be applied.
    mutating func beginApplying(_ number: Int) -> Bool {
        guard running?.number == number else { return false }
        running?.isApplying = true
        return true
    }

    /// A reload has ended, an abandoned one perhaps.
    ///
    /// - Returns: what the requests that came meanwhile lead to; `nil` for none.
    mutating func end(_ number: Int) -> Answer? {
        abandoned.remove(number)
        guard running?.number == number else { return nil }
        running = nil
        return answerWaiting()
    }

    /// The time of a reload is over.
    ///
    /// - Returns: whether it is abandoned, which it is if it still loads.
    mutating func passDeadline(of number: Int) -> Bool {
        guard let running, running.number == number, !running.isApplying else { return false }
        abandoned.insert(number)
        self.running = nil
        return true
    }

    /// - Returns: as ``end(_:)``.
    mutating func answerWaiting() -> Answer? {
        guard isRequested else { return nil }
        isRequested = false
        return request()
    }
}
