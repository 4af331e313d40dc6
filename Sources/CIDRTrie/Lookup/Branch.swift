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
        // The sum wraps: before the first group are no runs, less one.
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
