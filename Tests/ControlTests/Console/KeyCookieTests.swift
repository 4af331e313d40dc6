import HTTPTypes
import Testing
import Time

@testable import Control

@Suite("The cookie of a key")
struct KeyCookieTests {
    private static let now = UnixTime(seconds: 1_000_000)

    private func fields(_ cookie: KeyCookie, _ secret: String = "sk-secret") throws -> HTTPFields {
        let field = try #require(cookie.field(secret: secret, at: Self.now))
        return [.cookie: String(field.prefix { $0 != ";" })]
    }

    @Test("It is of no use for another gateway, nor after eight hours")
    func elsewhere() throws {
        let cookie = KeyCookie(isSecure: false)
        let fields = try fields(cookie)
        #expect(cookie.secret(in: fields, at: Self.now) == "sk-secret")
        let end = Self.now.seconds + 8 * 3_600
        #expect(cookie.secret(in: fields, at: UnixTime(seconds: end - 1)) != nil)
        #expect(cookie.secret(in: fields, at: UnixTime(seconds: end)) == nil)
        #expect(KeyCookie(isSecure: false).secret(in: fields, at: Self.now) == nil)
    }

    @Test("Scripts and other sites do not get it, and over HTTPS no other host can set it")
    func attributes() throws {
        let plain = try #require(KeyCookie(isSecure: false).field(secret: "sk-1", at: Self.now))
        #expect(plain.hasPrefix("sluice-key="))
        #expect(plain.hasSuffix("; Path=/; HttpOnly; SameSite=Strict") && !plain.contains("sk-1"))
        let secure = try #require(KeyCookie(isSecure: true).field(secret: "sk-1", at: Self.now))
        #expect(secure.hasPrefix("__Host-sluice-key="))
        #expect(secure.hasSuffix("; Path=/; HttpOnly; SameSite=Strict; Secure"))
    }
}
