public import Addresses

/// Whom the per-source limits count: an IPv4 address, or an IPv6 /64, which is what one customer
/// gets at least (RFC 6177), so that nobody multiplies by choosing addresses.
public struct SourceKey: Hashable, Sendable {
    private let bits: UInt64
    private let isIPv6: Bool
    private let network: UInt32

    /// - Parameter network: tells networks apart whose addresses overlap, as those behind two
    ///   private endpoints do; 0 is the public one.
    public init(_ address: IPAddress, in network: UInt32 = 0) {
        switch address.unmapped {
        case .v4(let address): (bits, isIPv6) = (UInt64(address.bits), false)
        case .v6(let address): (bits, isIPv6) = (address.high, true)
        }
        self.network = network
    }

    /// The addresses that it stands for.
    public var block: CIDRBlock {
        isIPv6
            ? CIDRBlock(containing: .v6(IPv6Address(high: bits, low: 0)), prefixLength: 64)
            : CIDRBlock(
                containing: .v4(IPv4Address(bits: UInt32(truncatingIfNeeded: bits))),
                prefixLength: 32
            )
    }

    /// Which of `count` tables the source belongs to.
    ///
    /// The hash has a seed of its own in each process (`Hasher`), so that nobody can choose sources
    /// that all belong to one table.
    public func stripe(of count: Int) -> Int {
        var hasher = Hasher()
        hasher.combine(self)
        return Int(UInt(bitPattern: hasher.finalize()) >> 16 % UInt(count))
    }
}
