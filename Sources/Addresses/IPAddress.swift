/// An IPv4 or an IPv6 address.
public enum IPAddress: Hashable, Sendable {
    case v4(IPv4Address)
    case v6(IPv6Address)

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

extension IPAddress: CustomStringConvertible {
    public var description: String {
        switch self {
        case .v4(let address): address.description
        case .v6(let address): address.description
        }
    }
}
