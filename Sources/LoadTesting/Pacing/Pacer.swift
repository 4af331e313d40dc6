/// Hands out the beginnings of one thread's operations.
///
/// ```swift
/// while connectionIsFree, let beginning = pacer.take(at: now) { begin(countingFrom: beginning) }
/// wait(until: pacer.nextDue(at: now))
/// ```
///
/// In an open loop, what was due in the warm-up and has not been taken by its end is dropped: the
/// warm-up's backlog is not worked off in the measured time. Nothing is handed out from the end on.
struct Pacer {
    private let schedule: Schedule
    private let measuredFrom: Int64
    /// How many it hands out at most in the measured time; `nil` for no limit.
    private let limit: Int?
    private var takenCount = TakenCount()
    /// Of an open loop: the place in its schedule of what is handed out next.
    private var next = 0
    /// Of an open loop: the place of the first operation of the measured time.
    private let firstMeasured: Int
    /// Nothing is handed out from here on, in nanoseconds of the monotonic clock.
    var end: Int64

    private struct TakenCount {
        var warmUp = 0
        var measured = 0
    }

    /// - Parameter start: when an open loop's first operation is due.
    /// - Parameter measuredFrom: the end of the warm-up; `nil` where there is none.
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

    /// When the next operation is due, at `now` or later; `nil` where none will be.
    func nextDue(at now: Int64) -> Int64? {
        guard now < end, let due = schedule.due(place(at: now), at: now), due < end else {
            return nil
        }
        return due >= measuredFrom && isAtLimit ? nil : due
    }

    /// The beginning of an operation that may begin now, from which its latency counts.
    mutating func take(at now: Int64) -> Int64? {
        guard let due = nextDue(at: now), due <= now else { return nil }
        next = place(at: now) + 1
        if due < measuredFrom { takenCount.warmUp += 1 } else { takenCount.measured += 1 }
        return due
    }

    /// Whether the time is over, or all that was asked for is taken. An open loop lasts to its end,
    /// though nothing may be due just before it.
    func isExhausted(at now: Int64) -> Bool { now >= end || isAtLimit }

    private func place(at now: Int64) -> Int {
        now < measuredFrom ? next : max(next, firstMeasured)
    }

    private var isAtLimit: Bool { limit.map { takenCount.measured >= $0 } ?? false }
}

/// What was due and has not been taken.
extension Pacer {
    /// How many of an open loop's operations were due in the warm-up and have not been taken.
    var missedInWarmUp: Int {
        max(0, schedule.firstPlace(dueFrom: min(measuredFrom, end)) - takenCount.warmUp)
    }

    /// When those of the measured time were due that have not been taken: they are the last ones.
    var missed: MissedOperations {
        let count = schedule.firstPlace(dueFrom: max(end, measuredFrom)) - firstMeasured
        let untaken = min(count, limit ?? .max) - takenCount.measured
        return MissedOperations(schedule, from: max(next, firstMeasured), count: max(0, untaken))
    }
}

extension Pacer {
    /// What thread number `thread` of a run has of its pace. Threads take turns.
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
