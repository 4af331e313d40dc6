extension ProxyHeader {
    /// The private link that the header's TLVs name; `nil` where they name none.
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
    /// The identity that this TLV names alone. Alibaba's takes several TLVs.
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

    /// Subtype 01, then the id. The prefix is required, so that no text can pass for another
    /// cloud's number.
    private func awsIdentity() throws(PrivateLinkIdentityError) -> PrivateLinkIdentity? {
        guard try subtype() == 0x01 else { return nil }
        let id = try identifier()
        guard id.hasPrefix("vpce-"), id != "vpce-" else { throw malformed }
        return .aws(endpointID: id)
    }

    /// Subtype 01, then the number: little-endian, unlike all else in the protocol.
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
    func subtype() throws(PrivateLinkIdentityError) -> UInt8 {
        guard let subtype = value.first else { throw malformed }
        return subtype
    }

    /// What follows the subtype: `[A-Za-z0-9-]`, and at least one of them.
    func identifier() throws(PrivateLinkIdentityError) -> String {
        let bytes = value.dropFirst()
        guard !bytes.isEmpty, bytes.allSatisfy(\.isIdentifierText) else { throw malformed }
        return String(decoding: bytes, as: UTF8.self)
    }

    private var malformed: PrivateLinkIdentityError { .malformed(type, value: value) }
}
