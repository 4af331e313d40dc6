/// Deadlines of many connections, in a hierarchy of wheels (Varghese and Lauck, "Hashed and
/// Hierarchical Timing Wheels", SOSP 1987, scheme 7).
///
/// A timer's id is a small dense number, such as a slot's index; each id has at most one timer.
/// Level 0 has 64 buckets of one tick each, level 1 has 64 of 64 ticks, and so on: 6 levels span
/// 2^36 ticks, which is two years of milliseconds. When level 0 has gone round, the next bucket of
/// level 1 is spread over it. A bucket is a doubly linked list through flat arrays, so nothing is
/// allocated once the arrays have grown to the largest id.
///
/// A timer never fires early; it fires in the first ``advance(to:)`` at or after its deadline.
///
/// - Complexity: O(1) to schedule and to cancel; O(expired + moved) to advance, whatever the time
///   that has passed.
public struct TimerWheel: Sendable {
    private static let levelCount = 6
    private static let bitsPerLevel = 6
    private static let bucketsPerLevel = 64
    private static let none: Int32 = -1

    /// The first timer of each bucket of each level.
    private var heads = [Int32](repeating: none, count: levelCount * bucketsPerLevel)
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
        /// The bucket it lies in; `none` where it is not scheduled.
        var bucket = TimerWheel.none
    }

    /// A wheel that begins at `tick`.
    public init(startingAt tick: Int64 = 0) {
        now = tick
    }

    public func isScheduled(_ id: Int) -> Bool {
        id < timers.count && timers[id].bucket != Self.none
    }

    /// Sets the timer of `id`, in place of one that it may have.
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

    public mutating func cancel(_ id: Int) {
        guard isScheduled(id) else { return }
        unlink(id)
        count -= 1
    }

    /// A tick at or before the next deadline; `nil` where nothing is scheduled.
    ///
    /// Within 64 ticks it is exact; further away it may be the moment at which a bucket of a higher
    /// level must be spread.
    public var nextDeadline: Int64? {
        guard count > 0 else { return nil }
        var earliest = Int64.max
        for level in 0..<Self.levelCount where occupied[level] != 0 {
            // A higher level's bucket may have to be spread before a lower level's timer fires.
            earliest = min(earliest, firstTick(ofLevel: level))
        }
        return earliest
    }

    /// Moves on to `tick` and returns the ids whose deadline has come, earliest first within the
    /// precision of a bucket. They are no longer scheduled.
    public mutating func advance(to tick: Int64) -> [Int] {
        var expired: [Int] = []
        while let next = nextDeadline, next <= tick {
            now = max(now, next)
            for level in (0..<Self.levelCount).reversed() { empty(level, into: &expired) }
        }
        now = max(now, tick)
        return expired
    }
}

// MARK: - Buckets

extension TimerWheel {
    /// Takes what is due in the bucket of `now`, and spreads the rest over the levels below.
    private mutating func empty(_ level: Int, into expired: inout [Int]) {
        let shift = level * Self.bitsPerLevel
        // A higher level's bucket is spread when the time has come to its first tick.
        guard now & ((1 << Int64(shift)) - 1) == 0 else { return }
        let position = Int(now >> Int64(shift)) & (Self.bucketsPerLevel - 1)
        var id = heads[level * Self.bucketsPerLevel + position]
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
        let farthest = now + (1 << Int64(Self.levelCount * Self.bitsPerLevel)) - 1
        // A deadline beyond the span waits in the last bucket and is placed anew from there.
        let tick = min(max(timers[id].deadline, now + 1), farthest)
        let level = Self.level(for: tick - now)
        let position =
            Int(tick >> Int64(level * Self.bitsPerLevel)) & (Self.bucketsPerLevel - 1)
        let bucket = level * Self.bucketsPerLevel + position
        let head = heads[bucket]
        timers[id].bucket = Int32(bucket)
        timers[id].previous = Self.none
        timers[id].next = head
        if head != Self.none { timers[Int(head)].previous = Int32(id) }
        heads[bucket] = Int32(id)
        occupied[level] |= 1 << UInt64(position)
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
        if heads[bucket] == Self.none {
            let level = bucket / Self.bucketsPerLevel
            occupied[level] &= ~(1 << UInt64(bucket % Self.bucketsPerLevel))
        }
        timers[id].bucket = Self.none
    }
}
