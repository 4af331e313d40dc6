import Addresses
import ProxyProtocol
import Testing

@Suite("A v1 line is taken only if it follows the grammar exactly (§2.1)")
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
        "Fields are separated by exactly one space, and none is left out",
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
