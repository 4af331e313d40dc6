/// What a proxy that terminated the client's TLS says about it: the value of a TLV 0x20 (§2.2.6).
public struct ProxySSL: Hashable, Sendable {
    /// The bits of the field `client`.
    public struct Client: OptionSet, Hashable, Sendable {
        /// The field as sent.
        public var rawValue: UInt8

        /// The bits, including unassigned ones.
        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// It connected over TLS.
        public static let ssl = Client(rawValue: 0x01)
        /// It presented a certificate on this connection.
        public static let certificateOnConnection = Client(rawValue: 0x02)
        /// It presented a certificate at least once in the TLS session.
        public static let certificateInSession = Client(rawValue: 0x04)
    }

    /// What the client did.
    public var client: Client
    /// 0 if the client presented a certificate that was verified; any other value otherwise.
    public var verify: UInt32
    /// The vectors inside, in wire order.
    public var tlvs: [ProxyTLV]

    /// A view with these parts.
    public init(client: Client, verify: UInt32, tlvs: [ProxyTLV] = []) {
        self.client = client
        self.verify = verify
        self.tlvs = tlvs
    }

    /// Whether the client presented a certificate, on this connection or in its session, and it
    /// was verified. `verify` alone is not enough: senders leave it 0 without TLS, too.
    public var isClientVerified: Bool {
        let presented: Client = [.certificateOnConnection, .certificateInSession]
        return client.contains(.ssl) && !client.isDisjoint(with: presented) && verify == 0
    }
}

/// On the wire.
extension ProxySSL {
    private static let fixedByteCount = 5

    /// Reads the value of a TLV 0x20.
    public init(_ value: [UInt8]) throws(ProxyTLVError) {
        guard value.count >= Self.fixedByteCount else {
            throw .sslTooShort(byteCount: value.count)
        }
        let bytes = value.span
        self.init(client: Client(rawValue: bytes[0]), verify: bytes.uint32(at: 1))
        do {
            try readTLVs(bytes)
        } catch {
            throw .malformedSSL(error)
        }
    }

    /// The value of a TLV 0x20. A vector of more than 65,535 bytes is left out.
    public var value: [UInt8] {
        var value = [client.rawValue]
        for shift in [24, 16, 8, 0] { value.append(UInt8(truncatingIfNeeded: verify >> shift)) }
        for tlv in tlvs {
            guard let length = UInt16(exactly: tlv.value.count) else { continue }
            value.append(tlv.type.rawValue)
            value += [UInt8(length >> 8), UInt8(truncatingIfNeeded: length)]
            value += tlv.value
        }
        return value
    }

    private mutating func readTLVs(_ bytes: Span<UInt8>) throws(ProxyHeaderError) {
        var reader = TLVReader(position: Self.fixedByteCount)
        while let (type, range) = try reader.next(in: bytes) {
            tlvs.append(ProxyTLV(type, bytes.copy(range)))
        }
    }
}

/// The texts inside. `nil` if there is none.
extension ProxySSL {
    /// `TLSv1.3`.
    public func version() throws(ProxyTLVError) -> String? { try tlvs.asciiText(.sslVersion) }

    /// The client certificate's common name.
    public func commonName() throws(ProxyTLVError) -> String? { try tlvs.text(.sslCommonName) }

    /// `ECDHE-RSA-AES128-GCM-SHA256`.
    public func cipher() throws(ProxyTLVError) -> String? { try tlvs.asciiText(.sslCipher) }

    /// How the proxy's certificate was signed: `SHA256`.
    public func signatureAlgorithm() throws(ProxyTLVError) -> String? {
        try tlvs.asciiText(.sslSignatureAlgorithm)
    }

    /// The key of the proxy's certificate: `RSA2048`.
    public func keyAlgorithm() throws(ProxyTLVError) -> String? {
        try tlvs.asciiText(.sslKeyAlgorithm)
    }

    /// The key-exchange group: `secp256r1`.
    public func group() throws(ProxyTLVError) -> String? { try tlvs.asciiText(.sslGroup) }

    /// The signature scheme: `rsa_pss_rsae_sha256`.
    public func signatureScheme() throws(ProxyTLVError) -> String? {
        try tlvs.asciiText(.sslSignatureScheme)
    }

    /// The client's certificate in DER.
    public func clientCertificate() throws(ProxyTLVError) -> [UInt8]? {
        try tlvs.single(.sslClientCertificate)
    }
}
