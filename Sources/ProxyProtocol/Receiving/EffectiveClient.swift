public import Addresses

/// Who a connection's client is, after its headers were weighed.
public struct EffectiveClient: Hashable, Sendable {
    /// The client's address; IPv4-mapped IPv6 addresses are unmapped.
    public var address: SocketAddress
    /// Where the client wanted to go; `nil` for the listener's own end of the connection.
    public var destination: SocketAddress?
    /// The headers that are believed, the first one sent in front. Only their TLVs may be used,
    /// and only the last one can name a private link.
    public var believedHeaders: [ProxyHeader]

    /// The parts as they are.
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

/// Decides whose word counts on a connection from `peer` that began with `headers`.
///
/// Each header is the word of the one before it: the first one is `peer`'s, the second one that of
/// the source which the first one names, and so on. It counts only as long as its author is
/// trusted; the rest is ignored. So a client behind a trusted load balancer may write a header,
/// but it changes nothing.
///
/// Two headers end the chain, whatever they name. A header without a proxied address
/// (``ProxyHeader/Origin/local``) says that the client is its author. And one that names a private
/// link holds an address of the consumer's network: it may well equal one of the trusted
/// addresses, but it is another machine's.
///
/// - Parameter isTrusted: whether the load balancer at this address is believed.
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
    /// Whether one more header would be believed: the client, as it is named so far, is a trusted
    /// load balancer, and nothing has ended the chain.
    public func isAnnouncedFurther(isTrusted: (IPAddress) -> Bool) -> Bool {
        guard let last = believedHeaders.last, case .proxied = last.origin else { return false }
        return !last.namesPrivateLink && isTrusted(address.ip)
    }
}

extension ProxyHeader {
    /// A faulty identity counts as one.
    fileprivate var namesPrivateLink: Bool {
        do {
            return try privateLinkIdentity() != nil
        } catch {
            return true
        }
    }
}
