/// A few boundaries in ascending order, each stored less one; the key's slot is at the index of
/// how many of them are below it. No loop and no branch: all are compared.
///
///     byte 0       4                              4 + lanes
///     ┌───────────┬──────────────────────────────┬──────┬──────┬─ …
///     │ shift     │ 4 lanes of 32 or 64 bits     │ slot │ slot │    one more than boundaries
///     │           │ or 16 of 16 bits             │      │      │
///     └───────────┴──────────────────────────────┴──────┴──────┴─ …
///
/// A lane holds the bits of the key that are left when it is shifted right by `shift`, as far as
/// the lane's width goes: the bits above them are the same for all keys that come here.
enum Bucket {
    /// How many boundaries a bucket of 32 or 64 bits may have.
    static let capacity = 4
    /// How many a bucket of 16 bits may have.
    static let capacity16 = 16

    @unsafe
    @inline(__always)
    static func slot<Lane: FixedWidthInteger & BitwiseCopyable>(
        for key: UInt64,
        at node: Int,
        in bytes: RawSpan,
        lane: Lane.Type
    ) -> Slot {
        let sought = unsafe Lane(truncatingIfNeeded: key &>> bytes.bucketShift(at: node))
        let width = Lane.bitWidth &>> 3
        let lanes = node &+ 4
        let below =
            unsafe bytes.one(ifLaneAt: lanes, isBelow: sought)
            &+ bytes.one(ifLaneAt: lanes &+ width, isBelow: sought)
            &+ bytes.one(ifLaneAt: lanes &+ 2 &* width, isBelow: sought)
            &+ bytes.one(ifLaneAt: lanes &+ 3 &* width, isBelow: sought)
        return unsafe bytes.slot(at: lanes &+ 4 &* width &+ below &<< 2)
    }

    /// Lanes of 16 bits have their highest bit flipped: SSE2 compares signed numbers only.
    @unsafe
    @inline(__always)
    static func slot16(for key: UInt64, at node: Int, in bytes: RawSpan) -> Slot {
        let bits = unsafe Int16(truncatingIfNeeded: key &>> bytes.bucketShift(at: node))
        let sought = SIMD16<Int16>(repeating: bits ^ .min)
        let boundaries = unsafe bytes.unsafeLoadUnaligned(
            fromUncheckedByteOffset: node &+ 4,
            as: SIMD16<Int16>.self
        )
        let below = SIMD16<Int16>.zero.replacing(with: 1, where: boundaries .< sought)
        return unsafe bytes.slot(at: node &+ 36 &+ Int(below.wrappedSum()) &<< 2)
    }
}

extension RawSpan {
    /// 1 if the boundary at `offset` is below `sought`, 0 if not; without a jump.
    @unsafe
    @inline(__always)
    fileprivate func one<Lane: FixedWidthInteger & BitwiseCopyable>(
        ifLaneAt offset: Int,
        isBelow sought: Lane
    ) -> Int {
        let boundary = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: Lane.self)
        return boundary < sought ? 1 : 0
    }

    @unsafe
    @inline(__always)
    fileprivate func bucketShift(at node: Int) -> UInt64 {
        unsafe UInt64(unsafeLoad(fromUncheckedByteOffset: node, as: UInt32.self))
    }
}
