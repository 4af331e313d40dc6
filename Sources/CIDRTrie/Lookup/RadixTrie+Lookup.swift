// This file and those of the nodes are the only places of this module that read memory unchecked.
// They may, because every offset that is followed was written by `TrieBuilder`, or checked by
// `TrieInspector` when it came from a file; and they should: the checks would take a third of a
// lookup's time (docs/cidr-trie.md).

extension RadixTrie {
    /// The leaf for a key of 64 bits.
    ///
    /// Neither allocates, retains nor locks; it reads each node on its way once. What most
    /// lookups need is here; the rest is called, so that it takes no registers here.
    @inlinable
    @inline(__always)
    func leaf(for key: UInt64) -> Slot {
        let bytes = unsafe words.span.bytes
        var slot = unsafe firstSlot(for: key, in: bytes)
        while slot.isBranch { slot = unsafe slot.inBranch(for: key, in: bytes) }
        return slot.isLeaf ? slot : unsafe Self.leaf(below: slot, for: key, low: 0, in: bytes)
    }

    /// The leaf for a key of 128 bits.
    ///
    /// Neither allocates, retains nor locks; it reads each node on its way once.
    @inlinable
    @inline(__always)
    func leaf(forHigh high: UInt64, low: UInt64) -> Slot {
        let bytes = unsafe words.span.bytes
        let slot = unsafe firstSlot(for: high, in: bytes)
        return slot.isLeaf ? slot : unsafe Self.leaf(below: slot, for: high, low: low, in: bytes)
    }

    @unsafe
    @inlinable
    @inline(__always)
    func firstSlot(for key: UInt64, in bytes: RawSpan) -> Slot {
        guard key & table.mask == table.prefix else { return table.outside }
        return unsafe bytes.slot(at: table.offset(of: key))
    }

    /// The leaf to which `slot` leads.
    @unsafe
    @usableFromInline
    @inline(never)
    static func leaf(below slot: Slot, for key: UInt64, low: UInt64, in bytes: RawSpan) -> Slot {
        var key = key
        var slot = slot
        while !slot.isLeaf {
            if slot.isBranch {
                slot = unsafe slot.inBranch(for: key, in: bytes)
            } else if slot.kind == .lowHalf {
                key = low
                slot = unsafe bytes.slot(at: slot.byteOffset)
            } else {
                slot = unsafe slot.inRareNode(for: key, in: bytes)
            }
        }
        return slot
    }
}

extension Slot {
    /// Of a branch: the slot for `key`.
    @unsafe
    @inlinable
    @inline(__always)
    func inBranch(for key: UInt64, in bytes: RawSpan) -> Slot {
        unsafe Branch.slot(forInverted: ~key &>> shift, at: byteOffset, in: bytes)
    }

    /// Of a pointer that is not a branch: the slot for `key`.
    @unsafe
    @inline(__always)
    fileprivate func inRareNode(for key: UInt64, in bytes: RawSpan) -> Slot {
        let node = byteOffset
        return switch kind {
        case .bucket16: unsafe Bucket.slot16(for: key, at: node, in: bytes)
        case .bucket32: unsafe Bucket.slot(for: key, at: node, in: bytes, lane: UInt32.self)
        case .bucket64: unsafe Bucket.slot(for: key, at: node, in: bytes, lane: UInt64.self)
        case .wide32: unsafe WideBranch.slot(forInverted: ~key &>> 32, at: node, in: bytes)
        case .wide16: unsafe WideBranch.slot(forInverted: ~key &>> 16, at: node, in: bytes)
        case .wide0: unsafe WideBranch.slot(forInverted: ~key, at: node, in: bytes)
        case .lowHalf, nil: .none
        }
    }
}

extension RootTable {
    @inlinable
    @inline(__always)
    func offset(of key: UInt64) -> Int {
        byteOffset &+ Int(truncatingIfNeeded: key &>> shift & indexMask) &<< 2
    }
}

extension RawSpan {
    @unsafe
    @inlinable
    @inline(__always)
    func slot(at offset: Int) -> Slot {
        unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: Slot.self)
    }
}
