extension TrieBuilder {
    /// A node for the byte of the key in which the block ends; see ``Branch``.
    mutating func appendBranch(
        of ranges: borrowing RangeTable<UInt64>,
        inner: Range<Int>,
        depth: Int
    ) -> Slot {
        let shift = 56 - depth / 8 * 8
        let runs = children(of: ranges, inner: inner, shift: shift, childCount: Branch.childCount)
        return append(runs, shift: shift)
    }

    /// A node that leads every key of the block to `leaf`.
    mutating func appendBranch(of leaf: Slot, depth: Int) -> Slot {
        append(ChildRuns(leaf), shift: 56 - depth / 8 * 8)
    }

    private mutating func append(_ runs: ChildRuns, shift: Int) -> Slot {
        let offset = alignedOffset()
        let groups = runs.groups(of: Branch.groupSize, childCount: Branch.childCount)
        for index in stride(from: 0, to: groups.count, by: 2) {
            append(groups[index] | groups[index + 1] << 16)
        }
        append(runs.slots)
        return Slot(branchAt: offset, shift: shift)
    }

    /// A node for the two bytes of the key behind the block's bits; see ``WideBranch``.
    mutating func appendWideBranch(
        of ranges: borrowing RangeTable<UInt64>,
        inner: Range<Int>,
        depth: Int
    ) -> Slot {
        let shift = 48 - depth
        let runs = children(
            of: ranges,
            inner: inner,
            shift: shift,
            childCount: WideBranch.childCount
        )
        let offset = alignedOffset()
        let groups = runs.groups(of: WideBranch.groupSize, childCount: WideBranch.childCount)
        for group in groups { append(group) }
        append(runs.slots)
        return Slot(shift == 32 ? .wide32 : shift == 16 ? .wide16 : .wide0, at: offset)
    }

    /// Builds the subtree of each child; a child is `shift` bits from the key's end.
    private mutating func children(
        of ranges: borrowing RangeTable<UInt64>,
        inner: Range<Int>,
        shift: Int,
        childCount: Int
    ) -> ChildRuns {
        var runs = ChildRuns(ranges.slots[inner.lowerBound - 1])
        var index = inner.lowerBound
        while index < inner.upperBound {
            let child = ranges.child(at: index, shift: shift) & (childCount - 1)
            let end = ranges.endOfChild(of: index, below: inner.upperBound, shift: shift)
            let inChild = ranges.isStart(index, ofChildAt: shift) ? index + 1..<end : index..<end
            runs.append(subtree(of: ranges, inner: inChild, depth: 64 - shift), from: child)
            if !inChild.isEmpty, child < childCount - 1 {
                runs.append(ranges.slots[end - 1], from: child + 1)
            }
            index = end
        }
        return runs
    }
}

extension RangeTable<UInt64> {
    /// The bits of a boundary down to the child's.
    fileprivate func child(at index: Int, shift: Int) -> Int {
        Int(truncatingIfNeeded: starts[index] >> UInt64(shift))
    }

    /// Behind the last boundary that falls into the same child as the one at `index`.
    fileprivate func endOfChild(of index: Int, below limit: Int, shift: Int) -> Int {
        let child = child(at: index, shift: shift)
        var end = index + 1
        while end < limit, self.child(at: end, shift: shift) == child { end += 1 }
        return end
    }

    fileprivate func isStart(_ index: Int, ofChildAt shift: Int) -> Bool {
        starts[index].prefix(64 - shift) == starts[index]
    }
}
