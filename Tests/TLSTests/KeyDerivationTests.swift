import COpenSSL
import Testing

@Suite("Keys for the kernel")
struct KeyDerivationTests {
    private static func bytes(_ text: String) -> [UInt8] {
        text.split(separator: " ").compactMap { UInt8($0, radix: 16) }
    }

    private static func expand(_ secret: [UInt8], _ label: String, _ count: Int) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: count)
        let result = unsafe copenssl_expand_label(secret, secret.count, label, &output, count)
        #expect(result == 0)
        return output
    }

    /// The application traffic of "Simple 1-RTT Handshake": secret, key, vector.
    private static let vectors = [
        (
            """
            9e 40 64 6c e7 9a 7f 9d c0 5a f8 88 9b ce 65 52 87 5a fa 0b 06 df 00 87 f7 92 eb b7 c1 \
            75 04 a5
            """,
            "17 42 2d da 59 6e d5 d9 ac d8 90 e3 c6 3f 50 51",
            "5b 78 92 3d ee 08 57 90 33 e5 23 d9"
        ),
        (
            """
            a1 1a f9 f0 55 31 f8 56 ad 47 11 6b 45 a9 50 32 82 04 b4 f4 4b fb 6b 3a 4b 4f 1f 3f cb \
            63 16 43
            """,
            "9f 02 28 3b 6c 9c 07 ef c2 6b b9 f2 ac 92 e3 56",
            "cf 78 2b 88 dd 83 54 9a ad f1 e9 84"
        ),
    ]

    @Test("Those of TLS 1.3 are as RFC 8448 §3 has them", arguments: vectors)
    func tls13(secret: String, key: String, vector: String) {
        let secret = Self.bytes(secret)
        #expect(Self.expand(secret, "key", 16) == Self.bytes(key))
        #expect(Self.expand(secret, "iv", 12) == Self.bytes(vector))
    }
}
