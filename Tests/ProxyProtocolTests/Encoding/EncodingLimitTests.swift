import ProxyProtocol
import Testing

@Suite("What does not fit into a header is an error, and nothing is written")
struct EncodingLimitTests {
    @Test("Addresses and TLVs together have up to 65,535 bytes")
    func body() throws {
        let longest = ProxyTLV(.noop, [UInt8](repeating: 0, count: 65_535 - 12 - 3))
        let tooLong = ProxyTLV(.noop, longest.value + [0])
        let header = ProxyHeader(source: client, destination: server, tlvs: [longest])
        #expect(try ProxyProtocolTests.header(header.encoded()) == header)
        expect([tooLong], .bodyTooLong(byteCount: 65_536))
        expect([longest, ProxyTLV(.noop, [])], .bodyTooLong(byteCount: 65_538))
        expect([longest, longest], .bodyTooLong(byteCount: 12 + 2 * 65_523))
    }

    @Test("An added checksum counts")
    func addedChecksum() {
        let tlv = ProxyTLV(.noop, [UInt8](repeating: 0, count: 65_535 - 12 - 3 - 6))
        let header = ProxyHeader(source: client, destination: server, tlvs: [tlv])
        #expect(throws: Never.self) { try header.encoded() }
        #expect(throws: ProxyHeaderEncodingError.bodyTooLong(byteCount: 65_536)) {
            try header.encoded(addingChecksum: true)
        }
    }

    @Test("A unique id has up to 128 bytes, and there is one checksum")
    func tlvs() {
        let uniqueID = ProxyTLV(.uniqueID, [UInt8](repeating: 0, count: 129))
        expect([uniqueID], .uniqueIDTooLong(byteCount: 129))
        expect([.checksum, .checksum], .repeatedChecksum)
    }

    @Test("A UNIX path has up to 108 bytes")
    func unixPath() throws {
        let path = [UInt8](repeating: 0x2F, count: 108)
        let fits = ProxyHeader(transport: .stream, endpoints: .unix(source: path, destination: []))
        #expect(try header(fits.encoded()) == fits)
        for ends in [
            ProxyHeader.Endpoints.unix(source: path + [0x2F], destination: []),
            .unix(source: [], destination: path + [0x2F]),
        ] {
            #expect(throws: ProxyHeaderEncodingError.unixPathTooLong(byteCount: 109)) {
                try ProxyHeader(transport: .stream, endpoints: ends).encoded()
            }
        }
    }

    private func expect(_ tlvs: [ProxyTLV], _ error: ProxyHeaderEncodingError) {
        var bytes: [UInt8] = [1, 2, 3]
        let header = ProxyHeader(source: client, destination: server, tlvs: tlvs)
        #expect(throws: error) { try header.encode(into: &bytes) }
        #expect(bytes == [1, 2, 3])
    }
}
