/// One byte of the key. Equal neighbours among its 256 children make a run and share a slot.
///
///     byte 0      2          62      64       68
///     ┌───────────┬─ … ─┬────────────┬────────┬────────┬─ …
///     │ group 31  │     │  group 0   │ slot 0 │ slot 1 │     one for each run
///     └───────────┴─ … ─┴────────────┴────────┴────────┴─ …
///        └─ count, starts: a byte each
///
/// A group speaks of 8 children: `starts` has a bit for each that starts a run, `count` is the
/// number of runs that start before the group, less one. Groups and their bits descend, so that
/// the inverted key finds them, and one shift leaves the bits of the children up to the key's. So
/// a load and a count of at most 8 bits give the slot's index.
@usableFromInline
enum Branch {
    /// The bits of the key that it looks at, and the children of a group.
    static let childCount = 256
    static let groupSize = 8

    /// - Parameter byte: the key's byte in the lowest bits, inverted.
    @unsafe
    @inlinable
    @inline(__always)
    static func slot(forInverted byte: UInt64, at node: Int, in bytes: RawSpan) -> Slot {
        let group = node &+ Int(truncatingIfNeeded: byte &>> 2 & 0x3e)
        let starts = unsafe bytes.unsafeLoad(
            fromUncheckedByteOffset: group &+ 1,
            as: UInt8.self
        )
        let count = unsafe bytes.unsafeLoad(fromUncheckedByteOffset: group, as: UInt8.self)
        // The sum wraps: the first group's count is zero runs, less one.
        let index = count &+ bitCount(starts &>> UInt8(truncatingIfNeeded: byte))
        return unsafe bytes.slot(at: node &+ 64 &+ Int(index) &<< 2)
    }

    /// How many bits are set: copies of `bits` are spread so that each bit gets four of its own,
    /// which the second multiplication adds up in the highest four.
    ///
    /// The baseline of x86-64 has no instruction for it, and the general way takes twice as many.
    @inlinable
    @inline(__always)
    static func bitCount(_ bits: UInt8) -> UInt8 {
        let spread = UInt64(bits) &* 0x2000_4000_8001 & 0x111_1111_1111_1111
        return UInt8(truncatingIfNeeded: (spread &* 0x1111_1111_1111_1111) &>> 60)
    }
}

/// Two bytes of the key at once, for blocks with hundreds of boundaries: a ``Branch`` with groups
/// of 16 children and numbers of 16 bits.
///
///     byte 0      4              16380      16384
///     ┌───────────┬───── … ─────┬───────────┬────────┬────────┬─ …
///     │ group 4095│             │ group 0   │ slot 0 │ slot 1 │     one for each run
///     └───────────┴───── … ─────┴───────────┴────────┴────────┴─ …
///        └─ count, starts: two bytes each
///
/// The parts of IPv6 that are handed out are few and dense: one wide branch covers the /16 of a
/// registry, one more a provider's /32.
enum WideBranch {
    static let childCount = 65_536
    static let groupSize = 16
    /// From how many boundaries on it is worth its size.
    static let minimumBoundaryCount = 300

    /// - Parameter bits: the key's two bytes in the lowest bits, inverted.
    @unsafe
    @inline(__always)
    static func slot(forInverted bits: UInt64, at node: Int, in bytes: RawSpan) -> Slot {
        let group = node &+ Int(truncatingIfNeeded: bits &>> 2 & 0x3ffc)
        let starts = unsafe bytes.unsafeLoad(
            fromUncheckedByteOffset: group &+ 2,
            as: UInt16.self
        )
        let count = unsafe bytes.unsafeLoad(fromUncheckedByteOffset: group, as: UInt16.self)
        // The sum wraps: the first group's count is zero runs, less one.
        let index = count &+ bitCount(starts &>> UInt16(truncatingIfNeeded: bits))
        return unsafe bytes.slot(at: node &+ 16_384 &+ Int(index) &<< 2)
    }

    /// How many bits are set: sums of pairs, of fours, of bytes.
    @inline(__always)
    static func bitCount(_ bits: UInt16) -> UInt16 {
        let pairs = bits &- (bits &>> 1 & 0x5555)
        let fours = pairs & 0x3333 &+ pairs &>> 2 & 0x3333
        let bytes = (fours &+ fours &>> 4) & 0x0f0f
        return (bytes &+ bytes &>> 8) & 0x1f
    }
}
