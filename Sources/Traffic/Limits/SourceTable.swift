/// How many connections each source has, and how fast it opens them. Bounded.
///
/// Used only for sources that the policy admits. An entry is needed while the source has
/// connections, or until its bucket is full again; others are dropped when space is needed, and
/// then those without connections. A source that still does not fit is admitted without being
/// counted: no client that the policy admits is denied because a table is full, and the total for
/// all sources is limited elsewhere.
public struct SourceTable: Sendable {
    public enum Admission: Hashable, Sendable {
        case admitted
        /// Admitted, without an entry to release.
        case uncounted
        case tooManyConnections
        case tooFast
    }

    private struct Entry {
        var connections = 0
        var bucket: TokenBucket
    }

    private let capacity: Int
    private var entries: [SourceKey: Entry] = [:]
    /// Sweeping a full table is O(*n*); it happens no more often than this.
    private static let sweepIntervalMilliseconds: Int64 = 100
    private var sweptAt = Int64.min / 2

    /// A table of at most `capacity` sources.
    public init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    /// How many sources are remembered.
    public var count: Int { entries.count }

    /// Counts one more connection of `source`, if its limits allow that.
    ///
    /// - Parameter now: monotonic milliseconds.
    public mutating func admit(
        _ source: SourceKey,
        limits: ConnectionLimits,
        at now: Int64
    ) -> Admission {
        guard hasRoom(for: source, limits: limits, at: now) else { return .uncounted }
        let burst = Self.burst(of: limits)
        return Self.admit(
            &entries[source, default: Entry(bucket: TokenBucket(capacity: burst, at: now))],
            limits: limits,
            at: now
        )
    }

    /// Counts one connection less of a source that was admitted.
    public mutating func release(_ source: SourceKey) {
        guard let index = entries.index(forKey: source) else { return }
        entries.values[index].connections = max(0, entries.values[index].connections - 1)
    }

    private static func admit(_ entry: inout Entry, limits: ConnectionLimits, at now: Int64)
        -> Admission
    {
        let rate = limits.connectRatePerSource
        if rate > 0 {
            let burst = burst(of: limits)
            guard entry.bucket.take(ratePerSecond: rate, capacity: burst, at: now) else {
                return .tooFast
            }
        }
        if limits.connectionsPerSource > 0, entry.connections >= limits.connectionsPerSource {
            return .tooManyConnections
        }
        entry.connections += 1
        return .admitted
    }

    private static func burst(of limits: ConnectionLimits) -> Int {
        let (burst, overflow) = limits.connectRatePerSource.multipliedReportingOverflow(by: 2)
        return overflow ? .max : burst
    }

    private mutating func hasRoom(
        for source: SourceKey,
        limits: ConnectionLimits,
        at now: Int64
    ) -> Bool {
        if entries.count < capacity || entries[source] != nil { return true }
        guard now - sweptAt >= Self.sweepIntervalMilliseconds else { return false }
        sweptAt = now
        sweep(limits: limits, at: now)
        if entries.count >= capacity { entries = entries.filter { $1.connections > 0 } }
        return entries.count < capacity
    }

    /// Forgets the sources that have no connection and a full bucket.
    private mutating func sweep(limits: ConnectionLimits, at now: Int64) {
        let (rate, burst) = (limits.connectRatePerSource, Self.burst(of: limits))
        entries = entries.filter { _, entry in
            var bucket = entry.bucket
            let isFull = bucket.isFull(ratePerSecond: rate, capacity: burst, at: now)
            return entry.connections > 0 || !(rate == 0 || isFull)
        }
    }
}
