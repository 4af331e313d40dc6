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
