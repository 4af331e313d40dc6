import Addresses
import ProxyProtocol
import Testing

/// The examples that stand in HAProxy's `doc/proxy-protocol.txt`, §2.1.
@Suite("The specification's own examples are read")
struct SpecificationVectorTests {
    @Test("The line before an HTTP request is a header; the request is not part of it")
    func request() throws {
        let line = ascii("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n")
        let request = ascii("GET / HTTP/1.1\r\nHost: 192.168.0.11\r\n\r\n")
        let expected = ProxyHeader(
            source: SocketAddress(.v4(IPv4Address(192, 168, 0, 1)), port: 56324),
            destination: SocketAddress(.v4(IPv4Address(192, 168, 0, 11)), port: 443),
            version: .v1
        )
        #expect(
            try ProxyHeader.decode(line + request, limit: noLimit)
                == .complete(expected, byteCount: line.count)
        )
        #expect(try expected.encoded() == line)
    }

    private static let longestIPv6 = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

    @Test(
        "The longest lines of each kind fit",
        arguments: [
            ("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", 56),
            ("PROXY TCP6 \(longestIPv6) \(longestIPv6) 65535 65535\r\n", 104),
            ("PROXY UNKNOWN\r\n", 15),
            ("PROXY UNKNOWN \(longestIPv6) \(longestIPv6) 65535 65535\r\n", 107),
        ]
    )
    func longestLines(line: String, byteCount: Int) throws {
        #expect(line.utf8.count == byteCount)
        #expect(try (header(ascii(line)).origin == .local) == line.hasPrefix("PROXY UNKNOWN"))
    }
}
