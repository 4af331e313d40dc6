internal import Synchronization

/// What a run's threads share: when it ends, and what they have done so far, for the progress line.
///
/// The counters are written once for each batch of events, each by one thread.
final class RunControl: Sendable {
    private let endNanoseconds: Atomic<Int64>
    private let openCount = Atomic<Int>(0)
    private let completedCount = Atomic<Int>(0)
    private let failedCount = Atomic<Int>(0)

    init(end: Int64) {
        endNanoseconds = Atomic(end)
    }

    /// Nothing begins from here on, in nanoseconds of the monotonic clock.
    var end: Int64 {
        get { endNanoseconds.load(ordering: .relaxed) }
        set { endNanoseconds.store(newValue, ordering: .relaxed) }
    }

    /// What was counted since a thread's last call.
    func add(opened: Int, completed: Int, failed: Int) {
        openCount.wrappingAdd(opened, ordering: .relaxed)
        completedCount.wrappingAdd(completed, ordering: .relaxed)
        failedCount.wrappingAdd(failed, ordering: .relaxed)
    }

    var progress: RunProgress {
        RunProgress(
            openConnections: openCount.load(ordering: .relaxed),
            completed: completedCount.load(ordering: .relaxed),
            failed: failedCount.load(ordering: .relaxed)
        )
    }
}

/// Where a run stands, its warm-up included.
public struct RunProgress: Hashable, Sendable {
    public var openConnections: Int
    public var completed: Int
    public var failed: Int
}
