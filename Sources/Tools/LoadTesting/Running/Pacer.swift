/// Decides when one thread's operations begin.
///
/// ```swift
/// while connectionIsFree, let beginning = pacer.take(at: now) { begin(countingFrom: beginning) }
/// wait(until: pacer.nextDue(at: now))
/// ```
///
/// In an open loop, what was due in the warm-up and has not begun by its end is dropped: the
/// warm-up's backlog does not affect the measured time. Nothing begins after the end.
struct Pacer {
    private let schedule: Schedule
    private let measuredFrom: Int64
    /// The maximum number of operations in the measured time; `nil` for no limit.
    private let limit: Int?
    private var takenCount = TakenCount()
    /// In an open loop: the place of the next operation in the schedule.
    private var next = 0
    /// In an open loop: the place of the first operation of the measured time.
    private let firstMeasured: Int
    /// Nothing begins after this time, in nanoseconds of the monotonic clock.
    var end: Int64

    private struct TakenCount {
        var warmUp = 0
        var measured = 0
    }

    /// - Parameter start: when an open loop's first operation is due.
    /// - Parameter measuredFrom: the end of the warm-up; `nil` if there is none.
    init(
        _ pace: Pace,
        start: Int64,
        measuredFrom: Int64? = nil,
        end: Int64,
        limit: Int? = nil
    ) {
        schedule = Schedule(pace, start: start)
        self.measuredFrom = measuredFrom ?? start
        self.end = end
        self.limit = limit
        firstMeasured = schedule.firstPlace(dueFrom: self.measuredFrom)
    }

    /// When the next operation is due; `nil` if there is none.
    func nextDue(at now: Int64) -> Int64? {
        guard now < end, let due = schedule.due(place(at: now), at: now), due < end else {
            return nil
        }
        return due >= measuredFrom && isAtLimit ? nil : due
    }

    /// If an operation may begin now: the time from which its latency counts.
    mutating func take(at now: Int64) -> Int64? {
        guard let due = nextDue(at: now), due <= now else { return nil }
        next = place(at: now) + 1
        if due < measuredFrom { takenCount.warmUp += 1 } else { takenCount.measured += 1 }
        return due
    }

    /// Whether the time is over, or all operations have begun. An open loop lasts to its end, although
    /// nothing may be due just before it.
    func isExhausted(at now: Int64) -> Bool { now >= end || isAtLimit }

    private func place(at now: Int64) -> Int {
        now < measuredFrom ? next : max(next, firstMeasured)
    }

    private var isAtLimit: Bool { limit.map { takenCount.measured >= $0 } ?? false }
}

/// Operations that were due and have not begun.
extension Pacer {
    /// The number of an open loop's operations that were due in the warm-up and have not begun.
    var missedInWarmUp: Int {
        max(0, schedule.firstPlace(dueFrom: min(measuredFrom, end)) - takenCount.warmUp)
    }

    /// Those of the measured time: the last ones of the schedule.
    var missed: MissedOperations {
        let count = schedule.firstPlace(dueFrom: max(end, measuredFrom)) - firstMeasured
        let untaken = min(count, limit ?? .max) - takenCount.measured
        return MissedOperations(schedule, from: max(next, firstMeasured), count: max(0, untaken))
    }
}

extension Pacer {
    /// The share of thread number `thread` in a run's pace. Threads take turns.
    init(_ run: RunSetting, thread: Int) {
        let share = run.plan.share(ofThread: thread)
        var turn: Int64 = 0
        if case .openLoop(let rate) = run.plan.pace { turn = Int64(Double(thread) * 1e9 / rate) }
        self.init(
            share.pace,
            start: run.window.start + turn,
            measuredFrom: run.window.measuredFrom,
            end: run.window.end,
            limit: share.operationLimit
        )
    }
}

/// Operations of an open loop that were due and never begun: consecutive in its schedule.
struct MissedOperations {
    let count: Int
    private let schedule: Schedule
    private let first: Int

    /// The maximum number of groups in which waits are reported: there may be millions.
    static let groupLimit = 10_000

    init(_ schedule: Schedule, from first: Int, count: Int) {
        self.schedule = schedule
        self.first = first
        self.count = count
    }

    /// Reports how long they had waited at `end`, in nanoseconds: for a group, in its middle.
    func forEachWait(until end: Int64, _ body: (_ nanoseconds: Int64, _ count: Int) -> Void) {
        let size = max(1, count / Self.groupLimit)
        for start in stride(from: 0, to: count, by: size) {
            let size = min(size, count - start)
            guard let due = schedule.due(first + start + size / 2, at: end) else { return }
            body(max(0, end - due), size)
        }
    }
}
