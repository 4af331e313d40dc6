import Addresses

/// Follows every pointer of a trie once and checks what it leads to.
struct TrieInspector {
    /// No lookup reads more nodes: two halves of eight bytes, each with a bucket and a skip.
    static let depthLimit = 64

    let trie: RadixTrie
    let family: IPFamily
    let rules: RuleTable
    private(set) var counts = NodeCounts()
    /// For each place of a node, one more than the nodes below it; 0 where none was met.
    private var heights: [UInt8]
    private var kinds: [UInt8]

    init(_ trie: RadixTrie, of family: IPFamily, rules: RuleTable) {
        self.trie = trie
        self.family = family
        self.rules = rules
        let places = trie.words.count / Slot.nodeAlignment + 1
        heights = [UInt8](repeating: 0, count: places)
        kinds = heights
    }

    mutating func inspect() throws(TrieFault) {
        let table = trie.table
        let slots = table.slotCount
        guard slots > 0, slots & (slots - 1) == 0, table.byteOffset % 4 == 0, table.byteOffset >= 0,
            table.byteOffset / 4 <= trie.words.count,
            slots <= trie.words.count - table.byteOffset / 4
        else { throw fault(.rootTable, at: table.byteOffset) }
        counts.rootSlots = slots
        for index in 0..<slots {
            let slot = Slot(rawValue: trie.words[table.byteOffset / 4 + index])
            try inspect(root: slot, at: table.byteOffset + 4 * index)
        }
        try inspect(root: table.outside, at: table.byteOffset)
    }

    private mutating func inspect(root slot: Slot, at offset: Int) throws(TrieFault) {
        let height = try height(of: slot, before: trie.table.byteOffset, depth: 0)
        counts.depth = max(counts.depth, height)
    }

    /// How many nodes a lookup reads from `slot` on, at most.
    ///
    /// - Parameter limit: where the node stands that the slot is in; those below stand before it.
    mutating func height(of slot: Slot, before limit: Int, depth: Int) throws(TrieFault) -> Int {
        if slot.isLeaf {
            try checkLeaf(slot, at: limit)
            return 0
        }
        let offset = slot.byteOffset
        guard offset < limit else { throw fault(.nodeOffset, at: limit) }
        guard depth < Self.depthLimit else { throw fault(.depth, at: offset) }
        if let known = try knownHeight(of: slot, depth: depth) { return known }
        let node = try InspectedNode(slot, in: trie, of: family)
        count(node)
        let below = try height(of: node, depth: depth + 1)
        heights[offset / 16] = UInt8(truncatingIfNeeded: below + 2)
        kinds[offset / 16] = slot.kindNumber
        return below + 1
    }

    /// Of a node that was met before.
    private func knownHeight(of slot: Slot, depth: Int) throws(TrieFault) -> Int? {
        let place = slot.byteOffset / 16
        guard place < heights.count, heights[place] > 0 else { return nil }
        guard kinds[place] == slot.kindNumber else { throw fault(.nodeShared, at: slot.byteOffset) }
        let height = Int(heights[place]) - 1
        guard depth + height <= Self.depthLimit else { throw fault(.depth, at: slot.byteOffset) }
        return height
    }

    private mutating func height(of node: InspectedNode, depth: Int) throws(TrieFault) -> Int {
        var height = 0
        for index in node.slots {
            let slot = Slot(rawValue: trie.words[index])
            height = max(height, try self.height(of: slot, before: node.offset, depth: depth))
        }
        return height
    }

    private func checkLeaf(_ slot: Slot, at offset: Int) throws(TrieFault) {
        guard let rule = slot.rule else {
            if slot != .none { throw fault(.leafRule, at: offset) }
            return
        }
        guard rule < rules.count else { throw fault(.leafRule, at: offset) }
        let head = rules.heads[rule]
        guard head.family == family, head.action == slot.action, head.expires == slot.expires
        else { throw fault(.leafRule, at: offset) }
    }

    private mutating func count(_ node: InspectedNode) {
        switch node.kind {
        case nil: counts.branches += 1
        case .wide0, .wide16, .wide32: counts.wideBranches += 1
        case .bucket16, .bucket32, .bucket64: counts.buckets += 1
        case .lowHalf: counts.lowHalves += 1
        }
    }

    private func fault(_ reason: TrieFault.Reason, at offset: Int) -> TrieFault {
        trie.fault(reason, of: family, at: offset)
    }
}

extension RadixTrie {
    /// - Parameter offset: in bytes from the arena's start.
    func fault(_ reason: TrieFault.Reason, of family: IPFamily, at offset: Int) -> TrieFault {
        TrieFault(reason: reason, place: "\(family), byte \(offset)")
    }
}

extension Slot {
    /// Of a pointer: its kind's number, below 16.
    fileprivate var kindNumber: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 27) }
}
