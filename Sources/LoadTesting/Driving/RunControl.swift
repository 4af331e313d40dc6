internal import Synchronization

/// What a run's threads share: when it ends, and what they have done so far, for the progress line.
///
/// The counters are written once for each batch of events, each by one thread. The end is moved by
/// the thread that watches the run, or by a worker that meets a fatal error.
final class RunControl: Sendable {
    private let endNanoseconds: Atomic<Int64>
    private let drainNanoseconds: Atomic<Int64>
    private let openCount = Atomic<Int>(0)
    private let completedCount = Atomic<Int>(0)
    private let failedCount = Atomic<Int>(0)
    private let trialIsOver = Atomic(false)
    private let fatal = Atomic(false)

    /// How long a run that is stopped waits for what has begun, in nanoseconds, at most.
    static let briefDrainNanoseconds: Int64 = 1_000_000_000

    /// - Parameters:
    ///   - end: nothing begins from here on, in nanoseconds of the monotonic clock.
    ///   - drain: how long is waited after that for what has begun, in nanoseconds.
    init(end: Int64, drain: Int64) {
        endNanoseconds = Atomic(end)
        drainNanoseconds = Atomic(drain)
    }

    /// Nothing begins from here on, in nanoseconds of the monotonic clock.
    var end: Int64 { endNanoseconds.load(ordering: .relaxed) }

    /// Nothing is waited for from here on, in nanoseconds of the monotonic clock.
    var hardEnd: Int64 {
        let drain = drainNanoseconds.load(ordering: .relaxed)
        let (sum, overflow) = end.addingReportingOverflow(drain)
        return overflow ? .max : sum
    }

    /// Whether the run's first connection has become ready or has failed. Until then it is the only
    /// one: what is wrong with the target or the credentials costs one attempt, not one for each
    /// connection.
    var hasPassedTrial: Bool { trialIsOver.load(ordering: .relaxed) }

    func passTrial() { trialIsOver.store(true, ordering: .relaxed) }

    /// Whether a worker ended the run for an error that every other attempt would meet.
    var hasFatalError: Bool { fatal.load(ordering: .relaxed) }

    /// Ends the run at once.
    func giveUp(at time: Int64) {
        fatal.store(true, ordering: .relaxed)
        stop(at: time)
    }

    /// Ends the run at `time`, if it would not have ended by then, after a brief drain.
    func stop(at time: Int64) {
        let drain = min(Self.briefDrainNanoseconds, drainNanoseconds.load(ordering: .relaxed))
        drainNanoseconds.store(drain, ordering: .relaxed)
        endNanoseconds.store(min(time, end), ordering: .relaxed)
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
package struct RunProgress: Hashable, Sendable {
    package var openConnections: Int
    package var completed: Int
    package var failed: Int
}
