import Addresses
import ProxyProtocol
import Testing

/// Headers that HAProxy 2.6.12 wrote on loopback (`send-proxy`, `send-proxy-v2` with
/// `proxy-v2-options`), captured once. Each is read, and written again to the same bytes.
@Suite("What HAProxy sends is read, and written alike")
struct HAProxyVectorTests {
    private let loopback = IPAddress.v4(IPv4Address(127, 0, 0, 1))
    private let loopback6 = IPAddress.v6(IPv6Address(high: 0, low: 1))
    private let mapped = IPAddress.v6(IPv6Address(high: 0, low: 0xFFFF_7F00_0001))

    @Test("v2 over IPv4, without TLVs")
    func plain() throws {
        let bytes = hex("0d0a0d0a000d0a515549540a 21 11 000c 7f000001 7f000001 9c42 4651")
        let expected = ProxyHeader(
            source: SocketAddress(loopback, port: 40002),
            destination: SocketAddress(loopback, port: 18001)
        )
        #expect(try header(bytes) == expected)
        #expect(try expected.encoded() == bytes)
    }

    @Test("v2 over IPv6 with a checksum")
    func checksum() throws {
        let bytes = hex(
            """
            0d0a0d0a000d0a515549540a 21 21 002b
            00000000000000000000000000000001 00000000000000000000000000000001 9c44 4653
            03 0004 06d7aa6c
            """
        )
        var expected = ProxyHeader(
            source: SocketAddress(loopback6, port: 40004),
            destination: SocketAddress(loopback6, port: 18003)
        )
        #expect(try expected.encoded(addingChecksum: true) == bytes)
        expected.tlvs = [ProxyTLV(.crc32c, [0x06, 0xD7, 0xAA, 0x6C])]
        #expect(try header(bytes) == expected)
        #expect(try expected.encoded() == bytes)
    }

    @Test("v2 of a dual-stack socket: the mapped address is kept as sent, and used unmapped")
    func dualStack() throws {
        let bytes = hex(
            """
            0d0a0d0a000d0a515549540a 21 21 0024
            00000000000000000000ffff7f000001 00000000000000000000ffff7f000001 9c47 4656
            """
        )
        let decoded = try header(bytes)
        #expect(
            decoded.endpoints
                == .ip(
                    source: SocketAddress(mapped, port: 40007),
                    destination: SocketAddress(mapped, port: 18006)
                )
        )
        #expect(
            decoded.origin
                == .proxied(
                    source: SocketAddress(loopback, port: 40007),
                    destination: SocketAddress(loopback, port: 18006)
                )
        )
        #expect(try decoded.encoded() == bytes)
    }

    @Test("v1 over IPv4, IPv6 and a dual-stack socket")
    func text() throws {
        #expect(
            try header(ascii("PROXY TCP4 127.0.0.1 127.0.0.1 40003 18002\r\n"))
                == v1(loopback, 40003, 18002)
        )
        #expect(
            try header(ascii("PROXY TCP6 ::1 ::1 40005 18004\r\n")) == v1(loopback6, 40005, 18004)
        )
        #expect(
            try header(
                ascii("PROXY TCP6 ::ffff:127.0.0.1 ::ffff:127.0.0.1 40006 18005\r\n")
            ) == v1(mapped, 40006, 18005)
        )
    }

    private func v1(_ ip: IPAddress, _ source: UInt16, _ destination: UInt16) -> ProxyHeader {
        ProxyHeader(
            source: SocketAddress(ip, port: source),
            destination: SocketAddress(ip, port: destination),
            version: .v1
        )
    }
}
