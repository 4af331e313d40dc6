/// Timers as the wheel's documentation promises them, each looked at each time.
struct ReferenceTimers {
    private(set) var now: Int64
    private(set) var deadlines: [Int: Int64] = [:]

    init(startingAt tick: Int64) {
        now = tick
    }

    /// `nil` where nothing is scheduled; overdue timers are due now.
    var nextDeadline: Int64? {
        deadlines.values.min().map { max($0, now) }
    }

    mutating func schedule(_ id: Int, at deadline: Int64) {
        deadlines[id] = deadline
    }

    mutating func cancel(_ id: Int) {
        deadlines[id] = nil
    }

    /// - Returns: each expired id and the moment at which it was due.
    mutating func advance(to tick: Int64) -> [Int: Int64] {
        let before = now
        now = max(now, tick)
        let expired = deadlines.filter { $0.value <= now }
        for id in expired.keys { deadlines[id] = nil }
        return expired.mapValues { max($0, before) }
    }
}
