import Addresses
import ProxyProtocol
import Testing

@Suite("IPv6 addresses of v1 lines have 128 bits and at most one double colon (§2.1)")
struct IPv6TextTests {
    @Test(
        "What is an address",
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
        "What is not",
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
