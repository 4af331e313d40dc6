extension RadixTrie {
    init(_ ranges: RangeTable<UInt64>) {
        var builder = TrieBuilder()
        self = builder.finish(ranges)
    }

    init(_ ranges: RangeTable<UInt128>) {
        var builder = TrieBuilder()
        var halves = LowHalves(ranges)
        self = builder.finish(halves.split(into: &builder))
    }
}

extension TrieBuilder {
    /// Builds the nodes and the root table; `self` is used up.
    fileprivate mutating func finish(_ ranges: RangeTable<UInt64>) -> RadixTrie {
        let window = RootWindow(for: ranges.starts[ranges.boundaries])
        let table = levelled(rootSlots(of: ranges, window: window), window: window)
        let outside = subtree(of: ranges.outside(window))
        let offset = alignedOffset()
        append(table)
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

    /// A table that is mostly branches gets branches only: one with a single run stands for a
    /// leaf. A lookup then reads the same whatever it finds, and the processor foresees it all;
    /// where some end at the table and others do not, it guesses wrong, which costs more than the
    /// branch. Long lists would pay for it in memory.
    private mutating func levelled(_ table: [Slot], window: RootWindow) -> [Slot] {
        let depth = window.prefixLength + window.indexBitCount
        let branchCount = table.count { !$0.isLeaf && $0.isBranch }
        let leaves = Set(table.filter(\.isLeaf))
        let pointerCount = table.count { !$0.isLeaf }
        guard depth % 8 == 0, branchCount * 4 >= pointerCount * 3, branchCount > 0,
            leaves.count <= RootWindow.levelledLeafLimit
        else { return table }
        let branches = Dictionary(
            uniqueKeysWithValues: leaves.map { ($0, appendBranch(of: $0, depth: depth)) }
        )
        return table.map { branches[$0] ?? $0 }
    }
}

extension RangeTable<UInt64> {
    /// The boundaries inside the window's block, without one at its start.
    fileprivate func boundaries(inside window: RootWindow) -> Range<Int> {
        let first = starts.partitioningIndex { $0 > window.prefix }
        let end = starts.partitioningIndex { $0 > window.last }
        return first..<end
    }

    /// The ranges before and behind the window's block. What is said inside it does not matter.
    fileprivate func outside(_ window: RootWindow) -> RangeTable {
        let inside = boundaries(inside: window)
        var outside = RangeTable(slots[0])
        for index in boundaries.prefix(inside.lowerBound - 1) {
            outside.append(slots[index], from: starts[index])
        }
        let (behind, isAtEnd) = window.last.addingReportingOverflow(1)
        if !isAtEnd { outside.append(slots[inside.upperBound - 1], from: behind) }
        for index in inside.upperBound..<starts.count {
            outside.append(slots[index], from: starts[index])
        }
        return outside
    }
}

extension Array {
    /// The first index whose element satisfies `predicate`, as all behind it do.
    fileprivate func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
