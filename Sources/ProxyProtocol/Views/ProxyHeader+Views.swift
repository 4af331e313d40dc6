/// What well-known TLVs say. `nil` where there is none.
extension ProxyHeader {
    /// The values of all TLVs of `type`, in the order of the wire.
    public func values(_ type: ProxyTLVType) -> [[UInt8]] {
        tlvs.filter { $0.type == type }.map(\.value)
    }

    /// The host name that the client asked for (§2.2.2).
    public func authority() throws(ProxyTLVError) -> String? {
        try tlvs.text(.authority)
    }

    /// The protocol that TLS negotiated, as opaque as in TLS (§2.2.1, RFC 7301 §3.1).
    public func alpn() throws(ProxyTLVError) -> [UInt8]? {
        try tlvs.single(.alpn)
    }

    /// The first proxy's id of the connection, opaque, up to 128 bytes (§2.2.5).
    public func uniqueID() throws(ProxyTLVError) -> [UInt8]? {
        try tlvs.single(.uniqueID)
    }

    /// The name of the network namespace (§2.2.7).
    public func networkNamespace() throws(ProxyTLVError) -> String? {
        try tlvs.asciiText(.networkNamespace)
    }

    /// What is known of the client's TLS session (§2.2.6).
    public func ssl() throws(ProxyTLVError) -> ProxySSL? {
        guard let value = try tlvs.single(.ssl) else { return nil }
        return try ProxySSL(value)
    }
}

extension [ProxyTLV] {
    /// The one value of `type`.
    func single(_ type: ProxyTLVType) throws(ProxyTLVError) -> [UInt8]? {
        var found: [UInt8]?
        for tlv in self where tlv.type == type {
            guard found == nil else { throw .repeated(type) }
            found = tlv.value
        }
        return found
    }

    /// The one value of `type`, which is UTF-8: never repaired, never cut.
    func text(_ type: ProxyTLVType) throws(ProxyTLVError) -> String? {
        guard let value = try single(type) else { return nil }
        guard let text = String(validating: value, as: UTF8.self) else { throw .notText(type) }
        return text
    }

    /// The one value of `type`, which is ASCII.
    func asciiText(_ type: ProxyTLVType) throws(ProxyTLVError) -> String? {
        guard let value = try single(type) else { return nil }
        guard let text = String(validating: value, as: Unicode.ASCII.self) else {
            throw .notText(type)
        }
        return text
    }
}
