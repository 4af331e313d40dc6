/// Deadlines of many connections, in a hierarchy of wheels (Varghese and Lauck, "Hashed and
/// Hierarchical Timing Wheels", SOSP 1987, scheme 7).
///
/// A timer's id is a small dense number, such as a slot's index; each id has at most one timer.
/// Level 0 has 64 buckets of one tick each, level 1 has 64 of 64 ticks, and so on: 6 levels span
/// 2^36 ticks, which is two years of milliseconds. When level 0 has gone round, the next bucket of
/// level 1 is spread over it. A bucket is a doubly linked list in flat arrays, so nothing is
/// allocated once the arrays have grown to the largest id.
///
/// A timer never fires early; it fires in the first ``advance(to:)`` at or after its deadline. One
/// whose deadline has passed when it is scheduled waits in a separate list for the next advance.
///
/// Ticks must stay below 2^62, both the wheel's own and those of its advances; a deadline may be
/// any.
///
/// - Complexity: O(1) to schedule and to cancel; O(expired + moved) to advance, regardless of the
///   time that has passed.
public struct TimerWheel: Sendable {
    private static let levelCount = 6
    private static let bitsPerLevel = 6
    private static let bucketsPerLevel = 64
    private static let none: Int32 = -1
    /// After the levels' buckets: timers already late when they were scheduled.
    private static let overdueBucket = levelCount * bucketsPerLevel

    /// The first timer of each bucket of each level, and of the overdue ones.
    private var heads = [Int32](repeating: none, count: overdueBucket + 1)
    /// For each level a bit for each bucket that is not empty.
    private var occupied = [UInt64](repeating: 0, count: levelCount)
    private var timers: [Timer] = []
    /// Everything up to this tick has fired.
    private var now: Int64 = 0
    /// How many timers are scheduled.
    public private(set) var count = 0

    private struct Timer {
        var deadline: Int64 = 0
        var next = TimerWheel.none
        var previous = TimerWheel.none
        /// Its bucket; `none` if it is not scheduled.
        var bucket = TimerWheel.none
    }

    /// A wheel that begins at `tick`.
    public init(startingAt tick: Int64 = 0) {
        now = tick
    }

    /// Whether `id` has a timer that has not fired.
    public func isScheduled(_ id: Int) -> Bool {
        id < timers.count && timers[id].bucket != Self.none
    }

    /// Schedules the timer of `id`, replacing the previous one.
    ///
    /// - Parameter deadline: in ticks; one that has passed fires in the next advance.
    public mutating func schedule(_ id: Int, at deadline: Int64) {
        cancel(id)
        if id >= timers.count {
            timers.append(contentsOf: repeatElement(Timer(), count: id + 1 - timers.count))
        }
        timers[id].deadline = deadline
        link(id)
        count += 1
    }

    /// Cancels the timer of `id`, if there is one.
    public mutating func cancel(_ id: Int) {
        guard isScheduled(id) else { return }
        unlink(id)
        count -= 1
    }

    /// The tick of the next advance that has something to do; `nil` if nothing is scheduled.
    ///
    /// No pending deadline is earlier. The tick may be the moment at which a bucket of a higher
    /// level must be spread, and is the present one if a timer is overdue.
    public var nextDeadline: Int64? {
        guard count > 0 else { return nil }
        guard heads[Self.overdueBucket] == Self.none else { return now }
        var earliest = Int64.max
        for level in 0..<Self.levelCount where occupied[level] != 0 {
            // A higher level's bucket may have to be spread before a lower level's timer fires.
            earliest = min(earliest, firstTick(ofLevel: level))
        }
        return earliest
    }

    /// Advances to `tick` and returns the ids whose deadline has passed: the overdue ones, then the
    /// earliest first. They are no longer scheduled. Time never goes back: an earlier `tick` counts
    /// as the present one.
    public mutating func advance(to tick: Int64) -> [Int] {
        var expired: [Int] = []
        empty(Self.overdueBucket, into: &expired)
        while let next = nextDeadline, next <= tick {
            now = max(now, next)
            for level in (0..<Self.levelCount).reversed() { turn(level, into: &expired) }
        }
        now = max(now, tick)
        return expired
    }
}

// MARK: - Buckets

extension TimerWheel {
    /// Empties the level's bucket of `now`, if the bucket's first tick is reached.
    private mutating func turn(_ level: Int, into expired: inout [Int]) {
        let shift = Int64(level * Self.bitsPerLevel)
        guard now & ((1 << shift) - 1) == 0 else { return }
        empty(Self.bucket(of: now, level: level), into: &expired)
    }

    /// Removes what is due from the bucket, and spreads the rest over the levels below.
    private mutating func empty(_ bucket: Int, into expired: inout [Int]) {
        var id = heads[bucket]
        while id != Self.none {
            let current = Int(id)
            id = timers[current].next
            unlink(current)
            if timers[current].deadline <= now {
                count -= 1
                expired.append(current)
            } else {
                link(current)
            }
        }
    }

    /// The first tick, after `now`, of the level's next bucket that is not empty.
    private func firstTick(ofLevel level: Int) -> Int64 {
        let shift = Int64(level * Self.bitsPerLevel)
        let present = now >> shift
        // Bit 0 of the rotated map is the bucket after the present one.
        let start = UInt64(truncatingIfNeeded: present + 1) & 63
        let map = occupied[level]
        let rotated = start == 0 ? map : map >> start | map << (64 - start)
        return (present + 1 + Int64(rotated.trailingZeroBitCount)) << shift
    }

    /// Puts a timer into the bucket of the lowest level that reaches its deadline.
    private mutating func link(_ id: Int) {
        guard timers[id].deadline > now else { return link(id, into: Self.overdueBucket) }
        let farthest = now + (1 << Int64(Self.levelCount * Self.bitsPerLevel)) - 1
        // A deadline beyond the span waits in the last bucket and is placed again from there.
        let tick = min(timers[id].deadline, farthest)
        let level = Self.level(for: tick - now)
        let bucket = Self.bucket(of: tick, level: level)
        link(id, into: bucket)
        occupied[level] |= 1 << UInt64(bucket % Self.bucketsPerLevel)
    }

    private mutating func link(_ id: Int, into bucket: Int) {
        let head = heads[bucket]
        timers[id].bucket = Int32(bucket)
        timers[id].previous = Self.none
        timers[id].next = head
        if head != Self.none { timers[Int(head)].previous = Int32(id) }
        heads[bucket] = Int32(id)
    }

    private static func bucket(of tick: Int64, level: Int) -> Int {
        let position = Int(tick >> Int64(level * bitsPerLevel)) & (bucketsPerLevel - 1)
        return level * bucketsPerLevel + position
    }

    private static func level(for distance: Int64) -> Int {
        let highestBit = 63 - max(distance, 1).leadingZeroBitCount
        return min(highestBit / bitsPerLevel, levelCount - 1)
    }

    private mutating func unlink(_ id: Int) {
        let timer = timers[id]
        let bucket = Int(timer.bucket)
        if timer.previous == Self.none {
            heads[bucket] = timer.next
        } else {
            timers[Int(timer.previous)].next = timer.next
        }
        if timer.next != Self.none { timers[Int(timer.next)].previous = timer.previous }
        if heads[bucket] == Self.none, bucket != Self.overdueBucket {
            let level = bucket / Self.bucketsPerLevel
            occupied[level] &= ~(1 << UInt64(bucket % Self.bucketsPerLevel))
        }
        timers[id].bucket = Self.none
    }
}
