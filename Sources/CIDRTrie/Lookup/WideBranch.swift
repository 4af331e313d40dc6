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
        // The sum wraps: before the first group are no runs, less one.
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
