import Addresses
import Dispatch
import Sockets
import Synchronization

/// What all threads of a run share, unchanged.
struct RunSetting: Sendable {
    let target: SocketAddress
    let plan: LoadPlan
    let window: MeasuringWindow
    let control: RunControl
    /// How many connections a thread may hold in addition to the plan's.
    let heldLimit: Int
}

/// The numbers of one thread's connections, unique among all threads.
struct ConnectionNumbers {
    private var next: Int
    private let step: Int

    init(first: Int, step: Int) {
        next = first
        self.step = step
    }

    mutating func take() -> Int {
        defer { next += step }
        return next
    }
}

/// The state shared by a run's threads: when it ends, and their progress so far.
///
/// The counters are updated once per batch of events. The end is moved by the thread that watches the
/// run, or by a worker that hits a fatal error.
final class RunControl: Sendable {
    private let endNanoseconds: Atomic<Int64>
    private let drainNanoseconds: Atomic<Int64>
    private let openCount = Atomic<Int>(0)
    private let completedCount = Atomic<Int>(0)
    private let failedCount = Atomic<Int>(0)
    private let trialIsOver = Atomic(false)
    private let fatal = Atomic(false)

    /// The longest that a stopped run waits for running operations, in nanoseconds.
    static let briefDrainNanoseconds: Int64 = 1_000_000_000

    /// - Parameters:
    ///   - end: nothing begins after this time, in nanoseconds of the monotonic clock.
    ///   - drain: how long to wait then for running operations, in nanoseconds.
    init(end: Int64, drain: Int64) {
        endNanoseconds = Atomic(end)
        drainNanoseconds = Atomic(drain)
    }

    /// Nothing begins after this time, in nanoseconds of the monotonic clock.
    var end: Int64 { endNanoseconds.load(ordering: .relaxed) }

    /// Nothing is waited for after this time, in nanoseconds of the monotonic clock.
    var hardEnd: Int64 {
        let drain = drainNanoseconds.load(ordering: .relaxed)
        let (sum, overflow) = end.addingReportingOverflow(drain)
        return overflow ? .max : sum
    }

    /// Whether the run's first connection has become ready or has failed. Until then it is the only
    /// one: a wrong target or wrong credentials cost one attempt, not one per connection.
    var hasPassedTrial: Bool { trialIsOver.load(ordering: .relaxed) }

    func passTrial() { trialIsOver.store(true, ordering: .relaxed) }

    /// Whether a worker ended the run because of an error that every other attempt would hit.
    var hasFatalError: Bool { fatal.load(ordering: .relaxed) }

    /// Ends the run immediately.
    func abort(at time: Int64) {
        fatal.store(true, ordering: .relaxed)
        stop(at: time)
    }

    /// Ends the run at `time` at the latest, with a brief drain.
    func stop(at time: Int64) {
        let drain = min(Self.briefDrainNanoseconds, drainNanoseconds.load(ordering: .relaxed))
        drainNanoseconds.store(drain, ordering: .relaxed)
        endNanoseconds.store(min(time, end), ordering: .relaxed)
    }

    /// Adds what a thread counted since its last call.
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

/// The progress of a run, including its warm-up.
package struct RunProgress: Hashable, Sendable {
    package var openConnections: Int
    package var completed: Int
    package var failed: Int
}

/// The pending events of a run: start and end of the measured time, and each second.
struct Milestones {
    enum Kind: Equatable { case measuringBegan, measuringEnded, second }

    struct Milestone: Equatable {
        /// In nanoseconds of the monotonic clock.
        let time: Int64
        let kind: Kind

        func event(_ progress: RunProgress, since start: Int64) -> LoadRun.Event {
            switch kind {
            case .measuringBegan: .measuringBegan
            case .measuringEnded: .measuringEnded(progress)
            case .second: .progress(progress, elapsed: .nanoseconds(time - start))
            }
        }
    }

    private var boundaries: [Milestone]
    private var nextSecond: Int64

    init(window: MeasuringWindow) {
        boundaries = [
            Milestone(time: window.measuredFrom, kind: .measuringBegan),
            Milestone(time: window.end, kind: .measuringEnded),
        ]
        nextSecond = window.start + 1_000_000_000
    }

    /// The next one; `nil` once measuring has ended.
    var next: Milestone? {
        guard let boundary = boundaries.first else { return nil }
        let second = Milestone(time: nextSecond, kind: .second)
        return boundary.time <= second.time ? boundary : second
    }

    mutating func removeFirst() {
        guard let next else { return }
        if next.kind == .second {
            nextSecond += 1_000_000_000
        } else {
            boundaries.removeFirst()
        }
    }

    /// The run ends at `time` instead of the window's end.
    mutating func end(at time: Int64) {
        boundaries = boundaries.map { Milestone(time: min($0.time, time), kind: $0.kind) }
    }

    /// Start and end of the measured time, if a run that ended early did not reach them.
    func remainingBoundaries(_ progress: RunProgress) -> [LoadRun.Event] {
        boundaries.map { $0.kind == .measuringBegan ? .measuringBegan : .measuringEnded(progress) }
    }
}

/// Threads that each do a part of the work and return a tally.
final class Crew: Sendable {
    private let tallies = Mutex<[Result<Tally, SystemError>]>([])
    private let group = DispatchGroup()

    /// Starts the threads. Each part has a serial queue, and with it a thread, of its own.
    init(
        threadCount: Int,
        work: @escaping @Sendable (_ index: Int) throws(SystemError) -> Tally
    ) {
        for index in 0..<threadCount {
            DispatchQueue(label: "load \(index)").async(group: group) { [self] in
                let result = Result { () throws(SystemError) in try work(index) }
                tallies.withLock { $0.append(result) }
            }
        }
    }

    func waitUntilDone() { group.wait() }

    /// - Parameter time: in nanoseconds of the monotonic clock.
    /// - Returns: whether all threads have ended.
    func waitUntilDone(until time: Int64) -> Bool {
        let milliseconds = max(0, time - Clock.monotonicNanoseconds()) / 1_000_000
        return group.wait(timeout: .now() + .milliseconds(Int(milliseconds))) == .success
    }

    /// The tallies, in no order; blocks until all threads have ended.
    func results() throws(SystemError) -> [Tally] {
        group.wait()
        return try tallies.withLock { results throws(SystemError) in
            var tallies: [Tally] = []
            for result in results { tallies.append(try result.get()) }
            return tallies
        }
    }
}
