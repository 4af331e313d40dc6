public import Addresses

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

/// What the per-source limits count: an IPv4 address, or an IPv6 /64, which is the least that a
/// customer gets (RFC 6177), so that choosing addresses does not multiply limits.
public struct SourceKey: Hashable, Sendable {
    private let bits: UInt64
    private let isIPv6: Bool
    private let network: UInt32

    /// - Parameter network: distinguishes networks whose addresses overlap, such as those of two
    ///   private endpoints; 0 is the public one.
    public init(_ address: IPAddress, in network: UInt32 = 0) {
        switch address.unmapped {
        case .v4(let address): (bits, isIPv6) = (UInt64(address.bits), false)
        case .v6(let address): (bits, isIPv6) = (address.high, true)
        }
        self.network = network
    }

    /// The addresses that it represents.
    public var block: CIDRBlock {
        isIPv6
            ? CIDRBlock(containing: .v6(IPv6Address(high: bits, low: 0)), prefixLength: 64)
            : CIDRBlock(
                containing: .v4(IPv4Address(bits: UInt32(truncatingIfNeeded: bits))),
                prefixLength: 32
            )
    }

    /// Which of `count` tables the source belongs to; `count` is a power of two.
    ///
    /// - Parameter seed: random and secret, so that no one can choose sources that all belong to
    ///   one table (multiply-shift hashing, after the finalizer of SplitMix64).
    public func stripe(of count: Int, seed: UInt64) -> Int {
        var mixed = (bits ^ UInt64(network) << 32 ^ (isIPv6 ? 1 << 63 : 0)) &+ seed
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* (seed | 1)
        return Int(truncatingIfNeeded: mixed >> 32) & (count - 1)
    }
}

/// How many connections are let in. Each limit's 0 means no limit.
public struct ConnectionLimits: Hashable, Sendable {
    /// At the same time, over all listeners.
    public var connections = 100_000
    /// At the same time, from one source: an IPv4 address or an IPv6 /64.
    public var connectionsPerSource = 1_000
    /// New ones per second from one source; bursts of twice as many are allowed.
    public var connectRatePerSource = 2_000
    /// Bytes held for one source's connections, whose peers do not take them.
    public var bufferPerSource = 268_435_456
    /// Connections of one worker whose PROXY header, TLS handshake or name is awaited.
    public var handshakesPerWorker = 2_048

    /// The defaults of the configuration file.
    public init() {}
}
