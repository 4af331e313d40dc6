public import Addresses
public import Time

/// How often an entry has decided on a connection.
public struct EntryHits: Hashable, Sendable {
    public var count: UInt64
    public var last: UInt32

    /// When the entry decided last.
    public var lastHit: UnixTime { UnixTime(seconds: Int64(last)) }
}

/// Hits by entry. Each shard has its own, so that counting needs no lock and no shared cache line;
/// the counts are added up on request.
///
/// An entry that has not been hit takes up no memory.
public struct EntryHitTable: Sendable {
    public struct Key: Hashable, Sendable {
        /// ``EntryList/series``
        public var list: UInt32
        public var block: CIDRBlock

        public init(list: UInt32, block: CIDRBlock) {
            self.list = list
            self.block = block
        }
    }

    private var hits: [Key: EntryHits] = [:]
    /// The size at which entries that no longer exist are removed.
    private var pruneLimit = 1_024

    public init() {}

    public var count: Int { hits.count }

    public subscript(key: Key) -> EntryHits? { hits[key] }

    /// All of them, in no particular order.
    public var all: some Collection<(key: Key, value: EntryHits)> { hits }

    public mutating func record(_ key: Key, at now: UnixTime) {
        let second = UInt32(clamping: now.seconds)
        hits[key, default: EntryHits(count: 0, last: second)].count += 1
        hits[key]?.last = second
    }

    /// Adds what another table has counted.
    public mutating func merge(_ other: EntryHitTable) {
        for (key, more) in other.hits {
            let known = hits[key] ?? EntryHits(count: 0, last: 0)
            hits[key] = EntryHits(
                count: known.count + more.count,
                last: max(known.last, more.last)
            )
        }
    }

    /// Forgets lists that no longer exist. To be called with each new policy; does nothing until
    /// the table has doubled since the last time.
    public mutating func prune(keeping lists: () -> Set<UInt32>) {
        guard hits.count >= pruneLimit else { return }
        let lists = lists()
        hits = hits.filter { lists.contains($0.key.list) }
        pruneLimit = max(1_024, hits.count * 2)
    }
}
