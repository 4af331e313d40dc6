/// Writes the nodes of a ``RadixTrie``, each behind those it points to.
///
/// - Complexity: O(*n*) for *n* ranges and each level of branches, of which there are at most 16.
struct TrieBuilder {
    private(set) var words: [UInt32] = []

    /// The node for all keys.
    mutating func subtree(of ranges: borrowing RangeTable<UInt64>) -> Slot {
        subtree(of: ranges, inner: ranges.boundaries, depth: 0)
    }

    /// The node for a block of keys, or a leaf where all of it has the same slot.
    ///
    /// - Parameters:
    ///   - inner: the boundaries inside the block, without one at its start.
    ///   - depth: how many bits all keys of the block share.
    mutating func subtree(
        of ranges: borrowing RangeTable<UInt64>,
        inner: Range<Int>,
        depth: Int
    ) -> Slot {
        guard !inner.isEmpty else { return ranges.slots[inner.lowerBound - 1] }
        let boundaries = ranges.starts[inner]
        let slots = ranges.slots[inner.lowerBound - 1..<inner.upperBound]
        switch NodeShape(for: boundaries, depth: depth) {
        case .branch: return appendBranch(of: ranges, inner: inner, depth: depth)
        case .wideBranch: return appendWideBranch(of: ranges, inner: inner, depth: depth)
        case .bucket16: return appendBucket16(at: boundaries, slots: slots)
        case .bucket32: return appendBucket(at: boundaries, slots: slots, lane: UInt32.self)
        case .bucket64: return appendBucket(at: boundaries, slots: slots, lane: UInt64.self)
        case .skip(let depthBehind):
            return appendSkip(to: depthBehind, of: ranges, inner: inner, depth: depth)
        }
    }

    /// Where the next node starts.
    mutating func alignedOffset() -> Int {
        while words.count % Slot.nodeAlignment != 0 { words.append(0) }
        return words.count
    }

    mutating func append(_ word: UInt32) { words.append(word) }

    mutating func append(_ slots: some Sequence<Slot>) {
        for slot in slots { words.append(slot.rawValue) }
    }
}

extension UInt64 {
    /// The first `bitCount` bits, zeros behind them.
    func prefix(_ bitCount: Int) -> UInt64 { self & (~0 << UInt64(64 - bitCount)) }
}
