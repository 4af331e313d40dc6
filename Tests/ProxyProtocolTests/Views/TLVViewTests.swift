import ProxyProtocol
import Testing

@Suite("Well-known TLVs are read as what they mean, or not at all (§2.2.1 to §2.2.7)")
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

    @Test("The authority is UTF-8, never repaired and never cut")
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

    @Test("ALPN and unique id are opaque bytes")
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

    @Test("Of two TLVs that mean one value neither is taken, equal ones included")
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
