import Addresses
import ProxyProtocol
import Testing

@Suite("v2 is written with everything that a receiver can use (§2.2)")
struct BinaryEncodingTests {
    @Test("Addresses, ports and TLVs are in order")
    func order() throws {
        let tlvs = [ProxyTLV(.noop, [1]), ProxyTLV(.noop, []), ProxyTLV(.authority, [0xFF])]
        #expect(
            try ProxyHeader(source: client, destination: server, tlvs: tlvs).encoded()
                == binary(ipv4Block + tlv(0x04, [1]) + tlv(0x04, []) + tlv(0x02, [0xFF]))
        )
        #expect(
            try ProxyHeader(source: client6, destination: server6).encoded()
                == binary(0x21, 0x21, ipv6Block)
        )
    }

    @Test("It is appended, and its checksum does not include what was there before")
    func appended() throws {
        let header = ProxyHeader(source: client, destination: server, tlvs: [.checksum])
        var bytes: [UInt8] = [1, 2, 3]
        try header.encode(into: &bytes)
        #expect(bytes == [1, 2, 3] + sealed(binary(ipv4Block + tlv(0x03, [0, 0, 0, 0])), at: 31))
    }

    @Test("A checksum that is passed on is recomputed in place")
    func checksum() throws {
        let stale = ProxyTLV(.crc32c, [0xDE, 0xAD])
        let header = ProxyHeader(
            source: client,
            destination: server,
            tlvs: [stale, ProxyTLV(.noop, [7])]
        )
        let expected = binary(ipv4Block + tlv(0x03, [0, 0, 0, 0]) + tlv(0x04, [7]))
        #expect(try header.encoded() == sealed(expected, at: 31))
        #expect(try header.encoded(addingChecksum: true) == sealed(expected, at: 31))
    }

    @Test("Of addresses of two families, the IPv4 one is mapped")
    func mixedFamilies() throws {
        let mapped = SocketAddress(.v6(IPv6Address(high: 0, low: 0xFFFF_C000_0201)), port: 56324)
        let mixed = ProxyHeader(source: client, destination: server6)
        #expect(
            try mixed.encoded() == ProxyHeader(source: mapped, destination: server6).encoded()
        )
        #expect(
            try header(mixed.encoded()).origin == .proxied(source: client, destination: server6)
        )
    }

    @Test("LOCAL and what is unspecified has length 0")
    func lengthZero() throws {
        let tlvs = [ProxyTLV(.noop, [1])]
        let ends = ProxyHeader.Endpoints.ip(source: client, destination: server)
        let local = ProxyHeader(command: .local, transport: .stream, endpoints: ends, tlvs: tlvs)
        #expect(try local.encoded(addingChecksum: true) == binary(0x20, 0x00, []))
        let noEnds = ProxyHeader(transport: .stream, endpoints: .unspecified, tlvs: tlvs)
        #expect(try noEnds.encoded(addingChecksum: true) == binary(0x21, 0x01, []))
        let noTransport = ProxyHeader(transport: .unspecified, endpoints: ends, tlvs: tlvs)
        #expect(try noTransport.encoded(addingChecksum: true) == binary(0x21, 0x00, []))
    }
}

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

    @Test("An added checksum is included")
    func addedChecksum() {
        let tlv = ProxyTLV(.noop, [UInt8](repeating: 0, count: 65_535 - 12 - 3 - 6))
        let header = ProxyHeader(source: client, destination: server, tlvs: [tlv])
        #expect(throws: Never.self) { try header.encoded() }
        #expect(throws: ProxyHeaderEncodingError.bodyTooLong(byteCount: 65_536)) {
            try header.encoded(addingChecksum: true)
        }
    }

    @Test("A unique ID has up to 128 bytes, and there is one checksum")
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
