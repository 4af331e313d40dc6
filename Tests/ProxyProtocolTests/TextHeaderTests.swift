import Addresses
import ProxyProtocol
import Testing

@Suite("A v1 line is accepted only if it follows the grammar exactly (§2.1)")
struct TextHeaderTests {
    @Test(
        "A field that is not its strict text is refused",
        arguments: [
            ("PROXY TCP4 192.0.2.01 198.51.100.7 1 2\r\n", .sourceAddress),
            ("PROXY TCP4 192.0.2.256 198.51.100.7 1 2\r\n", .sourceAddress),
            ("PROXY TCP4 192.0.2 198.51.100.7 1 2\r\n", .sourceAddress),
            ("PROXY TCP4 192.0.2.1.1 198.51.100.7 1 2\r\n", .sourceAddress),
            ("PROXY TCP4 192.0..1 198.51.100.7 1 2\r\n", .sourceAddress),
            ("PROXY TCP4 192.0.2.1. 198.51.100.7 1 2\r\n", .sourceAddress),
            ("PROXY TCP4 c0000201 198.51.100.7 1 2\r\n", .sourceAddress),
            ("PROXY TCP4 ::1 ::2 1 2\r\n", .sourceAddress),
            ("PROXY TCP4 192.0.2.1 ::2 1 2\r\n", .destinationAddress),
            ("PROXY TCP4 192.0.2.1 198.51.100.007 1 2\r\n", .destinationAddress),
            ("PROXY TCP6 192.0.2.1 198.51.100.7 1 2\r\n", .sourceAddress),
            ("PROXY TCP6 ::1 198.51.100.7 1 2\r\n", .destinationAddress),
            ("PROXY TCP4 192.0.2.1 198.51.100.7 65536 2\r\n", .sourcePort),
            ("PROXY TCP4 192.0.2.1 198.51.100.7 01 2\r\n", .sourcePort),
            ("PROXY TCP4 192.0.2.1 198.51.100.7 00 2\r\n", .sourcePort),
            ("PROXY TCP4 192.0.2.1 198.51.100.7 f 2\r\n", .sourcePort),
            ("PROXY TCP4 192.0.2.1 198.51.100.7 1 99999\r\n", .destinationPort),
            ("PROXY TCP4 192.0.2.1 198.51.100.7 1 100000\r\n", .destinationPort),
            ("PROXY TCP4 192.0.2.1 198.51.100.7 1 00000000000000000000002\r\n", .destinationPort),
        ] as [(String, ProxyHeaderError.Field)]
    )
    func malformedField(line: String, field: ProxyHeaderError.Field) {
        #expect(throws: ProxyHeaderError.malformedField(field)) { try header(ascii(line)) }
    }

    @Test(
        "Fields are separated by exactly one space, and none is omitted",
        arguments: [
            ("PROXY TCP4 \r\n", .sourceAddress),
            ("PROXY TCP4  192.0.2.1 198.51.100.7 1 2\r\n", .sourceAddress),
            ("PROXY TCP4 192.0.2.1\r\n", .destinationAddress),
            ("PROXY TCP4 192.0.2.1  198.51.100.7 1 2\r\n", .destinationAddress),
            ("PROXY TCP4 192.0.2.1 198.51.100.7\r\n", .sourcePort),
            ("PROXY TCP4 192.0.2.1 198.51.100.7  1 2\r\n", .sourcePort),
            ("PROXY TCP4 192.0.2.1 198.51.100.7 1\r\n", .destinationPort),
            ("PROXY TCP4 192.0.2.1 198.51.100.7 1 \r\n", .destinationPort),
            ("PROXY TCP4 192.0.2.1 198.51.100.7 1  2\r\n", .destinationPort),
        ] as [(String, ProxyHeaderError.Field)]
    )
    func missingField(line: String, field: ProxyHeaderError.Field) {
        #expect(throws: ProxyHeaderError.missingField(field)) { try header(ascii(line)) }
    }

    @Test(
        "Nothing follows the destination port",
        arguments: [
            "PROXY TCP4 192.0.2.1 198.51.100.7 1 2 \r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.7 1 2 3\r\n",
        ]
    )
    func trailingText(line: String) {
        #expect(throws: ProxyHeaderError.trailingText(offset: 37)) { try header(ascii(line)) }
    }

    @Test("Ports 0 and 65535 are ports")
    func ports() throws {
        let decoded = try header(ascii("PROXY TCP4 192.0.2.1 198.51.100.7 0 65535\r\n"))
        let source = SocketAddress(client.ip, port: 0)
        let destination = SocketAddress(server.ip, port: 65535)
        #expect(decoded.origin == .proxied(source: source, destination: destination))
    }

    @Test(
        "UNKNOWN means the real endpoints, whatever follows it",
        arguments: ["", " ", "  ", " 192.0.2.1 198.51.100.7 1 2", " \u{0}\u{7F} é PROXY TCP4 "]
    )
    func unknown(rest: String) throws {
        let decoded = try header(ascii("PROXY UNKNOWN\(rest)\r\n"))
        #expect(decoded.version == .v1)
        #expect(decoded.endpoints == .unspecified)
        #expect(decoded.transport == .unspecified)
        #expect(decoded.origin == .local)
    }
}

@Suite("IPv6 addresses of v1 lines have 128 bits and at most one double colon (§2.1)")
struct IPv6TextTests {
    @Test(
        "Valid addresses",
        arguments: [
            ("::", 0, 0),
            ("::1", 0, 1),
            ("1::", 0x0001_0000_0000_0000, 0),
            ("1:2:3:4:5:6:7:8", 0x0001_0002_0003_0004, 0x0005_0006_0007_0008),
            ("1:2:3:4:5:6:7::", 0x0001_0002_0003_0004, 0x0005_0006_0007_0000),
            ("::2:3:4:5:6:7:8", 0x0000_0002_0003_0004, 0x0005_0006_0007_0008),
            ("2001:DB8::aBcD", 0x2001_0DB8_0000_0000, 0xABCD),
            ("0001:0002::0008", 0x0001_0002_0000_0000, 8),
            ("1:2::7:8", 0x0001_0002_0000_0000, 0x0000_0000_0007_0008),
            ("::ffff:192.0.2.1", 0, 0xFFFF_C000_0201),
            ("64:ff9b::192.0.2.1", 0x0064_FF9B_0000_0000, 0xC000_0201),
            ("1:2:3:4:5:6:192.0.2.1", 0x0001_0002_0003_0004, 0x0005_0006_C000_0201),
        ] as [(String, UInt64, UInt64)]
    )
    func valid(text: String, high: UInt64, low: UInt64) throws {
        let expected = SocketAddress(.v6(IPv6Address(high: high, low: low)), port: 1)
        let decoded = try header(ascii("PROXY TCP6 \(text) ::2 1 2\r\n"))
        guard case .ip(let source, _) = decoded.endpoints else {
            Issue.record("no addresses")
            return
        }
        #expect(source == expected)
    }

    @Test(
        "Invalid addresses",
        arguments: [
            ":", ":1", "1:", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
            "::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "1::2::3", ":::", "1:::2", "12345::",
            "::00001",
            "::1.2.3", "::1.2.3.4.5", "::1.2.3.04", "::1.2.3.256", "1.2.3.4::", "1.2.3.4::1",
            "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:1.2.3.4", ".", "::.", "1.2.3.4",
        ]
    )
    func invalid(text: String) {
        #expect(throws: ProxyHeaderError.malformedField(.sourceAddress)) {
            try header(ascii("PROXY TCP6 \(text) ::2 1 2\r\n"))
        }
    }
}
