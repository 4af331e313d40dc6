import Addresses

/// One node, whose own bytes have been checked: which words are its slots.
struct InspectedNode {
    /// `nil` for a branch.
    let kind: Slot.Kind?
    /// Where it starts, in bytes.
    let offset: Int
    /// Indices into the arena's words.
    let slots: Range<Int>

    init(_ pointer: Slot, in trie: RadixTrie, of family: IPFamily) throws(TrieError) {
        offset = pointer.byteOffset
        kind = pointer.isBranch ? nil : pointer.kind
        do throws(TrieError.Reason) {
            guard pointer.isBranch || kind != nil else { throw .unknownNode }
            slots = try NodeWords(words: trie.words, start: offset / 4).slots(of: kind)
        } catch {
            throw trie.error(error, of: family, at: offset)
        }
    }
}

extension TrieError.Reason: Error {}

/// A node's words, up to the arena's end.
private struct NodeWords {
    let words: [UInt32]
    let start: Int

    /// The words that are the node's slots.
    func slots(of kind: Slot.Kind?) throws(TrieError.Reason) -> Range<Int> {
        switch kind {
        case nil: try branch(groupSize: Branch.groupSize, childCount: Branch.childCount)
        case .wide0, .wide16, .wide32:
            try branch(groupSize: WideBranch.groupSize, childCount: WideBranch.childCount)
        case .bucket16: try bucket(laneBitCount: 16, capacity: Bucket.capacity16)
        case .bucket32: try bucket(laneBitCount: 32, capacity: Bucket.capacity)
        case .bucket64: try bucket(laneBitCount: 64, capacity: Bucket.capacity)
        case .lowHalf: try range(from: 0, count: 1)
        }
    }

    private func range(from offset: Int, count: Int) throws(TrieError.Reason) -> Range<Int> {
        guard start + offset + count <= words.count else { throw .nodeBounds }
        return start + offset..<start + offset + count
    }

    /// Each group's count must be the number of runs before it.
    private func branch(
        groupSize: Int,
        childCount: Int
    ) throws(TrieError.Reason) -> Range<Int> {
        let groupCount = childCount / groupSize
        let headerWordCount = groupCount * groupSize / 16
        guard start + headerWordCount <= words.count else { throw .nodeBounds }
        let mask: UInt32 = 1 << UInt32(groupSize) - 1
        var runCount = 0
        for group in 0..<groupCount {
            let bits = number(groupCount - 1 - group, bitCount: 2 * groupSize)
            let isExpected = bits & mask == UInt32(truncatingIfNeeded: runCount - 1) & mask
            guard isExpected else { throw .branchCounts }
            runCount += (bits >> UInt32(groupSize) & mask).nonzeroBitCount
            // The first child starts the first run.
            if group == 0, bits >> UInt32(2 * groupSize - 1) & 1 == 0 {
                throw .branchCounts
            }
        }
        return try range(from: headerWordCount, count: runCount)
    }

    /// Boundaries must ascend; unused lanes come after them.
    private func bucket(
        laneBitCount: Int,
        capacity: Int
    ) throws(TrieError.Reason) -> Range<Int> {
        let headerWordCount = 1 + capacity * laneBitCount / 32
        guard start + headerWordCount <= words.count else { throw .nodeBounds }
        guard words[start] < 64 else { throw .bucketShift }
        let lanes = (0..<capacity).map { lane($0, bitCount: laneBitCount) }
        let unused: UInt64 = .max >> UInt64(64 - laneBitCount)
        let boundaries = lanes.prefix { $0 != unused }
        let doAscend = zip(boundaries, boundaries.dropFirst()).allSatisfy { $0 < $1 }
        let isRestUnused = lanes.dropFirst(boundaries.count).allSatisfy { $0 == unused }
        guard doAscend, isRestUnused else { throw .bucketOrder }
        return try range(from: headerWordCount, count: boundaries.count + 1)
    }

    private func lane(_ index: Int, bitCount: Int) -> UInt64 {
        switch bitCount {
        case 64:
            UInt64(words[start + 1 + 2 * index]) | UInt64(words[start + 2 + 2 * index]) << 32
        case 32: UInt64(words[start + 1 + index])
        default:
            UInt64(words[start + 1 + index / 2] >> UInt32(index % 2 * 16) & 0xffff ^ 0x8000)
        }
    }

    /// A number of 16 or 32 bits, counted from the node's start.
    private func number(_ index: Int, bitCount: Int) -> UInt32 {
        guard bitCount == 16 else { return words[start + index] }
        return words[start + index / 2] >> UInt32(index % 2 * 16) & 0xffff
    }
}
