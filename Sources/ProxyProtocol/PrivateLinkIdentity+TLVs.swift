// MARK: - Reading

extension ProxyHeader {
    /// The private link that the header's TLVs name, if any.
    ///
    /// Equal TLVs count once. A subtype that a cloud has not assigned to an identity is not one.
    ///
    /// - Throws: ``PrivateLinkIdentityError``; the connection must then not be admitted as any
    ///   endpoint's.
    public func privateLinkIdentity() throws(PrivateLinkIdentityError) -> PrivateLinkIdentity? {
        var identities: Set<PrivateLinkIdentity> = []
        var types: [ProxyTLVType] = []
        for tlv in tlvs {
            guard let identity = try tlv.privateLinkIdentity() else { continue }
            if identities.insert(identity).inserted { types.append(tlv.type) }
        }
        if let link = try AlibabaPrivateLink(tlvs) {
            identities.insert(.alibaba(link))
            types.append(.alibabaPrivateLink)
        }
        guard identities.count <= 1 else { throw .ambiguous(types) }
        return identities.first
    }
}

extension ProxyTLV {
    /// The identity that this TLV names by itself. Alibaba's takes several TLVs.
    fileprivate func privateLinkIdentity()
        throws(PrivateLinkIdentityError) -> PrivateLinkIdentity?
    {
        switch type {
        case .awsPrivateLink: try awsIdentity()
        case .azurePrivateLink: try azureIdentity()
        case .googlePrivateServiceConnect: try googleIdentity()
        default: nil
        }
    }

    /// Subtype 01, then the ID. The prefix is required, so that no text can pass for another
    /// cloud's number.
    private func awsIdentity() throws(PrivateLinkIdentityError) -> PrivateLinkIdentity? {
        guard try subtype() == 0x01 else { return nil }
        let id = try identifier()
        guard id.hasPrefix("vpce-"), id != "vpce-" else { throw malformed }
        return .aws(endpointID: id)
    }

    /// Subtype 01, then the number: little-endian, unlike everything else in the protocol.
    private func azureIdentity() throws(PrivateLinkIdentityError) -> PrivateLinkIdentity? {
        guard try subtype() == 0x01 else { return nil }
        guard value.count == 5 else { throw malformed }
        return .azure(linkID: value.span.uint32(at: 1).byteSwapped)
    }

    /// The number alone, big-endian, without a subtype.
    private func googleIdentity() throws(PrivateLinkIdentityError) -> PrivateLinkIdentity? {
        guard value.count == 8 else { throw malformed }
        return .google(connectionID: value.span.uint64(at: 0))
    }

    /// The first byte of the value.
    fileprivate func subtype() throws(PrivateLinkIdentityError) -> UInt8 {
        guard let subtype = value.first else { throw malformed }
        return subtype
    }

    /// What follows the subtype: `[A-Za-z0-9-]`, at least one of them.
    fileprivate func identifier() throws(PrivateLinkIdentityError) -> String {
        let bytes = value.dropFirst()
        guard !bytes.isEmpty, bytes.allSatisfy(\.isIdentifierText) else { throw malformed }
        return String(decoding: bytes, as: UTF8.self)
    }

    private var malformed: PrivateLinkIdentityError { .malformed(type, value: value) }
}

extension AlibabaPrivateLink {
    /// The first byte of a value, before the ID.
    fileprivate enum Subtype: UInt8 {
        case vpc = 0x01
        case endpoint = 0x02
        case endpointService = 0x03
    }

    /// The parts in all TLVs of Alibaba's type; `nil` if there are none.
    fileprivate init?(_ tlvs: [ProxyTLV]) throws(PrivateLinkIdentityError) {
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

extension UInt8 {
    /// `[A-Za-z0-9-]`.
    fileprivate var isIdentifierText: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

// MARK: - Writing

extension PrivateLinkIdentity {
    /// What the cloud's load balancer sends for this identity.
    public var tlvs: [ProxyTLV] {
        switch self {
        case .aws(let endpointID):
            [ProxyTLV(.awsPrivateLink, [0x01] + endpointID.utf8)]
        case .azure(let linkID):
            [ProxyTLV(.azurePrivateLink, [0x01] + [UInt8](bigEndian: linkID.byteSwapped))]
        case .google(let connectionID):
            [ProxyTLV(.googlePrivateServiceConnect, [UInt8](bigEndian: connectionID))]
        case .alibaba(let link):
            link.tlvs
        }
    }
}

extension AlibabaPrivateLink {
    /// One for each part, in the order of their subtypes.
    fileprivate var tlvs: [ProxyTLV] {
        let parts: [(Subtype, String?)] = [
            (.vpc, vpcID), (.endpoint, endpointID), (.endpointService, endpointServiceID),
        ]
        return parts.compactMap { subtype, id in
            id.map { ProxyTLV(.alibabaPrivateLink, [subtype.rawValue] + $0.utf8) }
        }
    }
}
