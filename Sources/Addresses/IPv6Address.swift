/// An IPv6 address (RFC 4291), without a zone.
public struct IPv6Address: Hashable, Sendable {
    /// Bits 127…64: the network half of an ordinary unicast address.
    public var high: UInt64
    /// Bits 63…0.
    public var low: UInt64

    /// The address whose halves are `high` and `low`.
    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The address whose number is `bits`.
    @inlinable
    public init(bits: UInt128) {
        high = UInt64(truncatingIfNeeded: bits >> 64)
        low = UInt64(truncatingIfNeeded: bits)
    }

    /// The address as a number.
    @inlinable
    public var bits: UInt128 { UInt128(high) << 64 | UInt128(low) }

    /// The IPv4 address inside an IPv4-mapped address, `::ffff:0:0/96` (RFC 4291 §2.5.5.2).
    @inlinable
    public var mappedIPv4: IPv4Address? {
        guard high == 0, low >> 32 == 0xffff else { return nil }
        return IPv4Address(bits: UInt32(truncatingIfNeeded: low))
    }
}

extension IPv6Address: Comparable {
    @inlinable
    public static func < (a: IPv6Address, b: IPv6Address) -> Bool {
        (a.high, a.low) < (b.high, b.low)
    }
}
