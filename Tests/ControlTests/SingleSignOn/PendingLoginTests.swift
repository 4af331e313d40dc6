import Credentials
import Testing

@testable import Control

@Suite("Logins that were begun at a provider")
struct PendingLoginTests {
    private var logins = PendingLogins()

    private func begin(at now: Double = 0) throws -> (login: PendingLogin, cookie: String) {
        try #require(logins.begin(at: "https://a.example", returningTo: .root, at: now))
    }

    @Test("A login comes back once, to the browser that has begun it")
    mutating func once() throws {
        let (login, cookie) = try begin()
        let (other, otherCookie) = try begin()
        #expect(logins.end(state: login.state, cookie: otherCookie, at: 1) == nil)
        #expect(logins.end(state: login.state, cookie: "", at: 1) == nil)
        #expect(logins.end(state: "", cookie: cookie, at: 1) == nil)
        #expect(logins.end(state: login.state, cookie: cookie, at: 1) == login)
        #expect(logins.end(state: login.state, cookie: cookie, at: 1) == nil)
        #expect(logins.end(state: other.state, cookie: otherCookie, at: 1) == other)
    }

    @Test("It comes back within ten minutes, to the same process, unchanged")
    mutating func limits() throws {
        let (login, cookie) = try begin(at: 5)
        #expect(logins.end(state: login.state, cookie: cookie, at: 605) == nil)
        #expect(logins.end(state: login.state, cookie: String(cookie.dropLast()), at: 6) == nil)
        let first: Character = cookie.hasPrefix("A") ? "B" : "A"
        let changed = String(first) + cookie.dropFirst()
        #expect(logins.end(state: login.state, cookie: changed, at: 6) == nil)
        var restarted = PendingLogins()
        #expect(restarted.end(state: login.state, cookie: cookie, at: 6) == nil)
        #expect(logins.end(state: login.state, cookie: cookie, at: 604.9) == login)
    }

    @Test("State, nonce and verifier are 256 random bits each, and not in the cookie's text")
    func randomness() throws {
        var all: [String] = []
        for _ in 0..<10 {
            let (login, cookie) = try begin()
            all += [login.state, login.nonce, login.verifier]
            let bytes = try #require([UInt8](base64URL: cookie))
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(!text.contains(login.verifier) && !cookie.contains(login.verifier))
        }
        #expect(Set(all).count == 30)
        #expect(all.allSatisfy { [UInt8](base64URL: $0)?.count == 32 })
    }

    @Test("The challenge is the verifier's SHA-256 (RFC 7636 §4.2)")
    func challenge() throws {
        let login = try begin().login
        #expect(
            try #require([UInt8](base64URL: login.challenge)) == Digest.sha256(login.verifier.utf8)
        )
        #expect(login.challenge != login.verifier)
    }

    @Test("Any number may have begun; of those that have come back, a bounded number is known")
    mutating func bounds() throws {
        let (first, cookie) = try begin()
        for _ in 0..<10_100 {
            let (login, cookie) = try begin()
            #expect(logins.end(state: login.state, cookie: cookie, at: 1) != nil)
        }
        #expect(logins.endedCount == 10_000)
        #expect(logins.end(state: first.state, cookie: cookie, at: 1) == first)
        let (later, laterCookie) = try begin(at: 700)
        #expect(logins.end(state: later.state, cookie: laterCookie, at: 701) == later)
        #expect(logins.endedCount == 1)
    }
}
