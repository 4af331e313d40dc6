import Addresses
import ProxyProtocol
import Testing

@Suite("v1 is written as one line (§2.1)")
struct TextEncodingTests {
    @Test("Two addresses of one family become TCP4 or TCP6, without TLVs")
    func addresses() throws {
        let tlvs = [ProxyTLV(.authority, ascii("db.example"))]
        #expect(
            try ProxyHeader(source: client, destination: server, version: .v1, tlvs: tlvs).encoded()
                == ascii("PROXY TCP4 192.0.2.1 198.51.100.7 56324 9030\r\n")
        )
        #expect(
            try ProxyHeader(source: client6, destination: server6, version: .v1).encoded()
                == ascii("PROXY TCP6 2001:db8::1 2001:db8::7 56324 9030\r\n")
        )
    }

    @Test("What v1 cannot express is UNKNOWN")
    func unknown() throws {
        let headers = [
            ProxyHeader(source: client, destination: server6, version: .v1),
            ProxyHeader(source: client6, destination: server, version: .v1),
            ProxyHeader.local(version: .v1),
            ProxyHeader(version: .v1, transport: .stream, endpoints: .unspecified),
            ProxyHeader(
                version: .v1,
                transport: .datagram,
                endpoints: .ip(source: client, destination: server)
            ),
            ProxyHeader(
                version: .v1,
                transport: .stream,
                endpoints: .unix(source: [], destination: [])
            ),
        ]
        for header in headers {
            #expect(try header.encoded() == ascii("PROXY UNKNOWN\r\n"))
        }
    }

    @Test(
        "IPv6 is written as RFC 5952 §4 recommends, without a dotted end",
        arguments: [
            (0, 0, "::"),
            (0, 1, "::1"),
            (0x0001_0000_0000_0000, 0, "1::"),
            (0x2001_0DB8_0000_0000, 0x0000_0000_0000_ABCD, "2001:db8::abcd"),
            (0x0001_0000_0003_0004, 0x0005_0006_0007_0008, "1:0:3:4:5:6:7:8"),
            (0x0001_0000_0000_0004, 0x0005_0000_0000_0008, "1::4:5:0:0:8"),
            (0x0001_0000_0000_0004, 0x0000_0000_0000_0008, "1:0:0:4::8"),
            (0x0000_0000_0003_0004, 0x0005_0006_0000_0000, "::3:4:5:6:0:0"),
            (0x0001_0002_0003_0004, 0x0005_0006_0000_0000, "1:2:3:4:5:6::"),
            (0x0001_0002_0003_0004, 0x0005_0006_0007_0000, "1:2:3:4:5:6:7:0"),
            (0, 0xFFFF_C000_0201, "::ffff:c000:201"),
            (.max, .max, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ] as [(UInt64, UInt64, String)]
    )
    func ipv6(high: UInt64, low: UInt64, text: String) throws {
        let end = SocketAddress(.v6(IPv6Address(high: high, low: low)), port: 0)
        let header = ProxyHeader(source: end, destination: end, version: .v1)
        #expect(try header.encoded() == ascii("PROXY TCP6 \(text) \(text) 0 0\r\n"))
        #expect(try ProxyProtocolTests.header(header.encoded()) == header)
    }
}
