import Addresses
import ProxyProtocol
import Testing

/// Headers that HAProxy 2.6.12 wrote on loopback, captured once.
@Suite("What HAProxy sends is read, and written alike")
struct GoldenVectorTests {
    private static let loopback = IPAddress.v4(IPv4Address(127, 0, 0, 1))
    private static let loopback6 = IPAddress.v6(IPv6Address(high: 0, low: 1))

    @Test("v2 over IPv4, without TLVs")
    func plainIPv4() throws {
        let bytes = hex("0d0a0d0a000d0a515549540a 21 11 000c 7f000001 7f000001 9c42 4651")
        let header = ProxyHeader(
            source: SocketAddress(Self.loopback, port: 40002),
            destination: SocketAddress(Self.loopback, port: 18001)
        )
        #expect(try ProxyHeader.decode(bytes, limit: 28) == .complete(header, byteCount: 28))
        #expect(try header.encoded() == bytes)
    }

    @Test("v2 over IPv6 with a checksum")
    func checksumIPv6() throws {
        let bytes = hex(
            """
            0d0a0d0a000d0a515549540a 21 21 002b
            00000000000000000000000000000001 00000000000000000000000000000001 9c44 4653
            03 0004 06d7aa6c
            """
        )
        let header = ProxyHeader(
            source: SocketAddress(Self.loopback6, port: 40004),
            destination: SocketAddress(Self.loopback6, port: 18003),
            tlvs: [ProxyTLV(.crc32c, [0x06, 0xD7, 0xAA, 0x6C])]
        )
        #expect(try ProxyHeader.decode(bytes, limit: 128) == .complete(header, byteCount: 59))
        #expect(try header.encoded() == bytes)
        let withoutChecksum = ProxyHeader(
            source: SocketAddress(Self.loopback6, port: 40004),
            destination: SocketAddress(Self.loopback6, port: 18003)
        )
        #expect(try withoutChecksum.encoded(addingChecksum: true) == bytes)
    }
}
