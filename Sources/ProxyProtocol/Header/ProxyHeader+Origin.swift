public import Addresses

extension ProxyHeader {
    /// Whose address the receiver is to use.
    public enum Origin: Hashable, Sendable {
        /// The addresses in the header; an IPv4-mapped IPv6 address is unmapped, so that no
        /// address rule can be passed by writing an address in the other family.
        case proxied(source: SocketAddress, destination: SocketAddress)
        /// The real ends of the connection on which the header came.
        case local
    }

    /// Whose address the receiver is to use.
    ///
    /// The real ends for LOCAL, for v1's `UNKNOWN`, for an unspecified family or transport, and for
    /// UNIX sockets, which fall back to that as §2.2 allows.
    public var origin: Origin {
        guard command == .proxy, transport != .unspecified,
            case .ip(let source, let destination) = endpoints
        else { return .local }
        return .proxied(source: source.unmapped, destination: destination.unmapped)
    }
}

extension SocketAddress {
    /// The same end, its address unmapped.
    var unmapped: SocketAddress { SocketAddress(ip.unmapped, port: port) }
}
