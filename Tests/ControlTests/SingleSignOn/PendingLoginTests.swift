import Addresses
import Credentials
import Testing

@testable import Control

@Suite("Logins that were begun at a provider")
struct PendingLoginTests {
    private static let source = IPAddress.v4(IPv4Address(192, 0, 2, 1))
    private var logins = PendingLogins()

    private mutating func begin(at now: Double = 0, from source: IPAddress = source)
        -> (login: PendingLogin, browserSecret: String)
    {
        logins.begin(at: "https://a.example", returningTo: .root, from: source, at: now)
    }

    @Test("A login comes back once, to the browser that has begun it")
    mutating func once() {
        let (login, secret) = begin()
        let (other, otherSecret) = begin()
        #expect(logins.end(state: login.state, browserSecret: otherSecret, at: 1) == nil)
        #expect(logins.end(state: login.state, browserSecret: "", at: 1) == nil)
        #expect(logins.end(state: "", browserSecret: secret, at: 1) == nil)
        #expect(logins.end(state: login.state, browserSecret: secret, at: 1) == login)
        #expect(logins.end(state: login.state, browserSecret: secret, at: 1) == nil)
        #expect(logins.end(state: other.state, browserSecret: otherSecret, at: 1) == other)
        #expect(logins.count == 0)
    }

    @Test("It comes back within ten minutes")
    mutating func time() {
        let (login, secret) = begin(at: 5)
        #expect(logins.end(state: login.state, browserSecret: secret, at: 605) == nil)
        let (later, laterSecret) = begin(at: 605)
        #expect(logins.count == 1)
        #expect(logins.end(state: later.state, browserSecret: laterSecret, at: 1_204.9) == later)
    }

    @Test("State, nonce, verifier and the browser's secret are 256 random bits each")
    mutating func randomness() {
        let all = (0..<10).flatMap { _ in
            let (login, secret) = begin()
            return [login.state, login.nonce, login.verifier, secret]
        }
        #expect(Set(all).count == 40)
        #expect(all.allSatisfy { [UInt8](base64URL: $0)?.count == 32 })
    }

    @Test("The challenge is the verifier's SHA-256 (RFC 7636 §4.2)")
    mutating func challenge() throws {
        let login = begin().login
        #expect(
            try #require([UInt8](base64URL: login.challenge)) == Digest.sha256(login.verifier.utf8)
        )
        #expect(login.challenge != login.verifier)
    }

    @Test("A source has a bounded number, and does not displace those of others")
    mutating func bounds() {
        let (first, secret) = begin(from: .v4(IPv4Address(192, 0, 2, 2)))
        let own = begin()
        for _ in 0..<PendingLogins.limitPerSource { _ = begin() }
        #expect(logins.count == PendingLogins.limitPerSource + 1)
        #expect(logins.end(state: own.login.state, browserSecret: own.browserSecret, at: 1) == nil)
        #expect(logins.end(state: first.state, browserSecret: secret, at: 1) == first)
    }

    @Test("All sources together have a bounded number: the oldest goes")
    mutating func total() {
        let first = begin(from: .v4(IPv4Address(bits: 0)))
        let second = begin(from: .v4(IPv4Address(bits: 1)))
        for index in 2...UInt32(PendingLogins.limit) {
            _ = begin(from: .v4(IPv4Address(bits: index)))
        }
        #expect(logins.count == PendingLogins.limit)
        let (gone, kept) = (first.login.state, second.login.state)
        #expect(logins.end(state: gone, browserSecret: first.browserSecret, at: 1) == nil)
        #expect(
            logins.end(state: kept, browserSecret: second.browserSecret, at: 1) == second.login
        )
    }
}
