/// Writes the nodes of a ``RadixTrie`` into its arena.
///
/// - Complexity: O(*n*) for *n* ranges and each level of branches, of which there are at most 16.
struct TrieBuilder {
    /// The arena.
    var words: [UInt32]
    /// Where nodes can go before the arena grows.
    private(set) var space: FreeSpace
    /// The node that is being written.
    private var node: [UInt32] = []

    /// - Parameters:
    ///   - words: an arena that is to be edited.
    ///   - space: what no node of it uses.
    init(words: [UInt32] = [], space: FreeSpace = FreeSpace()) {
        self.words = words
        self.space = space
    }

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
        case .skip(let deeper):
            return appendSkip(to: deeper, of: ranges, inner: inner, depth: depth)
        }
    }

    mutating func append(_ word: UInt32) { node.append(word) }

    mutating func append(_ slots: some Sequence<Slot>) {
        for slot in slots { node.append(slot.rawValue) }
    }

    /// Puts the node whose words were appended into the arena.
    ///
    /// - Returns: where it starts, in words.
    mutating func place() -> Int {
        defer { node.removeAll(keepingCapacity: true) }
        if let offset = space.take(wordCount: node.count) {
            for index in node.indices { words[offset + index] = node[index] }
            return offset
        }
        alignEnd()
        let offset = words.count
        words.append(contentsOf: node)
        alignEnd()
        return offset
    }

    /// Puts the root table at the arena's end.
    ///
    /// - Returns: where it starts, in words.
    mutating func place(table: [Slot]) -> Int {
        let offset = words.count
        words.append(contentsOf: table.lazy.map(\.rawValue))
        alignEnd()
        return offset
    }

    /// No node uses these words any longer.
    mutating func release(_ node: Range<Int>) {
        let end =
            (node.upperBound + Slot.nodeAlignment - 1) / Slot.nodeAlignment
            * Slot.nodeAlignment
        if end == words.count {
            words.removeLast(end - node.lowerBound)
        } else {
            space.release(node.lowerBound..<end)
        }
    }

    private mutating func alignEnd() {
        while words.count % Slot.nodeAlignment != 0 { words.append(0) }
    }
}
