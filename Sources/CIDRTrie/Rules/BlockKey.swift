import Addresses

/// A block in the form that is sorted and searched: its address from the first bit on, in the upper
/// bits of 128 for either family. Ordered like ``/Addresses/CIDRBlock``.
struct BlockKey: Hashable, Sendable {
    let family: IPFamily
    /// Zeros after the prefix.
    let bits: UInt128
    let length: UInt8

    init(family: IPFamily, bits: UInt128, length: UInt8) {
        self.family = family
        self.bits = bits
        self.length = length
    }

    init(_ block: CIDRBlock) {
        family = block.family
        bits = block.network.bits << UInt128(128 - family.bitWidth)
        length = block.prefixLength
    }

    var block: CIDRBlock {
        let address = IPAddress(family, bits: bits >> UInt128(128 - family.bitWidth))
        return CIDRBlock(containing: address, prefixLength: length)
    }

    func contains(_ other: BlockKey) -> Bool {
        family == other.family && length <= other.length
            && sharedBitCount(with: other) >= Int(length)
    }

    /// The block of `length` bits around this one.
    func widened(to length: Int) -> BlockKey {
        let mask: UInt128 = length == 0 ? 0 : .max << UInt128(128 - length)
        return BlockKey(family: family, bits: bits & mask, length: UInt8(clamping: length))
    }

    /// How many first bits of both addresses are the same.
    func sharedBitCount(with other: BlockKey) -> Int {
        (bits ^ other.bits).leadingZeroBitCount
    }
}

extension BlockKey: Comparable {
    static func < (a: BlockKey, b: BlockKey) -> Bool {
        guard a.family == b.family else { return a.family < b.family }
        return a.bits == b.bits ? a.length < b.length : a.bits < b.bits
    }
}
