/// A static radix trie over keys of 64 bits, or twice 64, in one array without pointers.
///
/// A key is an address from its first bit on: IPv4 fills the upper half of the 64 bits, IPv6 has
/// two such keys, its network and its interface half.
///
///     key   ├─ common ─┤├── index ──┤├──── 8 or 16 ────┤├──── 8 ────┤├─ a bucket's window ─┤
///
///     table of 2ⁿ slots, where most lookups start; what lies outside the common prefix starts
///       │                  at one slot of its own
///       ▼
///     branch: 8 bits of the key at once, or 16, as a bitmap of run starts
///       │
///       ▼
///     bucket: up to 4 boundaries, or 16, all compared at once
///       │
///       ▼
///     leaf
///
/// A list of few blocks is a bucket and nothing else; in a routing table of IPv4, a lookup reads
/// the table and one branch. docs/cidr-trie.md draws all of it and gives the figures.
@frozen
@usableFromInline
struct RadixTrie: Hashable, Sendable {
    /// The nodes and the table's slots.
    @usableFromInline let words: [UInt32]
    @usableFromInline let table: RootTable

    @inlinable
    init(words: [UInt32], table: RootTable) {
        self.words = words
        self.table = table
    }
}

/// Where a lookup starts: a table indexed by the bits after the prefix that most boundaries share.
@frozen
@usableFromInline
struct RootTable: Hashable, Sendable {
    /// The common prefix's bits set.
    @usableFromInline let mask: UInt64
    /// The common prefix.
    @usableFromInline let prefix: UInt64
    /// Keys are shifted right by this for their index, which is then the lowest bits.
    @usableFromInline let shift: UInt64
    /// One less than the number of slots.
    @usableFromInline let indexMask: UInt64
    /// Where the slots start in the arena.
    @usableFromInline let byteOffset: Int
    /// For keys that do not begin with the common prefix.
    @usableFromInline let outside: Slot

    @inlinable
    init(
        mask: UInt64,
        prefix: UInt64,
        shift: UInt64,
        indexMask: UInt64,
        byteOffset: Int,
        outside: Slot
    ) {
        self.mask = mask
        self.prefix = prefix
        self.shift = shift
        self.indexMask = indexMask
        self.byteOffset = byteOffset
        self.outside = outside
    }
}
