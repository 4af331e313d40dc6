import SeededRandom
import Testing

@testable import Traffic

@Suite("Tokens of the gateway's own redirects")
struct RedirectTokenTests {
    /// Seals nothing: what is sealed is the bytes in hexadecimal.
    private struct OpenSeal: TokenSealing {
        func seal(_ bytes: [UInt8]) -> String {
            bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }

        func open(_ text: String) -> [UInt8]? {
            let digits = text.compactMap(\.hexDigitValue).map(UInt8.init)
            guard digits.count == text.utf8.count, digits.count % 2 == 0 else { return nil }
            return stride(from: 0, to: digits.count, by: 2).map {
                digits[$0] << 4 | digits[$0 + 1]
            }
        }
    }

    private static func token(
        host: String = "be-1",
        port: UInt16 = 8040,
        usesTLS: Bool = false,
        target: String = "/api/db/t/_stream_load?a=b",
        expiry: Int64 = 1_900_000_000,
        service: String = "http of W"
    ) -> RedirectToken {
        RedirectToken(
            server: RedirectTarget(host: host, port: port, usesTLS: usesTLS),
            target: target,
            expiry: expiry,
            service: service
        )
    }

    private static let tokens = [
        token(),
        token(host: "2001:db8::7", usesTLS: true),
        token(port: 65_535, target: "/", service: ""),
        token(target: "/api/库/t?x=" + String(repeating: "y", count: 16_000)),
        token(expiry: .max),
        token(expiry: -1),
    ]

    @Test("What is written is read", arguments: tokens)
    func roundTrip(token: RedirectToken) {
        #expect(RedirectToken(bytes: token.bytes) == token)
    }

    @Test("A token is of one service, until it expires")
    func validity() {
        let seal = OpenSeal()
        let text = seal.seal(Self.token(expiry: 100).bytes)
        func isValid(_ service: String, at seconds: Int64) -> Bool {
            RedirectToken(text, by: seal, service: service, at: seconds) != nil
        }
        #expect(isValid("http of W", at: 99))
        #expect(!isValid("http of W", at: 100))
        #expect(!isValid("http of W", at: .max))
        #expect(!isValid("http of V", at: 0))
        #expect(!isValid("", at: 0))
        #expect(RedirectToken("zz", by: seal, service: "http of W", at: 0) == nil)
    }

    @Test("Bytes that are cut off, extended or of another version are not a token")
    func malformed() {
        let bytes = Self.token().bytes
        for count in bytes.indices { #expect(RedirectToken(bytes: Array(bytes[..<count])) == nil) }
        #expect(RedirectToken(bytes: bytes + [0]) == nil)
        #expect(RedirectToken(bytes: [0] + bytes.dropFirst()) == nil)
        #expect(RedirectToken(bytes: [2] + bytes.dropFirst()) == nil)
        var portless = bytes
        (portless[2], portless[3]) = (0, 0)
        #expect(RedirectToken(bytes: portless) == nil)
        var endless = bytes
        for index in 12..<16 { endless[index] = 0xff }
        #expect(RedirectToken(bytes: endless) == nil)
    }

    @Test("Changed bytes are another token or none", arguments: SeededGenerator.seeds)
    func fuzz(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let bytes = Self.token().bytes
        for _ in 0..<5_000 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1..<4, using: &random) {
                let index = Int.random(in: 0..<changed.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: changed[index] = UInt8.random(in: 0...255, using: &random)
                case 1: changed.remove(at: index)
                default: changed.insert(UInt8.random(in: 0...255, using: &random), at: index)
                }
            }
            #expect(RedirectToken(bytes: changed)?.server.port != 0)
        }
    }

    private static func parameter(in target: String) -> String? {
        let bytes = Array(target.utf8)
        return RedirectToken.parameter(in: bytes.span)
    }

    @Test("The parameter is found at the end of a query only")
    func parameter() {
        #expect(Self.parameter(in: "/x?sluice=aZ09-_") == "aZ09-_")
        #expect(Self.parameter(in: "/x?a=b&sluice=abc") == "abc")
        #expect(Self.parameter(in: "/x?sluice=abc&sluice=def") == "def")
        for target in [
            "", "sluice=abc", "?sluice=", "/x?sluice=", "/x?sluice=abc&a=b", "/x?sluice=a%62c",
            "/x?xsluice=abc", "/x/sluice=abc", "/x?a=sluice=abc", "/x?sluice=abc ",
            "/x;sluice=abc", "/x#sluice=abc",
        ] { #expect(Self.parameter(in: target) == nil, "\(target)") }
    }
}
