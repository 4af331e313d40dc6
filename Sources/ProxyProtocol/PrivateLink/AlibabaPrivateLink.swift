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

/// On the wire.
extension AlibabaPrivateLink {
    /// The first byte of a value, before the id.
    enum Subtype: UInt8 {
        case vpc = 0x01
        case endpoint = 0x02
        case endpointService = 0x03
    }

    /// The parts in all TLVs of Alibaba's type; `nil` where there are none.
    init?(_ tlvs: [ProxyTLV]) throws(PrivateLinkIdentityError) {
        var parts: [Subtype: String] = [:]
        for tlv in tlvs where tlv.type == .alibabaPrivateLink {
            guard let subtype = Subtype(rawValue: try tlv.subtype()) else { continue }
            let id = try tlv.identifier()
            if let other = parts.updateValue(id, forKey: subtype), other != id {
                throw .ambiguous([tlv.type, tlv.type])
            }
        }
        guard !parts.isEmpty else { return nil }
        guard let endpointID = parts[.endpoint] else { throw .missingEndpointID }
        self.init(
            endpointID: endpointID,
            vpcID: parts[.vpc],
            endpointServiceID: parts[.endpointService]
        )
    }
}
