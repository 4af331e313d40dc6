/// Changes what a trie says of one block, in a copy of its arena.
///
/// A block's edge runs through one node on each level at most, down to the smallest node in which the
/// block is a part: that one is written again, and those above it where the pointer to it changes.
/// Inside the block nothing moves: its leaves are overwritten.
///
///     root table   ▯▯▯▮▯▯▯▯      10.1.2.0/24 is added: the path to its edges is new (▮) …
///                     │
///     branch       ▯▯▮▯▯▯▯▯
///                    │
///     branch       ▯▯▮▮▮▯▯▯      … and in the block, what said what is around it (▮ ▮ ▮)
///                    │ │         now says what the new rule says; longer prefixes stay
struct TrieEditor {
    private var builder: TrieBuilder
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

    /// Whether so much of the arena is free that it had better be compiled again.
    var isWasteful: Bool {
        space.wordCount > builder.words.count / 4 && space.wordCount > 4_096
    }

    /// What decides in a block changes, but for the blocks inside it.
    struct Change {
        /// The upper 64 bits of its keys.
        let block: KeyBlock
        /// The lower 64 bits, if the block is smaller than one key of 64 bits.
        let low: KeyBlock?
        /// What has decided there up to now; inside the block, nothing else has.
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
        var levelled = LevelledBranches(depth: depth)
        for index in start..<start + count {
            let place = table.byteOffset / 4 + index
            let first = inside.first | UInt64(index) << UInt64(64 - depth)
            let slot = Slot(rawValue: builder.words[place])
            let leaf = builder.leaf(ofLevelled: slot)
            let block = KeyBlock(containing: first, depth: depth)
            let new = changed(leaf ?? slot, of: block, change)
            guard new != leaf ?? slot else { continue }
            if leaf != nil { levelled.left.insert(slot) }
            builder.words[place] = levelled.slot(for: new, in: tableWords, &builder).rawValue
        }
        for branch in levelled.left where !builder.words[tableWords].contains(branch.rawValue) {
            builder.release(NodeLayout(branch, in: builder.words).node)
        }
    }

    private var tableWords: Range<Int> {
        table.byteOffset / 4..<table.byteOffset / 4 + table.slotCount
    }
}

/// The branches that stand for leaves in a table that is mostly branches, and are shared by its
/// slots; see ``TrieBuilder``.
private struct LevelledBranches {
    let depth: Int
    /// Those from which slots have been taken.
    var left: Set<Slot> = []
    private var found: [Slot: Slot] = [:]

    init(depth: Int) { self.depth = depth }

    /// `slot`, or the branch that stands for it.
    mutating func slot(
        for slot: Slot,
        in table: Range<Int>,
        _ builder: inout TrieBuilder
    ) -> Slot {
        guard slot.isLeaf, depth % 8 == 0 else { return slot }
        if let known = found[slot] { return known }
        let result = branch(for: slot, in: table, &builder)
        found[slot] = result
        return result
    }

    private func branch(
        for leaf: Slot,
        in table: Range<Int>,
        _ builder: inout TrieBuilder
    ) -> Slot {
        var isLevelled = !left.isEmpty
        for word in table {
            let slot = Slot(rawValue: builder.words[word])
            guard !slot.isLeaf else { return leaf }
            guard let other = builder.leaf(ofLevelled: slot) else { continue }
            isLevelled = true
            if other == leaf { return slot }
        }
        return isLevelled ? builder.appendBranch(of: leaf, depth: depth) : leaf
    }
}

extension TrieBuilder {
    /// Of a branch with a single run, the leaf that it stands for.
    fileprivate func leaf(ofLevelled slot: Slot) -> Slot? {
        guard !slot.isLeaf, slot.isBranch else { return nil }
        let layout = NodeLayout(slot, in: words)
        guard layout.slots.count == 1 else { return nil }
        let single = Slot(rawValue: words[layout.slots.lowerBound])
        return single.isLeaf ? single : nil
    }
}

// MARK: - Nodes

extension TrieEditor {
    /// What `slot`, which leads to the keys of `block`, has to be after the change.
    private mutating func changed(_ slot: Slot, of block: KeyBlock, _ change: Change) -> Slot {
        if change.block.contains(block) {
            guard let low = change.low else { return overwritten(slot, change) }
            return changed(low: slot, Change(low, from: change.old, to: change.new))
        }
        if slot.isLeaf { return split(slot, of: block, change) }
        if slot.isBranch { return changed(branch: slot, at: Int(slot.shift), of: block, change) }
        switch slot.kind {
        case .wide32: return changed(branch: slot, at: 32, of: block, change)
        case .wide16: return changed(branch: slot, at: 16, of: block, change)
        case .wide0: return changed(branch: slot, at: 0, of: block, change)
        default: return changed(bucket: slot, of: block, change)
        }
    }

    /// All keys are in the changed block: the structure stays.
    private mutating func overwritten(_ slot: Slot, _ change: Change) -> Slot {
        guard !slot.isLeaf else { return change.applied(to: slot) }
        for word in NodeLayout(slot, in: builder.words).slots {
            let old = Slot(rawValue: builder.words[word])
            let new = overwritten(old, change)
            if new != old { builder.words[word] = new.rawValue }
        }
        return slot
    }

    /// The changed block is a part of what `leaf` decides.
    private mutating func split(_ leaf: Slot, of block: KeyBlock, _ change: Change) -> Slot {
        let inside = changed(leaf, of: change.block, change)
        guard inside != leaf else { return leaf }
        var ranges = RangeTable(leaf, from: block.first)
        ranges.append(inside, from: change.block.first)
        if change.block.last < block.last { ranges.append(leaf, from: change.block.last + 1) }
        return builder.subtree(of: ranges, inner: ranges.boundaries, depth: block.depth)
    }

