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
