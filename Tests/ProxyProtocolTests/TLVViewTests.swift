import ProxyProtocol
import Testing

@Suite("Well-known TLVs are interpreted correctly, or not at all (§2.2.1 to §2.2.7)")
struct TLVViewTests {
    private func header(_ tlvs: ProxyTLV...) -> ProxyHeader {
        ProxyHeader(source: client, destination: server, tlvs: tlvs)
    }

    @Test("Without TLVs each view is nil")
    func none() throws {
        let header = header()
        #expect(try header.authority() == nil)
        #expect(try header.alpn() == nil)
        #expect(try header.uniqueID() == nil)
        #expect(try header.networkNamespace() == nil)
        #expect(try header.ssl() == nil)
        #expect(header.values(.noop).isEmpty)
    }

    @Test("The authority is UTF-8, never repaired and never truncated")
    func authority() throws {
        for text in ["db.example", "dätenbank.example", "", "a\u{0}b"] {
            #expect(try header(ProxyTLV(.authority, Array(text.utf8))).authority() == text)
        }
        for bytes: [UInt8] in [[0xFF], [0x61, 0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80]] {
            #expect(throws: ProxyTLVError.notText(.authority)) {
                try header(ProxyTLV(.authority, bytes)).authority()
            }
        }
    }

    @Test("ALPN and unique ID are opaque bytes")
    func opaque() throws {
        let header = header(ProxyTLV(.alpn, ascii("h2")), ProxyTLV(.uniqueID, [0xFF, 0]))
        #expect(try header.alpn() == ascii("h2"))
        #expect(try header.uniqueID() == [0xFF, 0])
    }

    @Test("A namespace is ASCII")
    func networkNamespace() throws {
        let name = ProxyTLV(.networkNamespace, ascii("blue"))
        #expect(try header(name).networkNamespace() == "blue")
        #expect(throws: ProxyTLVError.notText(.networkNamespace)) {
            try header(ProxyTLV(.networkNamespace, [0xC3, 0xA4])).networkNamespace()
        }
    }

    @Test("If a TLV with a single value is repeated, neither is used, even if they are equal")
    func repeated() {
        func twice(_ type: ProxyTLVType) -> ProxyHeader {
            header(ProxyTLV(type, [0x61]), ProxyTLV(type, [0x61]))
        }
        #expect(throws: ProxyTLVError.repeated(.authority)) { try twice(.authority).authority() }
        #expect(throws: ProxyTLVError.repeated(.alpn)) { try twice(.alpn).alpn() }
        #expect(throws: ProxyTLVError.repeated(.uniqueID)) { try twice(.uniqueID).uniqueID() }
        #expect(throws: ProxyTLVError.repeated(.ssl)) { try twice(.ssl).ssl() }
        #expect(throws: ProxyTLVError.repeated(.networkNamespace)) {
            try twice(.networkNamespace).networkNamespace()
        }
    }
}

@Suite("An SSL vector has five fixed bytes, then vectors (§2.2.6)")
struct ProxySSLTests {
    @Test("Fewer than five bytes are refused", arguments: 0..<5)
    func tooShort(byteCount: Int) {
        #expect(throws: ProxyTLVError.sslTooShort(byteCount: byteCount)) {
            try ProxySSL([UInt8](repeating: 1, count: byteCount))
        }
    }

    @Test("The verify result is in network order, unassigned bits and vectors are kept")
    func parts() throws {
        let ssl = try ProxySSL(hex("81 00000a01") + tlv(0x2F, [0xFF]) + tlv(0x2F, []))
        #expect(ssl.client.rawValue == 0x81)
        #expect(ssl.verify == 0x0A01)
        let type = ProxyTLVType(rawValue: 0x2F)
        #expect(ssl.tlvs == [ProxyTLV(type, [0xFF]), ProxyTLV(type, [])])
    }

    @Test("Each subtype has its view")
    func subtypes() throws {
        let texts = (0x21...0x27).map { tlv(UInt8($0), ascii("text \($0)")) }
        let ssl = try ProxySSL(
            hex("01 00000000") + texts.flatMap(\.self) + tlv(0x28, [0x30, 0x82])
        )
        #expect(try ssl.version() == "text 33")
        #expect(try ssl.commonName() == "text 34")
        #expect(try ssl.cipher() == "text 35")
        #expect(try ssl.signatureAlgorithm() == "text 36")
        #expect(try ssl.keyAlgorithm() == "text 37")
        #expect(try ssl.group() == "text 38")
        #expect(try ssl.signatureScheme() == "text 39")
        #expect(try ssl.clientCertificate() == [0x30, 0x82])
    }

    @Test("A common name is UTF-8, the other texts are ASCII")
    func encodings() throws {
        let umlaut: [UInt8] = [0xC3, 0xA4]
        let ssl = try ProxySSL(hex("01 00000000") + tlv(0x22, umlaut) + tlv(0x23, umlaut))
        #expect(try ssl.commonName() == "ä")
        #expect(throws: ProxyTLVError.notText(.sslCipher)) { try ssl.cipher() }
    }

    @Test("Vectors inside fill the rest exactly")
    func bounds() {
        #expect(throws: ProxyTLVError.malformedSSL(.trailingBytes(count: 2))) {
            try ProxySSL(hex("01 00000000") + tlv(0x21, []) + [0x22, 0])
        }
        let pastEnd = ProxyHeaderError.tlvPastEnd(
            type: .sslVersion,
            byteCount: 2,
            availableByteCount: 1
        )
        #expect(throws: ProxyTLVError.malformedSSL(pastEnd)) {
            try ProxySSL(hex("01 00000000") + tlv(0x21, [0x54], length: 2))
        }
    }

    @Test(
        "A client counts as verified only with TLS, a certificate and verify 0",
        arguments: [
            (0x01, 0, false), (0x02, 0, false), (0x06, 0, false), (0x00, 0, false),
            (0x03, 0, true), (0x05, 0, true), (0x07, 0, true), (0x07, 1, false),
        ] as [(UInt8, UInt32, Bool)]
    )
    func verified(client: UInt8, verify: UInt32, isVerified: Bool) {
        let ssl = ProxySSL(client: ProxySSL.Client(rawValue: client), verify: verify)
        #expect(ssl.isClientVerified == isVerified)
    }
}
