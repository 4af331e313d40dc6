/// Where the parts of a node are, in a trie that is known to be valid.
struct NodeLayout {
    /// Indices into the arena's words.
    let node: Range<Int>
    let slots: Range<Int>

    init(_ pointer: Slot, in words: [UInt32]) {
        let start = pointer.byteOffset / 4
        let headerCount: Int
        let slotCount: Int
        switch pointer.isBranch ? nil : pointer.kind {
        case nil:
            headerCount = Branch.childCount / Branch.groupSize / 2
            slotCount = Self.runCount(words[start] & 0xffff, groupSize: Branch.groupSize)
        case .wide0, .wide16, .wide32:
            headerCount = WideBranch.childCount / WideBranch.groupSize
            slotCount = Self.runCount(words[start], groupSize: WideBranch.groupSize)
        case .bucket16, .bucket32, .bucket64:
            let lanes = BucketLanes(pointer)
            headerCount = 1 + lanes.count * lanes.bitCount / 32
            slotCount = lanes.boundaryCount(in: words) + 1
        case .lowHalf:
            headerCount = 0
            slotCount = 1
        }
        slots = start + headerCount..<start + headerCount + slotCount
        node = start..<slots.upperBound
    }

    /// - Parameter group: the last one's starts and count.
    private static func runCount(_ group: UInt32, groupSize: Int) -> Int {
        let mask: UInt32 = 1 << UInt32(groupSize) - 1
        return Int((group + 1) & mask) + (group >> UInt32(groupSize)).nonzeroBitCount
    }
}

/// The boundaries of a bucket.
struct BucketLanes {
    let bitCount: Int
    let count: Int
    /// Of the node, in words.
    private let start: Int

    init(_ pointer: Slot) {
        bitCount = pointer.kind == .bucket64 ? 64 : pointer.kind == .bucket32 ? 32 : 16
        count = bitCount == 16 ? Bucket.capacity16 : Bucket.capacity
        start = pointer.byteOffset / 4
    }

    /// Lanes that are not used have all bits set.
    func boundaryCount(in words: [UInt32]) -> Int {
        let unused: UInt64 = .max >> UInt64(64 - bitCount)
        var count = self.count
        // Two lanes of 16 bits at once: most of them are not used.
        while bitCount == 16, count > 0, words[start + count / 2] == 0x7fff_7fff { count -= 2 }
        while count > 0, lane(count - 1, in: words) == unused { count -= 1 }
        return count
    }

    /// The boundaries as keys in `block`, whose node this is.
    func boundaries(in words: [UInt32], _ block: KeyBlock) -> [UInt64] {
        let shift = UInt64(words[start])
        let above = block.first & (~0 << (shift + UInt64(bitCount)))
        return (0..<boundaryCount(in: words)).map { above | (lane($0, in: words) + 1) << shift }
    }

    private func lane(_ lane: Int, in words: [UInt32]) -> UInt64 {
        let first = start + 1
        return switch bitCount {
        case 64: UInt64(words[first + 2 * lane]) | UInt64(words[first + 2 * lane + 1]) << 32
        case 32: UInt64(words[first + lane])
        default: UInt64(words[first + lane / 2] >> UInt32(lane % 2 * 16) & 0xffff ^ 0x8000)
        }
    }
}

extension ChildRuns {
    /// The runs of a branch, as they are read from its groups.
    init(_ pointer: Slot, in words: [UInt32]) {
        let layout = NodeLayout(pointer, in: words)
        let isWide = !pointer.isBranch
        let groupSize = isWide ? WideBranch.groupSize : Branch.groupSize
        let groupCount = (isWide ? WideBranch.childCount : Branch.childCount) / groupSize
        var starts: [Int] = []
        starts.reserveCapacity(layout.slots.count)
        for group in 0..<groupCount {
            let place = groupCount - 1 - group
            let word = words[layout.node.lowerBound + (isWide ? place : place / 2)]
            var bits = isWide ? word >> 16 : word >> UInt32(place % 2 * 16 + 8) & 0xff
            while bits != 0 {
                let highest = 31 - bits.leadingZeroBitCount
                starts.append(group * groupSize + groupSize - 1 - highest)
                bits &= ~(1 << UInt32(highest))
            }
        }
        self.init(starts: starts, slots: words[layout.slots].map { Slot(rawValue: $0) })
    }
}
