import Addresses

/// Follows every pointer of a trie once and checks what it leads to.
struct TrieInspector {
    /// No lookup reads more nodes: two halves of eight bytes, each with a bucket and a skip.
    static let depthLimit = 64

    let trie: RadixTrie
    let family: IPFamily
    let rules: RuleTable
    private(set) var counts = NodeCounts()
    /// For each place where a node may start, one more than the nodes below it; 0 for a node that
    /// was not met yet, ``isOpen`` for one that a node below it may not lead back to, ``isLevelled`` for a branch that
    /// represents a leaf.
    private var heights: [UInt8]
    /// The words that something is known to use, in units of ``Slot/nodeAlignment``.
    private var isUsed: [Bool]
    private static let isOpen = UInt8.max
    private static let isLevelled = UInt8.max - 1

    init(_ trie: RadixTrie, of family: IPFamily, rules: RuleTable) {
        self.trie = trie
        self.family = family
        self.rules = rules
        let places = trie.words.count / Slot.nodeAlignment
        heights = [UInt8](repeating: 0, count: places)
        isUsed = [Bool](repeating: false, count: places)
    }

    /// - Parameter free: what no node uses.
    mutating func inspect(free: FreeSpace = FreeSpace()) throws(TrieError) {
        let table = trie.table
        guard trie.words.count.isMultiple(of: Slot.nodeAlignment), table.isConsistent,
            table.byteOffset.isMultiple(of: 16), table.byteOffset / 4 <= trie.words.count,
            table.slotCount <= trie.words.count - table.byteOffset / 4
        else { throw error(.rootTable, at: table.byteOffset) }
        let tableWords = table.byteOffset / 4..<table.byteOffset / 4 + table.slotCount
        try claim(tableWords)
        for range in free.ranges {
            guard range.upperBound <= trie.words.count else {
                throw error(.nodeBounds, at: range.lowerBound * 4)
            }
            try claim(range)
        }
        counts.rootSlots = table.slotCount
        for word in tableWords { try inspect(root: Slot(rawValue: trie.words[word])) }
        try inspect(root: table.outside)
    }

    private mutating func inspect(root slot: Slot) throws(TrieError) {
        counts.depth = max(counts.depth, try height(of: slot, depth: 0))
    }

    /// Nothing else uses these words.
    private mutating func claim(_ words: Range<Int>) throws(TrieError) {
        guard !words.isEmpty else { return }
        let alignment = Slot.nodeAlignment
        for unit in words.lowerBound / alignment...(words.upperBound - 1) / alignment {
            guard !isUsed[unit] else { throw error(.nodeOverlap, at: unit * alignment * 4) }
            isUsed[unit] = true
        }
    }

    /// The most nodes that a lookup reads from `slot` on.
    private mutating func height(of slot: Slot, depth: Int) throws(TrieError) -> Int {
        if slot.isLeaf {
            try check(leaf: slot)
            return 0
        }
        let (offset, place) = (slot.byteOffset, slot.byteOffset / 16)
        guard place < heights.count else { throw error(.nodeBounds, at: offset) }
        guard depth < Self.depthLimit else { throw error(.depth, at: offset) }
        guard heights[place] != Self.isOpen else { throw error(.nodeCircle, at: offset) }
        guard heights[place] == 0 else {
            // Only the root table shares nodes: branches that represent a leaf.
            guard depth == 0, slot.isBranch, heights[place] == Self.isLevelled else {
                throw error(.nodeShared, at: offset)
            }
            return 1
        }
        let node = try InspectedNode(slot, in: trie, of: family)
        count(node)
        try claim(offset / 4..<node.slots.upperBound)
        heights[place] = Self.isOpen
        let below = try height(of: node, depth: depth + 1)
        heights[place] =
            node.representsLeaf(in: trie) ? Self.isLevelled : UInt8(truncatingIfNeeded: below + 1)
        return below + 1
    }

    private mutating func height(of node: InspectedNode, depth: Int) throws(TrieError) -> Int {
        var height = 0
        for index in node.slots {
            let slot = Slot(rawValue: trie.words[index])
            height = max(height, try self.height(of: slot, depth: depth))
        }
        return height
    }

    private func check(leaf slot: Slot) throws(TrieError) {
        guard slot != .none else { return }
        let index = slot.rule ?? rules.endIndex
        guard rules.contains(index: index), rules.isEnabled(index),
            rules.heads[index].family == family, rules.slot(index) == slot
        else {
            throw TrieError(reason: .leafRule, place: "\(family), rule \(index + 1)")
        }
    }

    private mutating func count(_ node: InspectedNode) {
        switch node.kind {
        case nil: counts.branches += 1
        case .wide0, .wide16, .wide32: counts.wideBranches += 1
        case .bucket16, .bucket32, .bucket64: counts.buckets += 1
        case .lowHalf: counts.lowHalves += 1
        }
    }

    private func error(_ reason: TrieError.Reason, at offset: Int) -> TrieError {
        trie.error(reason, of: family, at: offset)
    }
}

extension RadixTrie {
    /// - Parameter offset: in bytes from the arena's start.
    func error(_ reason: TrieError.Reason, of family: IPFamily, at offset: Int) -> TrieError {
        TrieError(reason: reason, place: "\(family), byte \(offset)")
    }
}

extension RootTable {
    /// Whether its numbers are those of a ``RootWindow``.
    fileprivate var isConsistent: Bool {
        let (length, bits) = (mask.nonzeroBitCount, indexMask.nonzeroBitCount)
        return mask == UInt64.max.prefix(length) && prefix & ~mask == 0 && bits <= 32
            && indexMask == 1 << UInt64(bits) - 1 && byteOffset >= 0
            && length + bits <= 64 && shift == UInt64(64 - length - bits)
    }
}

extension InspectedNode {
    fileprivate func representsLeaf(in trie: RadixTrie) -> Bool {
        kind == nil && slots.count == 1 && Slot(rawValue: trie.words[slots.lowerBound]).isLeaf
    }
}
