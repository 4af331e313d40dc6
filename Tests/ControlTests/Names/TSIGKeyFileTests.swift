import DNSProtocol
import Foundation
import Testing

@testable import Control

@Suite("Files with the keys of updates")
struct TSIGKeyFileTests {
    private static let secret = Data(repeating: 7, count: 32).base64EncodedString()

    @Test("What tsig-keygen writes is read, with other spaces and comments too")
    func forms() throws {
        for text in [
            "key \"Sluice\" {\n\talgorithm hmac-sha256;\n\tsecret \"\(Self.secret)\";\n};\n",
            "# for Sluice\nkey sluice. { secret \"\(Self.secret)\"; algorithm HMAC-SHA256; };",
        ] {
            let key = try TSIGKeyFile.key(in: text, "file")
            #expect(key.name.description == "sluice." && key.algorithm == .hmacSHA256)
            #expect(key.secret == Array(repeating: 7, count: 32))
        }
    }

    @Test(
        "Anything else is an error that does not show the secret",
        arguments: [
            "", "key", "key a { };", "key a { algorithm hmac-sha256; secret \"AAAA\"; };",
            "key a { algorithm hmac-sha256; secret \"not base64 at all, really\"; };",
            "key a { algorithm hmac-md5; secret \"\(secret)\"; };",
            "key a { algorithm hmac-sha256; secret \"\(secret)\"; }; key b { };",
            "key a..b { algorithm hmac-sha256; secret \"\(secret)\"; };",
            "key a { algorithm; secret; ; ; ; };", "secret secret secret secret secret",
        ]
    )
    func malformed(text: String) {
        do throws(TSIGKeyFileError) {
            _ = try TSIGKeyFile.key(in: text, "file")
            Issue.record("it was read")
        } catch {
            #expect(!error.description.contains(Self.secret))
        }
    }

    @Test("Signatures are those of RFC 4231, for each algorithm")
    func hmac() throws {
        let name = try DNSName(parsing: "k")
        let first: [TSIGKey.Algorithm: [UInt8]] = [
            .hmacSHA256: [0x5b, 0xdc, 0xc1, 0x46], .hmacSHA384: [0xaf, 0x45, 0xd2, 0xe3],
            .hmacSHA512: [0x16, 0x4b, 0x7a, 0x7b],
        ]
        for (algorithm, start) in first {
            let key = TSIGKey(name: name, algorithm: algorithm, secret: Array("Jefe".utf8))
            let mac = TSIGKey.hmac(key, Array("what do ya want for nothing?".utf8))
            #expect(Array(mac.prefix(4)) == start)
        }
    }
}
