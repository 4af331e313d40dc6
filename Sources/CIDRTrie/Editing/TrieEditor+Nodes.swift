extension TrieEditor {
    /// What `slot`, which leads to the keys of `block`, has to be after the change.
    mutating func changed(_ slot: Slot, of block: KeyBlock, _ change: Change) -> Slot {
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
        Self.overwrite(below: slot, in: &builder.words, change)
        return slot
    }

    static func overwrite(
        below node: Slot,
        in words: inout [UInt32],
        _ change: Change
    ) {
        for word in NodeLayout(node, in: words).slots {
            let slot = Slot(rawValue: words[word])
            if !slot.isLeaf {
                overwrite(below: slot, in: &words, change)
            } else if slot == change.old {
                words[word] = change.new.rawValue
            }
        }
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
            [block.first] + BucketLanes(slot).boundaries(in: builder.words, block)
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
