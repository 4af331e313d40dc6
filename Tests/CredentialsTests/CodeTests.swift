import Testing
import Time

@testable import Credentials

@Suite("One-time codes and recovery codes")
struct CodeTests {
    private static let code = TimeBasedCode(secret: Array("12345678901234567890".utf8))

    private static func moment(_ seconds: Int64) -> UnixTime { UnixTime(seconds: seconds) }

    /// RFC 6238 appendix B, SHA-1; the last six of its eight digits.
    @Test(
        "The codes are those of RFC 6238",
        arguments: [
            (59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"),
            (1_234_567_890, "005924"), (2_000_000_000, "279037"), (20_000_000_000, "353130"),
        ]
    )
    func vectors(seconds: Int64, text: String) {
        #expect(Self.code.text(of: seconds / 30) == text)
        #expect(
            Self.code.period(of: text, at: Self.moment(seconds), after: nil) == seconds / 30
        )
    }

    @Test("The code before and the one after count too, and no others")
    func tolerance() {
        let now: Int64 = 1_234_567_890
        let period = now / 30
        for offset in -3...3 as ClosedRange<Int64> {
            let found = Self.code.period(
                of: Self.code.text(of: period + offset),
                at: Self.moment(now),
                after: nil
            )
            #expect(found == ((-1...1).contains(offset) ? period + offset : nil), "\(offset)")
        }
    }

    @Test("No code counts twice, and none before it")
    func replay() {
        let now: Int64 = 1_234_567_890
        let period = now / 30
        let (text, older) = (Self.code.text(of: period), Self.code.text(of: period - 1))
        #expect(Self.code.period(of: text, at: Self.moment(now), after: period - 1) == period)
        #expect(Self.code.period(of: text, at: Self.moment(now), after: period) == nil)
        #expect(Self.code.period(of: older, at: Self.moment(now), after: period) == nil)
    }

    @Test(
        "What is not six digits is no code",
        arguments: ["", "28708", "2870820", "28708a", "٢٨٧٠٨٢"]
    )
    func malformed(text: String) {
        #expect(Self.code.period(of: text, at: Self.moment(59), after: nil) == nil)
    }

    @Test("A space between the digits does not matter")
    func space() {
        #expect(Self.code.period(of: "287 082", at: Self.moment(59), after: nil) == 1)
    }

    @Test("An app gets the secret in Base32, with a name that is escaped")
    func uri() {
        #expect(Self.code.base32 == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
        let uri = Self.code.uri(issuer: "Sluice", account: "anna@example.com:x")
        #expect(
            uri.hasPrefix(
                "otpauth://totp/Sluice:anna%40example.com%3Ax"
                    + "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Sluice"
            )
        )
    }

    @Test("Each recovery code works once, however it is typed")
    func recovery() throws {
        var (codes, texts) = RecoveryCodes.make()
        #expect(texts.count == 10 && Set(texts).count == 10 && codes.remaining == 10)
        let first = try #require(texts.first)
        let last = try #require(texts.last)
        let typed = [
            "aaaa-aaaa-aaaa-aaaa", "", first.uppercased().replacing("-", with: " "), first, last,
        ]
        var accepted: [Bool] = []
        for text in typed { accepted.append(codes.use(text)) }
        #expect(accepted == [false, false, true, false, true] && codes.remaining == 8)
    }
}
