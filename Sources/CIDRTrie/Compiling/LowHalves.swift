/// Splits the ranges of 128-bit keys into ranges of their high halves.
///
/// Where boundaries fall inside one high half, that half gets a trie of its own over the low ones:
///
///     2001:db8:0:1::/64 ─┬───────────────────── high 2001:db8:0:1 ─► lowHalf ─► trie over the
///        …::10/124 ──────┴─ low boundaries 10, 20                               low halves
struct LowHalves {
    private let ranges: RangeTable<UInt128>
    private(set) var high: RangeTable<UInt64>
    private var index = 1

    init(_ ranges: RangeTable<UInt128>) {
        self.ranges = ranges
        high = RangeTable(ranges.slots[0])
    }

    /// Builds the tries of low halves and returns the ranges of high ones that point to them.
    mutating func split(into builder: inout TrieBuilder) -> RangeTable<UInt64> {
        while index < ranges.starts.count { appendHalf(builder: &builder) }
        return high
    }

    /// Takes all boundaries of the next high half.
    private mutating func appendHalf(builder: inout TrieBuilder) {
        let half = UInt64(truncatingIfNeeded: ranges.starts[index] >> 64)
        var low = RangeTable<UInt64>(ranges.slots[index - 1])
        while index < ranges.starts.count, ranges.starts[index] >> 64 == UInt128(half) {
            low.append(ranges.slots[index], from: UInt64(truncatingIfNeeded: ranges.starts[index]))
            index += 1
        }
        high.append(builder.lowHalf(of: low), from: half)
        if half < .max { high.append(ranges.slots[index - 1], from: half + 1) }
    }
}

extension TrieBuilder {
    /// A node that leads to the trie of low halves, or a leaf if that has no boundary.
    fileprivate mutating func lowHalf(of ranges: RangeTable<UInt64>) -> Slot {
        guard !ranges.boundaries.isEmpty else { return ranges.slots[0] }
        let slot = subtree(of: ranges)
        return slot.isLeaf ? slot : appendLowHalf(slot)
    }

    /// A node that leads to `slot` for the key's low half.
    mutating func appendLowHalf(_ slot: Slot) -> Slot {
        append(slot.rawValue)
        return Slot(.lowHalf, at: place())
    }
}
