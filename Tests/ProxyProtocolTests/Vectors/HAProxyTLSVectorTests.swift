import Addresses
import ProxyProtocol
import Testing

/// HAProxy 2.6.12, a TLS client with a certificate, `proxy-v2-options
/// ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority,crc32c,unique-id`; captured once.
@Suite("What HAProxy says of a TLS client is read in full")
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

    @Test("The checksum holds, and is the same when the header is written again")
    func checksum() throws {
        #expect(try header(bytes).encoded() == bytes)
    }

    @Test("Host name, ALPN and unique id")
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

    @Test("A change of any one bit of the addresses or the TLVs is found")
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
