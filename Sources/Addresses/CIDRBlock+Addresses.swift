extension CIDRBlock {
    /// Every block is of one family: `0.0.0.0/0` has no IPv6 address in it.
    @inlinable
    public var family: IPFamily { network.family }

    /// The bits behind the prefix, all set: the block's size, less one.
    @inlinable
    public var hostMask: UInt128 {
        let hostBitCount = UInt128(family.bitWidth &- prefixLength)
        return hostBitCount == 128 ? .max : (1 << hostBitCount) &- 1
    }

    /// The lowest address: the network's own.
    @inlinable
    public var first: IPAddress { network }

    /// The highest address.
    @inlinable
    public var last: IPAddress { IPAddress(family, bits: network.bits | hostMask) }

    /// Whether `address` is in the block. An address of the other family never is; neither is an
    /// IPv4-mapped one in an IPv4 block: see ``IPAddress/unmapped``.
    @inlinable
    public func contains(_ address: IPAddress) -> Bool {
        address.family == family && address.bits & ~hostMask == network.bits
    }

    /// Whether every address of `other` is in this block; a block contains itself.
    @inlinable
    public func contains(_ other: CIDRBlock) -> Bool {
        prefixLength <= other.prefixLength && contains(other.network)
    }
}
