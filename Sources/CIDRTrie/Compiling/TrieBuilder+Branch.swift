extension TrieBuilder {
    /// A node for the byte of the key in which the block ends; see ``Branch``.
    mutating func appendBranch(
        of ranges: borrowing RangeTable<UInt64>,
        inner: Range<Int>,
        depth: Int
    ) -> Slot {
        let shift = 56 - depth / 8 * 8
        let runs = children(
            of: ranges,
            inner: inner,
            depth: depth,
            shift: shift,
            childCount: Branch.childCount
        )
        return appendBranch(runs, shift: shift)
    }

    /// A node that leads every key of the block to `leaf`.
    mutating func appendBranch(of leaf: Slot, depth: Int) -> Slot {
        appendBranch(ChildRuns(leaf), shift: 56 - depth / 8 * 8)
    }

    mutating func appendBranch(_ runs: ChildRuns, shift: Int) -> Slot {
        let groups = runs.groups(of: Branch.groupSize, childCount: Branch.childCount)
        for index in stride(from: 0, to: groups.count, by: 2) {
            append(groups[index] | groups[index + 1] << 16)
        }
        append(runs.slots)
        return Slot(branchAt: place(), shift: shift)
    }

    /// A node for the two bytes of the key after the block's bits; see ``WideBranch``.
    mutating func appendWideBranch(
        of ranges: borrowing RangeTable<UInt64>,
        inner: Range<Int>,
        depth: Int
    ) -> Slot {
        let shift = 48 - depth
        let runs = children(
            of: ranges,
            inner: inner,
            depth: depth,
            shift: shift,
            childCount: WideBranch.childCount
        )
        return appendWideBranch(runs, shift: shift)
    }

    mutating func appendWideBranch(_ runs: ChildRuns, shift: Int) -> Slot {
        let groups = runs.groups(of: WideBranch.groupSize, childCount: WideBranch.childCount)
        for group in groups { append(group) }
        append(runs.slots)
        return Slot(shift == 32 ? .wide32 : shift == 16 ? .wide16 : .wide0, at: place())
    }

    /// Builds the subtree of each child; a child is `shift` bits from the key's end.
    private mutating func children(
        of ranges: borrowing RangeTable<UInt64>,
        inner: Range<Int>,
        depth: Int,
        shift: Int,
        childCount: Int
    ) -> ChildRuns {
        let block = KeyBlock(containing: ranges.starts[inner.lowerBound], depth: depth)
        let inBlock = block.children(at: shift, of: childCount)
        var runs = ChildRuns(ranges.slots[inner.lowerBound - 1])
        var index = inner.lowerBound
        while index < inner.upperBound {
            let child = ranges.starts[index].child(at: shift, of: childCount)
            let end = ranges.endOfChild(of: index, below: inner.upperBound, shift: shift)
            let inChild = ranges.isStart(index, ofChildAt: shift) ? index + 1..<end : index..<end
            let slot = subtree(of: ranges, inner: inChild, depth: 64 - shift)
            // Children before the block's first one are not reached.
            runs.append(slot, from: child == inBlock.lowerBound ? 0 : child)
            if !inChild.isEmpty, child + 1 < inBlock.upperBound {
                runs.append(ranges.slots[end - 1], from: child + 1)
            }
            index = end
        }
        return runs
    }
}

extension RangeTable<UInt64> {
    /// The index after the last boundary in the same child as the one at `index`.
    fileprivate func endOfChild(of index: Int, below limit: Int, shift: Int) -> Int {
        let child = starts[index] >> UInt64(shift)
        var end = index + 1
        while end < limit, starts[end] >> UInt64(shift) == child { end += 1 }
        return end
    }

    fileprivate func isStart(_ index: Int, ofChildAt shift: Int) -> Bool {
        starts[index].prefix(64 - shift) == starts[index]
    }
}

/// The children of a branch, equal neighbours as one run.
struct ChildRuns: Hashable {
    /// The first child of each run.
    private(set) var starts: [Int]
    private(set) var slots: [Slot]

    /// One run, of all children.
    init(_ slot: Slot) { self.init(starts: [0], slots: [slot]) }

    init(starts: [Int], slots: [Slot]) {
        self.starts = starts
        self.slots = slots
    }

    /// From `child` on, `slot` decides.
    mutating func append(_ slot: Slot, from child: Int) {
        if child == starts[starts.count - 1] {
            slots[slots.count - 1] = slot
        } else if slot != slots[slots.count - 1] {
            slots.append(slot)
            starts.append(child)
        }
    }

    /// The groups of a ``Branch`` or ``WideBranch``, as it has them: the last one first, its starts
    /// in the upper half, its count in the lower.
    ///
    /// - Parameter groupSize: the children of a group, and the bits of each half.
    func groups(of groupSize: Int, childCount: Int) -> [UInt32] {
        var run = 0
        let ascending = stride(from: groupSize, through: childCount, by: groupSize).map { end in
            let countBefore = UInt32(truncatingIfNeeded: run - 1) & (1 << UInt32(groupSize) - 1)
            var startBits: UInt32 = 0
            while run < starts.count, starts[run] < end {
                startBits |= 1 << UInt32(end - 1 - starts[run])
                run += 1
            }
            return startBits << UInt32(groupSize) | countBefore
        }
        return ascending.reversed()
    }
}
