/// Through which private link a connection came, as the cloud's load balancer attests it.
///
/// Consumers' addresses overlap between networks: who a client is, is the pair of this identity
/// and the address.
public enum PrivateLinkIdentity: Hashable, Sendable {
    /// AWS PrivateLink: the endpoint's id, `vpce-0123456789abcdef0`.
    case aws(endpointID: String)
    /// Azure Private Link: LINKID, the private endpoint connection's `linkIdentifier`.
    case azure(linkID: UInt32)
    /// Google Private Service Connect: the connection's id.
    case google(connectionID: UInt64)
    /// Alibaba Cloud PrivateLink.
    case alibaba(AlibabaPrivateLink)

    /// The id by which an endpoint is registered: AWS and Alibaba as they write it, Azure's and
    /// Google's number in decimal. Ids of two clouds may be equal; compare the cloud too.
    public var endpointID: String {
        switch self {
        case .aws(let endpointID): endpointID
        case .azure(let linkID): String(linkID)
        case .google(let connectionID): String(connectionID)
        case .alibaba(let link): link.endpointID
        }
    }
}

/// What Alibaba's load balancer says of a private link, in up to three TLVs.
public struct AlibabaPrivateLink: Hashable, Sendable {
    /// The endpoint's id, `ep-…`.
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

/// Why a header's TLVs do not name one private link. Always the sender's fault.
public enum PrivateLinkIdentityError: Error, Hashable, Sendable {
    /// A value that is not exactly what the cloud of that type sends.
    case malformed(ProxyTLVType, value: [UInt8])
    /// Several TLVs name different links, or different parts of one.
    case ambiguous([ProxyTLVType])
    /// Alibaba's TLVs name a network or a service, but no endpoint.
    case missingEndpointID
}

extension PrivateLinkIdentityError: CustomStringConvertible {
    /// One or two sentences: the cause, and what to do about it.
    public var description: String {
        switch self {
        case .malformed(let type, let value):
            """
            The PROXY header's private-link TLV \(type) is malformed (\(value.count) bytes). \
            Accept headers from the cloud's own load balancer only.
            """
        case .ambiguous(let types):
            """
            The PROXY header names more than one private link (TLVs \
            \(types.map(\.description).joined(separator: ", "))). Accept headers from the cloud's \
            own load balancer only.
            """
        case .missingEndpointID:
            """
            The PROXY header's Alibaba TLVs name no endpoint. Turn on passing the endpoint's id \
            in the load balancer's listener.
            """
        }
    }
}
