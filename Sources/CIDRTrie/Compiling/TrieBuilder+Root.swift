extension RadixTrie {
    /// - Parameter around: what decides in a block, given by its depth and its first key, leaving
    ///   aside the blocks inside it.
    init(_ ranges: RangeTable<UInt64>, around: (KeyBlock) -> Slot) {
        var builder = TrieBuilder()
        self = builder.finish(ranges, around: around)
    }

    init(_ ranges: RangeTable<UInt128>, around: (KeyBlock) -> Slot) {
        var builder = TrieBuilder()
        var halves = LowHalves(ranges)
        self = builder.finish(halves.split(into: &builder), around: around)
    }
}

extension TrieBuilder {
    /// Builds the nodes and the root table; `self` is used up.
    fileprivate mutating func finish(
        _ ranges: RangeTable<UInt64>,
        around: (KeyBlock) -> Slot
    ) -> RadixTrie {
        let window = RootWindow(for: ranges.starts[ranges.boundaries])
        let table = levelled(rootSlots(of: ranges, window: window), window: window)
        let inside = around(KeyBlock(containing: window.prefix, depth: window.prefixLength))
        let outside = subtree(of: ranges.outside(window, inside: inside))
        let offset = place(table: table)
        return RadixTrie(
            words: words,
            table: RootTable(window: window, wordOffset: offset, outside: outside)
        )
    }

    private mutating func rootSlots(
        of ranges: borrowing RangeTable<UInt64>,
        window: RootWindow
    ) -> [Slot] {
        let inner = ranges.boundaries(inside: window)
        let depth = window.prefixLength + window.indexBitCount
        var table: [Slot] = []
        table.reserveCapacity(1 << window.indexBitCount)
        var index = inner.lowerBound
        for entry in 0..<1 << window.indexBitCount {
            let first = index
            while index < inner.upperBound, window.index(of: ranges.starts[index]) == entry {
                index += 1
            }
            let isAtStart =
                first < index && ranges.starts[first].prefix(depth) == ranges.starts[first]
            let inEntry = first + (isAtStart ? 1 : 0)..<index
            table.append(subtree(of: ranges, inner: inEntry, depth: depth))
        }
        return table
    }

    /// A table that is mostly branches gets branches only: one with a single run represents a
    /// leaf. A lookup then reads the same whatever it finds, and the processor foresees it all;
    /// where some end at the table and others do not, it guesses wrong, which costs more than the
    /// branch. Long lists would pay for it in memory.
    private mutating func levelled(_ table: [Slot], window: RootWindow) -> [Slot] {
        let depth = window.prefixLength + window.indexBitCount
        guard depth % 8 == 0, table.isMostlyBranches,
            let leaves = table.leaves(limit: RootWindow.levelledLeafLimit)
        else { return table }
        let branches = Dictionary(
            uniqueKeysWithValues: leaves.map { ($0, appendBranch(of: $0, depth: depth)) }
        )
        var levelled = table
        var last: (leaf: Slot, branch: Slot)?
        for index in table.indices where table[index].isLeaf {
            let leaf = table[index]
            let branch = last?.leaf == leaf ? last?.branch : branches[leaf]
            last = branch.map { (leaf, $0) }
            levelled[index] = branch ?? leaf
        }
        return levelled
    }
}

extension [Slot] {
    /// Whether at least three in four pointers lead to a branch.
    fileprivate var isMostlyBranches: Bool {
        var (pointerCount, branchCount) = (0, 0)
        for slot in self where !slot.isLeaf {
            pointerCount += 1
            branchCount += slot.isBranch ? 1 : 0
        }
        return branchCount > 0 && branchCount * 4 >= pointerCount * 3
    }

    /// The different leaves; `nil` if there are more than `limit`.
    fileprivate func leaves(limit: Int) -> Set<Slot>? {
        var leaves: Set<Slot> = []
        var last: Slot?
        for slot in self where slot.isLeaf && slot != last {
            last = slot
            leaves.insert(slot)
            if leaves.count > limit { return nil }
        }
        return leaves
    }
}

extension RangeTable<UInt64> {
    /// The boundaries inside the window's block, without one at its start.
    fileprivate func boundaries(inside window: RootWindow) -> Range<Int> {
        let first = starts.partitioningIndex { $0 > window.prefix }
        let end = starts.partitioningIndex { $0 > window.last }
        return first..<end
    }

    /// The ranges around the window's block, in which only the blocks around it decide: an edit
    /// inside it leaves these ranges as they are.
    fileprivate func outside(_ window: RootWindow, inside: Slot) -> RangeTable {
        let boundariesInside = boundaries(inside: window)
        var outside = RangeTable(slots[0])
        for index in boundaries where starts[index] < window.prefix {
            outside.append(slots[index], from: starts[index])
        }
        outside.append(inside, from: window.prefix)
        let (next, isAtEnd) = window.last.addingReportingOverflow(1)
        guard !isAtEnd else { return outside }
        outside.append(slots[boundariesInside.upperBound - 1], from: next)
        for index in boundariesInside.upperBound..<starts.count {
            outside.append(slots[index], from: starts[index])
        }
        return outside
    }
}
