/// The private link that a connection came through, as the cloud's load balancer attests it.
///
/// Consumers' addresses overlap between networks: a client is identified by the pair of this
/// identity and its address.
public enum PrivateLinkIdentity: Hashable, Sendable {
    /// AWS PrivateLink: the endpoint's ID, `vpce-0123456789abcdef0`.
    case aws(endpointID: String)
    /// Azure Private Link: LINKID, the private endpoint connection's `linkIdentifier`.
    case azure(linkID: UInt32)
    /// Google Private Service Connect: the connection's ID.
    case google(connectionID: UInt64)
    /// Alibaba Cloud PrivateLink.
    case alibaba(AlibabaPrivateLink)

    /// The ID that an endpoint is registered by: AWS's and Alibaba's as they write it, Azure's and
    /// Google's number in decimal. IDs of two clouds may be equal; compare the cloud too.
    public var endpointID: String {
        switch self {
        case .aws(let endpointID): endpointID
        case .azure(let linkID): String(linkID)
        case .google(let connectionID): String(connectionID)
        case .alibaba(let link): link.endpointID
        }
    }
}

/// What Alibaba's load balancer sends about a private link, in up to three TLVs.
public struct AlibabaPrivateLink: Hashable, Sendable {
    /// The endpoint's ID, `ep-…`.
    public var endpointID: String
    /// The consumer's network, `vpc-…`.
    public var vpcID: String?
    /// The provider's endpoint service, `epsrv-…`.
    public var endpointServiceID: String?

    /// The parts that were sent.
    public init(endpointID: String, vpcID: String? = nil, endpointServiceID: String? = nil) {
        self.endpointID = endpointID
        self.vpcID = vpcID
        self.endpointServiceID = endpointServiceID
    }
}

/// Why a header's TLVs do not name one private link. Always the sender's error.
public enum PrivateLinkIdentityError: Error, Hashable, Sendable {
    /// A value that is not exactly what the cloud of that type sends.
    case malformed(ProxyTLVType, value: [UInt8])
    /// Several TLVs name different links, or different parts of one.
    case ambiguous([ProxyTLVType])
    /// Alibaba's TLVs name a network or a service, but no endpoint.
    case missingEndpointID
}

extension PrivateLinkIdentityError: CustomStringConvertible {
    /// Two sentences: the cause, and what to do about it.
    public var description: String {
        switch self {
        case .malformed(let type, let value):
            """
            The PROXY header's private-link TLV \(type) is malformed (\(value.count) bytes). \
            Accept headers only from the cloud's own load balancer.
            """
        case .ambiguous(let types):
            """
            The PROXY header names more than one private link (TLVs \
            \(types.map(\.description).joined(separator: ", "))). Accept headers only from the \
            cloud's own load balancer.
            """
        case .missingEndpointID:
            """
            The PROXY header's Alibaba TLVs do not name an endpoint. Enable passing the endpoint ID \
            in the load balancer's listener.
            """
        }
    }
}
