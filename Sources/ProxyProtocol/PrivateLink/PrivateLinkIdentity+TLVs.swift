extension PrivateLinkIdentity {
    /// What the cloud's load balancer sends for this identity.
    public var tlvs: [ProxyTLV] {
        switch self {
        case .aws(let endpointID):
            [ProxyTLV(.awsPrivateLink, [0x01] + endpointID.utf8)]
        case .azure(let linkID):
            [ProxyTLV(.azurePrivateLink, [0x01] + bigEndian(linkID.byteSwapped))]
        case .google(let connectionID):
            [ProxyTLV(.googlePrivateServiceConnect, bigEndian(connectionID))]
        case .alibaba(let link):
            link.tlvs
        }
    }

    private func bigEndian(_ number: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(number)
        return bytes
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
