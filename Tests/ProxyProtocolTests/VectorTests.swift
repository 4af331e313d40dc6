import Addresses
import ProxyProtocol
import Testing

/// Headers that HAProxy 2.6.12 wrote on loopback (`send-proxy`, `send-proxy-v2` with
/// `proxy-v2-options`), captured once. Each is read, and written again to the same bytes.
@Suite("What HAProxy sends is read, and written identically")
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

/// HAProxy 2.6.12, a TLS client with a certificate, `proxy-v2-options
/// ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority,crc32c,unique-id`; captured once.
@Suite("What HAProxy says about a TLS client is read completely")
struct HAProxyTLSVectorTests {
    private let bytes = hex(
        """
        0d0a0d0a000d0a515549540a 21 11 0090 7f000001 7f000001 9c41 480b
        03 0004 83df7690
        01 0002 6832
        02 0011 77617265686f7573652e6578616d706c65
        05 000e 736c756963652d302d3137303334
        20 0050 07 00000000
            21 0007 544c5376312e33
            22 000e 636c69656e742e6578616d706c65
            25 0007 52534132303438
            24 000a 5253412d534841323536
            23 0016 544c535f4145535f3235365f47434d5f534841333834
        """
    )

    @Test("The checksum is correct, and the same when the header is written again")
    func checksum() throws {
        #expect(try header(bytes).encoded() == bytes)
    }

    @Test("Host name, ALPN and unique ID")
    func texts() throws {
        let header = try header(bytes)
        #expect(try header.authority() == "warehouse.example")
        #expect(try header.uniqueID() == ascii("sluice-0-17034"))
        #expect(try header.alpn() == ascii("h2"))
        #expect(try header.networkNamespace() == nil)
    }

    @Test("The TLS session: client, version, cipher, common name, algorithms")
    func session() throws {
        let ssl = try #require(try header(bytes).ssl())
        #expect(ssl.client == [.ssl, .certificateOnConnection, .certificateInSession])
        #expect(ssl.isClientVerified)
        #expect(try ssl.version() == "TLSv1.3")
        #expect(try ssl.cipher() == "TLS_AES_256_GCM_SHA384")
        #expect(try ssl.commonName() == "client.example")
        #expect(try ssl.keyAlgorithm() == "RSA2048")
        #expect(try ssl.signatureAlgorithm() == "RSA-SHA256")
        #expect(try ssl.group() == nil)
        #expect(try ssl.signatureScheme() == nil)
        #expect(try ssl.clientCertificate() == nil)
    }

    @Test("A change of any single bit of the addresses or the TLVs is detected")
    func anyBit() {
        let checksumType = 28
        for index in 16..<bytes.count where index != checksumType {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << bit
                #expect(throws: ProxyHeaderError.self, "byte \(index), bit \(bit)") {
                    try header(damaged)
                }
            }
        }
    }
}

/// The examples in HAProxy's `doc/proxy-protocol.txt`, §2.1.
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
