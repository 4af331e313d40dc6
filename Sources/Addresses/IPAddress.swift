/// An IPv4 or an IPv6 address.
public enum IPAddress: Hashable, Sendable {
    case v4(IPv4Address)
    case v6(IPv6Address)

    /// The address of `family` whose number is `bits`; bits beyond the family's width are dropped.
    @inlinable
    public init(_ family: IPFamily, bits: UInt128) {
        switch family {
        case .v4: self = .v4(IPv4Address(bits: UInt32(truncatingIfNeeded: bits)))
        case .v6: self = .v6(IPv6Address(bits: bits))
        }
    }

    @inlinable
    public var family: IPFamily {
        if case .v4 = self { .v4 } else { .v6 }
    }

    /// The address as a number.
    @inlinable
    public var bits: UInt128 {
        switch self {
        case .v4(let address): UInt128(address.bits)
        case .v6(let address): address.bits
        }
    }

    /// The same address, with an IPv4-mapped IPv6 address turned into the IPv4 one.
    ///
    /// A dual-stack socket reports its IPv4 peers as mapped addresses; they are unmapped once, at
    /// accept, so that no rule has to know of it.
    @inlinable
    public var unmapped: IPAddress {
        if case .v6(let address) = self, let mapped = address.mappedIPv4 { return .v4(mapped) }
        return self
    }
}

/// IPv4 before IPv6, then by number.
extension IPAddress: Comparable {
    @inlinable
    public static func < (a: IPAddress, b: IPAddress) -> Bool {
        switch (a, b) {
        case (.v4(let a), .v4(let b)): a < b
        case (.v6(let a), .v6(let b)): a < b
        case (.v4, .v6): true
        case (.v6, .v4): false
        }
    }
}

extension IPAddress: CustomStringConvertible {
    public var description: String {
        switch self {
        case .v4(let address): address.description
        case .v6(let address): address.description
        }
    }
}

extension IPAddress {
    /// 127.0.0.0/8 (RFC 1122 §3.2.1.3) or ::1 (RFC 4291 §2.5.3).
    public var isLoopback: Bool {
        switch self {
        case .v4(let v4): v4.bits >> 24 == 127
        case .v6(let v6): v6.bits == 1
        }
    }
}
