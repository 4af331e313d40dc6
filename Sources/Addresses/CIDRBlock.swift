/// A CIDR block: all addresses that share a network's first bits (RFC 4632, RFC 4291 §2.3).
public struct CIDRBlock: Hashable, Sendable {
    /// The network's first address; every bit behind the prefix is zero.
    public let network: IPAddress
    /// The length of the prefix in bits: 0…32 for IPv4, 0…128 for IPv6.
    public let prefixLength: UInt8

    /// The block of `prefixLength` bits that contains `address`; its host bits are cleared.
    ///
    /// A `prefixLength` beyond the family's width is taken as that width.
    public init(containing address: IPAddress, prefixLength: UInt8) {
        switch address {
        case .v4(let v4):
            self.prefixLength = min(prefixLength, 32)
            let mask: UInt32 = ~0 << (32 - UInt32(self.prefixLength))
            network = .v4(IPv4Address(bits: v4.bits & mask))
        case .v6(let v6):
            self.prefixLength = min(prefixLength, 128)
            let length = UInt64(self.prefixLength)
            let highMask: UInt64 = ~0 << (64 - min(length, 64))
            let lowMask: UInt64 = ~0 << (128 - max(length, 64))
            network = .v6(IPv6Address(high: v6.high & highMask, low: v6.low & lowMask))
        }
    }

    /// The block that holds `address` alone: a /32 or a /128.
    public init(_ address: IPAddress) {
        self.init(containing: address, prefixLength: address.family.bitWidth)
    }
}

/// IPv4 before IPv6, then by network, a block before the blocks inside it.
extension CIDRBlock: Comparable {
    @inlinable
    public static func < (a: CIDRBlock, b: CIDRBlock) -> Bool {
        a.network != b.network ? a.network < b.network : a.prefixLength < b.prefixLength
    }
}

extension CIDRBlock: CustomStringConvertible {
    /// `192.0.2.0/24`.
    public var description: String { "\(network)/\(prefixLength)" }
}
