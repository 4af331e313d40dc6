import ProxyProtocol
import Testing

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
