import Addresses
import ProxyProtocol
import Testing

@Suite("v2 is written with what a receiver can use (§2.2)")
struct BinaryEncodingTests {
    @Test("Addresses, ports and TLVs stand in their order")
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

    @Test("It is appended, and its checksum does not count what stood there before")
    func appended() throws {
        let header = ProxyHeader(source: client, destination: server, tlvs: [.checksum])
        var bytes: [UInt8] = [1, 2, 3]
        try header.encode(into: &bytes)
        #expect(bytes == [1, 2, 3] + sealed(binary(ipv4Block + tlv(0x03, [0, 0, 0, 0])), at: 31))
    }

    @Test("A checksum that is passed on is computed anew, where it stands")
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

    @Test("One of two families is mapped")
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
