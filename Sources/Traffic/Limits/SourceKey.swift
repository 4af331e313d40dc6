package import Addresses

/// Whom the per-source limits count: an IPv4 address, or an IPv6 /64, which is what one customer
/// gets at least (RFC 6177), so that nobody multiplies by choosing addresses.
package struct SourceKey: Hashable, Sendable {
    private let bits: UInt64
    private let isIPv6: Bool
    private let network: UInt32

    /// - Parameter network: tells networks apart whose addresses overlap, as those behind two
    ///   private endpoints do; 0 is the public one.
    package init(_ address: IPAddress, in network: UInt32 = 0) {
        switch address.unmapped {
        case .v4(let address): (bits, isIPv6) = (UInt64(address.bits), false)
        case .v6(let address): (bits, isIPv6) = (address.high, true)
        }
        self.network = network
    }

    /// The addresses that it stands for.
    package var block: CIDRBlock {
        isIPv6
            ? CIDRBlock(containing: .v6(IPv6Address(high: bits, low: 0)), prefixLength: 64)
            : CIDRBlock(
                containing: .v4(IPv4Address(bits: UInt32(truncatingIfNeeded: bits))),
                prefixLength: 32
            )
    }

    /// Which of `count` tables the source belongs to; `count` is a power of two.
    ///
    /// - Parameter seed: random and secret, so that nobody can choose sources that all belong to one
    ///   table (multiply-shift hashing, after the finalizer of SplitMix64).
    package func stripe(of count: Int, seed: UInt64) -> Int {
        var mixed = (bits ^ UInt64(network) << 32 ^ (isIPv6 ? 1 << 63 : 0)) &+ seed
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* (seed | 1)
        return Int(truncatingIfNeeded: mixed >> 32) & (count - 1)
    }
}
