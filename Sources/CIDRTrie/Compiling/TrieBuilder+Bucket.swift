extension TrieBuilder {
    /// A node of 4 lanes that compares the key with a few boundaries; see ``Bucket``.
    ///
    /// - Parameter slots: one before the first boundary, and one from each boundary on.
    mutating func appendBucket<Lane: FixedWidthInteger & UnsignedInteger>(
        at boundaries: ArraySlice<UInt64>,
        slots: ArraySlice<Slot>,
        lane: Lane.Type
    ) -> Slot {
        let shift = boundaries.zeroBitCount
        append(UInt32(truncatingIfNeeded: shift))
        // No key is above the largest number, so that a lane without a boundary is never below it.
        var lanes = [Lane](repeating: .max, count: Bucket.capacity)
        for (lane, boundary) in boundaries.enumerated() {
            lanes[lane] = Lane(truncatingIfNeeded: boundary >> UInt64(shift)) &- 1
        }
        for lane in lanes { append(lane) }
        append(slots)
        return Slot(Lane.bitWidth == 64 ? .bucket64 : .bucket32, at: place())
    }

    /// A node of 16 lanes; see ``Bucket``.
    mutating func appendBucket16(
        at boundaries: ArraySlice<UInt64>,
        slots: ArraySlice<Slot>
    ) -> Slot {
        let shift = boundaries.zeroBitCount
        append(UInt32(truncatingIfNeeded: shift))
        var lanes = [UInt16](repeating: .max, count: Bucket.capacity16)
        for (lane, boundary) in boundaries.enumerated() {
            lanes[lane] = UInt16(truncatingIfNeeded: boundary >> UInt64(shift)) &- 1
        }
        for index in stride(from: 0, to: lanes.count, by: 2) {
            let (low, high) = (lanes[index] ^ 0x8000, lanes[index + 1] ^ 0x8000)
            append(UInt32(low) | UInt32(high) << 16)
        }
        append(slots)
        return Slot(.bucket16, at: place())
    }

    private mutating func append(_ lane: some FixedWidthInteger & UnsignedInteger) {
        let bits = UInt64(truncatingIfNeeded: lane)
        append(UInt32(truncatingIfNeeded: bits))
        if type(of: lane).bitWidth == 64 { append(UInt32(truncatingIfNeeded: bits >> 32)) }
    }
}

extension TrieBuilder {
    /// A bucket that leads past bits which all boundaries share: before the block that holds
    /// them, in it, after it.
    mutating func appendSkip(
        to sharedBitCount: Int,
        of ranges: borrowing RangeTable<UInt64>,
        inner: Range<Int>,
        depth: Int
    ) -> Slot {
        let first = ranges.starts[inner.lowerBound].prefix(sharedBitCount)
        let isAtFirst = ranges.starts[inner.lowerBound] == first
        let inBlock = inner.lowerBound + (isAtFirst ? 1 : 0)..<inner.upperBound
        let child = subtree(of: ranges, inner: inBlock, depth: sharedBitCount)
        var parts = SkipParts(block: first.prefix(depth), depth: depth)
        parts.append(ranges.slots[inner.lowerBound - 1], from: first.prefix(depth))
        parts.append(child, from: first)
        parts.append(
            ranges.slots[inner.upperBound - 1],
            from: first &+ 1 << UInt64(64 - sharedBitCount)
        )
        return appendBucket(at: parts.boundaries[...], slots: parts.slots[...], lane: UInt64.self)
    }
}

/// What a skip's bucket has before, in and after the block that it leads to.
private struct SkipParts {
    let block: UInt64
    let depth: Int
    var boundaries: [UInt64] = []
    var slots: [Slot] = []

    /// From `start` on, `slot` decides, unless that is outside the block.
    ///
    /// - Parameter start: ascending; what wrapped around at the end of the key space is outside.
    mutating func append(_ slot: Slot, from start: UInt64) {
        if start != block, start.prefix(depth) == block {
            slots.append(slot)
            boundaries.append(start)
        } else if start == block, boundaries.isEmpty {
            slots = [slot]
        }
    }
}
