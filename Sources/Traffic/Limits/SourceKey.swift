public import Addresses

/// What the per-source limits count: an IPv4 address, or an IPv6 /64, which is the least that a
/// customer gets (RFC 6177), so that choosing addresses does not multiply limits.
public struct SourceKey: Hashable, Sendable {
    private let bits: UInt64
    private let isIPv6: Bool
    private let network: UInt32

    /// - Parameter network: distinguishes networks whose addresses overlap, such as those of two
    ///   private endpoints; 0 is the public one.
    public init(_ address: IPAddress, in network: UInt32 = 0) {
        switch address.unmapped {
        case .v4(let address): (bits, isIPv6) = (UInt64(address.bits), false)
        case .v6(let address): (bits, isIPv6) = (address.high, true)
        }
        self.network = network
    }

    /// The addresses that it represents.
    public var block: CIDRBlock {
        isIPv6
            ? CIDRBlock(containing: .v6(IPv6Address(high: bits, low: 0)), prefixLength: 64)
            : CIDRBlock(
                containing: .v4(IPv4Address(bits: UInt32(truncatingIfNeeded: bits))),
                prefixLength: 32
            )
    }

    /// Which of `count` tables the source belongs to; `count` is a power of two.
    ///
    /// - Parameter seed: random and secret, so that no one can choose sources that all belong to
    ///   one table (multiply-shift hashing, after the finalizer of SplitMix64).
    public func stripe(of count: Int, seed: UInt64) -> Int {
        var mixed = (bits ^ UInt64(network) << 32 ^ (isIPv6 ? 1 << 63 : 0)) &+ seed
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* (seed | 1)
        return Int(truncatingIfNeeded: mixed >> 32) & (count - 1)
    }
}
