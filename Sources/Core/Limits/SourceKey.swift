public import Addresses

/// Whom the per-source limits count: an IPv4 address, or an IPv6 /64, which is what one customer
/// gets at least (RFC 6177), so that nobody multiplies by choosing addresses.
public struct SourceKey: Hashable, Sendable {
    private let bits: UInt64
    private let isIPv6: Bool

    public init(_ address: IPAddress) {
        switch address.unmapped {
        case .v4(let address): (bits, isIPv6) = (UInt64(address.bits), false)
        case .v6(let address): (bits, isIPv6) = (address.high, true)
        }
    }

    /// For spreading sources over tables. Not secret: a flood of chosen sources fills one stripe no
    /// faster than a flood of random ones, for the stripe is bounded.
    public var stripeHash: UInt64 {
        let mixed = (bits ^ (bits >> 31)) &* 0x9E37_79B9_7F4A_7C15
        return mixed >> 32
    }
}
