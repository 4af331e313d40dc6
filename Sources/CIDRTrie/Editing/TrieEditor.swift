/// Changes what a trie decides in one block, in a copy of its arena.
///
/// A block's edge runs through one node on each level at most, down to the smallest node in which the
/// block is a part: that one is written again, and those above it where the pointer to it changes.
/// Inside the block nothing moves: its leaves are overwritten.
///
///     root table   ▯▯▯▮▯▯▯▯      10.1.2.0/24 is added: the path to its edges is new (▮) …
///                     │
///     branch       ▯▯▮▯▯▯▯▯
///                    │
///     branch       ▯▯▮▮▮▯▯▯      … and in the block, leaves of what is around it (▮ ▮ ▮)
///                    │ │         is replaced by the new rule; longer prefixes stay
struct TrieEditor {
    var builder: TrieBuilder
    private var table: RootTable
    private let window: RootWindow

    /// - Parameter space: what no node of `trie` uses.
    init(_ trie: RadixTrie, space: FreeSpace) {
        var words: [UInt32] = []
        // With room for new nodes: an array that grows is copied once more, and doubles.
        words.reserveCapacity(trie.words.count + trie.words.count / 64 + 4_096)
        words.append(contentsOf: trie.words)
        builder = TrieBuilder(words: words, space: space)
        table = trie.table
        window = RootWindow(trie.table)
    }

    var trie: RadixTrie { RadixTrie(words: builder.words, table: table) }
    var space: FreeSpace { builder.space }

    /// Whether so much of the arena is free that it should be compiled again.
    var isWasteful: Bool {
        space.wordCount > builder.words.count / 4 && space.wordCount > 4_096
    }

    /// A change of what decides in a block, except in the blocks inside it.
    struct Change {
        /// The upper 64 bits of its keys.
        let block: KeyBlock
        /// The lower 64 bits, if the block is smaller than one key of 64 bits.
        let low: KeyBlock?
        /// What has decided there so far; inside the block, nothing else has.
        let old: Slot
        let new: Slot

        init(_ block: KeyBlock, low: KeyBlock? = nil, from old: Slot, to new: Slot) {
            self.block = block
            self.low = low
            self.old = old
            self.new = new
        }

        func applied(to leaf: Slot) -> Slot { leaf == old ? new : leaf }
    }

    mutating func apply(_ change: Change) {
        let inside = KeyBlock(containing: window.prefix, depth: window.prefixLength)
        if inside.contains(change.block) || change.block.contains(inside) {
            applyToTable(change, inside: inside)
        }
        if change.block.contains(inside) || !inside.contains(change.block) {
            let outside = changed(table.outside, of: .all, change)
            table = table.with(outside: outside)
        }
    }
}

// MARK: - The root table

extension TrieEditor {
    private mutating func applyToTable(_ change: Change, inside: KeyBlock) {
        let depth = window.prefixLength + window.indexBitCount
        let start = change.block.contains(inside) ? 0 : window.index(of: change.block.first)
        let count = 1 << max(0, depth - max(change.block.depth, window.prefixLength))
        var levelled = LevelledBranches(table: tableWords, depth: depth)
        for index in start..<start + count {
            let place = table.byteOffset / 4 + index
            let first = inside.first | UInt64(index) << UInt64(64 - depth)
            let slot = Slot(rawValue: builder.words[place])
            if change.block.depth <= depth, change.low == nil, !slot.isLeaf, !slot.isBranch {
                Self.overwrite(below: slot, in: &builder.words, change)
                continue
            }
            let leaf = builder.leaf(ofLevelled: slot)
            let block = KeyBlock(containing: first, depth: depth)
            let new = changed(leaf ?? slot, of: block, change)
            guard new != leaf ?? slot else { continue }
            if leaf != nil { levelled.left = slot }
            builder.words[place] = levelled.slot(for: new, at: place, &builder).rawValue
        }
        levelled.releaseUnused(besides: tableWords.lowerBound + start, &builder)
    }

    private var tableWords: Range<Int> {
        table.byteOffset / 4..<table.byteOffset / 4 + table.slotCount
    }
}

/// The branches that represent leaves in a table that is mostly branches, and are shared by its
/// slots; see ``TrieBuilder``.
private struct LevelledBranches {
    /// Its words.
    let table: Range<Int>
    let depth: Int
    /// The one that represents the leaf that changes.
    var left: Slot?
    private var found: [Slot: Slot] = [:]

    init(table: Range<Int>, depth: Int) {
        self.table = table
        self.depth = depth
    }

    /// `slot`, or the branch that represents it.
    mutating func slot(for slot: Slot, at place: Int, _ builder: inout TrieBuilder) -> Slot {
        guard slot.isLeaf, depth % 8 == 0 else { return slot }
        if let known = found[slot] { return known }
        let result = branch(for: slot, at: place, &builder)
        found[slot] = result
        return result
    }

    private func branch(for leaf: Slot, at place: Int, _ builder: inout TrieBuilder) -> Slot {
        var isLevelled = left != nil
        var branch: Slot?
        forEachWord(outwardFrom: place) { word in
            let slot = Slot(rawValue: builder.words[word])
            if slot.isLeaf {
                isLevelled = false
                return false
            }
            guard let other = builder.leaf(ofLevelled: slot) else { return true }
            isLevelled = true
            if other == leaf { branch = slot }
            return branch == nil
        }
        guard isLevelled else { return leaf }
        return branch ?? builder.appendBranch(of: leaf, depth: depth)
    }

    /// Releases ``left`` if the table no longer leads there.
    func releaseUnused(besides place: Int, _ builder: inout TrieBuilder) {
        guard let left else { return }
        var isUsed = Slot(rawValue: builder.words[place]) == left
        forEachWord(outwardFrom: place) { word in
            isUsed = isUsed || Slot(rawValue: builder.words[word]) == left
            return !isUsed
        }
        if !isUsed { builder.release(NodeLayout(left, in: builder.words).node) }
    }

    /// Neighbours first: in a table they are mostly alike.
    ///
    /// - Parameter body: returns whether to continue.
    private func forEachWord(outwardFrom place: Int, _ body: (Int) -> Bool) {
        for distance in 1..<max(2, table.count) {
            for word in [place - distance, place + distance]
            where table.contains(word) && !body(word) {
                return
            }
        }
    }
}

extension TrieBuilder {
    /// Of a branch with a single run, the leaf that it represents.
    fileprivate func leaf(ofLevelled slot: Slot) -> Slot? {
        guard !slot.isLeaf, slot.isBranch else { return nil }
        let layout = NodeLayout(slot, in: words)
        guard layout.slots.count == 1 else { return nil }
        let single = Slot(rawValue: words[layout.slots.lowerBound])
        return single.isLeaf ? single : nil
    }
}

extension RootWindow {
    /// Of a table in use.
    init(_ table: RootTable) {
        self.init(
            prefix: table.prefix,
            prefixLength: table.mask.nonzeroBitCount,
            indexBitCount: table.indexMask.nonzeroBitCount
        )
    }
}

extension RootTable {
    fileprivate func with(outside: Slot) -> RootTable {
        RootTable(
            mask: mask,
            prefix: prefix,
            shift: shift,
            indexMask: indexMask,
            byteOffset: byteOffset,
            outside: outside
        )
    }
}