    /// The changed block is a part of one key of 64 bits.
    private mutating func changed(low slot: Slot, _ change: Change) -> Slot {
        guard !slot.isLeaf else {
            let inner = changed(slot, of: .all, change)
            return inner.isLeaf ? inner : builder.appendLowHalf(inner)
        }
        let layout = NodeLayout(slot, in: builder.words)
        let inner = Slot(rawValue: builder.words[layout.slots.lowerBound])
        let new = changed(inner, of: .all, change)
        if new.isLeaf {
            builder.release(layout.node)
            return new
        }
        builder.words[layout.slots.lowerBound] = new.rawValue
        return slot
    }

    private mutating func changed(bucket slot: Slot, of block: KeyBlock, _ change: Change) -> Slot {
        let layout = NodeLayout(slot, in: builder.words)
        let starts =
            [block.first] + BucketLanes(slot, in: builder.words).boundaries(in: block)
        let slots = builder.words[layout.slots].map { Slot(rawValue: $0) }
        var ranges = RangeTable(slots[0], from: block.first)
        for index in slots.indices {
            let last = index + 1 < starts.count ? starts[index + 1] - 1 : block.last
            ranges.append(slots[index], from: starts[index])
            guard starts[index] <= change.block.last, last >= change.block.first else { continue }
            if slots[index].isLeaf {
                append(slots[index], of: starts[index]...last, to: &ranges, change)
            } else {
                let part = KeyBlock(from: starts[index], through: last)
                ranges.append(changed(slots[index], of: part, change), from: starts[index])
            }
        }
        guard ranges.starts != starts else { return overwrite(slot, layout, with: ranges.slots) }
        builder.release(layout.node)
        return builder.subtree(of: ranges, inner: ranges.boundaries, depth: block.depth)
    }

    /// A leaf of a bucket, where the change goes through the range in which it decides.
    private mutating func append(
        _ leaf: Slot,
        of range: ClosedRange<UInt64>,
        to ranges: inout RangeTable<UInt64>,
        _ change: Change
    ) {
        let inside = changed(leaf, of: change.block, change)
        ranges.append(inside, from: max(range.lowerBound, change.block.first))
        if change.block.last < range.upperBound {
            ranges.append(leaf, from: change.block.last + 1)
        }
    }

    private mutating func overwrite(_ slot: Slot, _ layout: NodeLayout, with slots: [Slot]) -> Slot
    {
        for (word, new) in zip(layout.slots, slots) where builder.words[word] != new.rawValue {
            builder.words[word] = new.rawValue
        }
        return slot
    }
}

// MARK: - Branches

extension TrieEditor {
    /// - Parameter shift: how far the node's children are from the key's end, in bits.
    private mutating func changed(
        branch slot: Slot,
        at shift: Int,
        of block: KeyBlock,
        _ change: Change
    ) -> Slot {
        let old = ChildRuns(slot, in: builder.words)
        let layout = NodeLayout(slot, in: builder.words)
        let new = changed(old, at: shift, isWide: !slot.isBranch, of: block, change)
        guard new.starts != old.starts else { return overwrite(slot, layout, with: new.slots) }
        builder.release(layout.node)
        guard new.starts.count > 1 else { return new.slots[0] }
        return slot.isBranch
            ? builder.appendBranch(new, shift: shift) : builder.appendWideBranch(new, shift: shift)
    }

    private mutating func changed(
        _ old: ChildRuns,
        at shift: Int,
        isWide: Bool,
        of block: KeyBlock,
        _ change: Change
    ) -> ChildRuns {
        let childCount = isWide ? WideBranch.childCount : Branch.childCount
        let inBlock = block.children(at: shift, of: childCount)
        let affected = change.block.children(at: shift, of: childCount)
        var new = ChildRuns(.none)
        /// Children before the block's first one are not reached.
        func append(_ slot: Slot, from child: Int) {
            new.append(slot, from: child == inBlock.lowerBound ? 0 : child)
        }
        for (slot, run) in old.runs(of: inBlock) {
            let inside = affected.clamped(to: run)
            if inside.isEmpty {
                append(slot, from: run.lowerBound)
            } else if !slot.isLeaf {
                let part = block.part(run, at: shift, of: childCount)
                append(changed(slot, of: part, change), from: run.lowerBound)
            } else {
                if run.lowerBound < inside.lowerBound { append(slot, from: run.lowerBound) }
                let part = block.part(affected, at: shift, of: childCount)
                append(
                    affected.count > 1
                        ? change.applied(to: slot) : changed(slot, of: part, change),
                    from: inside.lowerBound
                )
                if inside.upperBound < run.upperBound { append(slot, from: inside.upperBound) }
            }
        }
        return new
    }
}

extension ChildRuns {
    /// The runs, as far as they are children in a block.
    fileprivate func runs(of inBlock: Range<Int>) -> [(slot: Slot, children: Range<Int>)] {
        starts.indices.compactMap { index in
            let end = index + 1 < starts.count ? starts[index + 1] : Int.max
            let children = (starts[index]..<end).clamped(to: inBlock)
            return children.isEmpty ? nil : (slots[index], children)
        }
    }
}

extension KeyBlock {
    /// The keys of some of the children of this block's node, which make up a block.
    fileprivate func part(_ children: Range<Int>, at shift: Int, of childCount: Int) -> KeyBlock {
        let above = first.prefix(64 - shift - childCount.trailingZeroBitCount)
        let depth = 64 - shift - children.count.trailingZeroBitCount
        let bits = UInt64(children.lowerBound) << UInt64(shift)
        return KeyBlock(containing: above | bits, depth: depth)
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
