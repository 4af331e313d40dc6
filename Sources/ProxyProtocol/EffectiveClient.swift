public import Addresses

/// Who a connection's client is, according to the headers that are believed.
public struct EffectiveClient: Hashable, Sendable {
    /// The client's address; IPv4-mapped IPv6 addresses are unmapped.
    public var address: SocketAddress
    /// Where the client connected to; `nil` for the listener's own end of the connection.
    public var destination: SocketAddress?
    /// The headers that are believed, in the order they were sent. Only their TLVs may be used,
    /// and only the last one can name a private link.
    public var believedHeaders: [ProxyHeader]

    /// A client with these parts.
    public init(
        address: SocketAddress,
        destination: SocketAddress? = nil,
        believedHeaders: [ProxyHeader] = []
    ) {
        self.address = address
        self.destination = destination
        self.believedHeaders = believedHeaders
    }
}

/// Decides who the client of a connection from `peer` is, which started with `headers`.
///
/// Each header has an author: the first one `peer`, the second one the source that the first one
/// names, and so on. It is believed only if its author is trusted; the rest is ignored. So a client
/// of a trusted load balancer may write a header, but it has no effect.
///
/// Two kinds of header end the chain. One without a proxied address (``ProxyHeader/Origin/local``)
/// says that its author is the client. And one that names a private link has an address of the
/// consumer's network: it may equal one of the trusted addresses, but belongs to another machine.
///
/// - Parameter isTrusted: whether the load balancer at this address is trusted.
public func effectiveClient(
    peer: SocketAddress,
    headers: [ProxyHeader],
    isTrusted: (IPAddress) -> Bool
) -> EffectiveClient {
    var client = EffectiveClient(address: peer.unmapped)
    for header in headers {
        guard isTrusted(client.address.ip) else { break }
        client.believedHeaders.append(header)
        guard case .proxied(let source, let destination) = header.origin else { break }
        client.address = source
        client.destination = destination
        if header.namesPrivateLink { break }
    }
    return client
}

extension EffectiveClient {
    /// Whether another header would be believed: the client named so far is a trusted load
    /// balancer, and nothing has ended the chain.
    public func isAnnouncedFurther(isTrusted: (IPAddress) -> Bool) -> Bool {
        guard let last = believedHeaders.last, case .proxied = last.origin else { return false }
        return !last.namesPrivateLink && isTrusted(address.ip)
    }
}

extension ProxyHeader {
    /// An invalid identity counts as one.
    fileprivate var namesPrivateLink: Bool {
        do {
            return try privateLinkIdentity() != nil
        } catch {
            return true
        }
    }
}
