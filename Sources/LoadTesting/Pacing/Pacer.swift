/// Hands out the beginnings of one thread's operations.
///
/// ```swift
/// while connectionIsFree, let beginning = pacer.take(at: now) { begin(countingFrom: beginning) }
/// wait(until: pacer.nextDue(at: now))
/// ```
struct Pacer {
    private let pace: Pace
    private let start: Int64
    /// How many it hands out at most; `nil` for no limit.
    private let limit: Int?
    private(set) var takenCount = 0
    /// Nothing is due from here on, in nanoseconds of the monotonic clock.
    var end: Int64

    /// - Parameter start: when an open loop's first operation is due.
    init(_ pace: Pace, start: Int64, end: Int64, limit: Int? = nil) {
        self.pace = pace
        self.start = start
        self.end = end
        self.limit = limit
    }

    /// When the next operation is due, at `now` or later; `nil` where none will be.
    func nextDue(at now: Int64) -> Int64? {
        guard !isAtLimit, let due = due(at: now), due < end else { return nil }
        return due
    }

    /// The beginning of an operation that may begin now, from which its latency counts.
    mutating func take(at now: Int64) -> Int64? {
        guard let due = nextDue(at: now), due <= now else { return nil }
        takenCount += 1
        return due
    }

    /// Whether nothing will be due any more.
    func isExhausted(at now: Int64) -> Bool {
        pace == .none ? now >= end : nextDue(at: now) == nil
    }

    /// How many were due before the end and have not been taken.
    var missedCount: Int {
        guard case .openLoop(let rate) = pace else { return 0 }
        let due = min(max(0, Double(end - start) * rate / 1e9).rounded(.up), 1e15)
        return max(0, min(Int(due), limit ?? .max) - takenCount)
    }

    /// What thread number `thread` of a run has of its pace. Threads take turns.
    init(_ run: RunSetting, thread: Int) {
        let share = run.plan.share(ofThread: thread)
        var turn: Int64 = 0
        if case .openLoop(let rate) = run.plan.pace { turn = Int64(Double(thread) * 1e9 / rate) }
        self.init(
            share.pace,
            start: run.window.start + turn,
            end: run.window.end,
            limit: share.operationLimit
        )
    }

    private var isAtLimit: Bool { limit.map { takenCount >= $0 } ?? false }

    /// Computed from the count, not added up: errors of rounding do not grow.
    private func due(at now: Int64) -> Int64? {
        switch pace {
        case .closedLoop: now
        case .openLoop(let rate): start + Int64(min(Double(takenCount) * 1e9 / rate, 4e18))
        case .none: nil
        }
    }
}
