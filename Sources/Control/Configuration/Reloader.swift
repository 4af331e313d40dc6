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
