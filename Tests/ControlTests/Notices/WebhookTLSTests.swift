import Addresses
import NIOSSL
import Operations
import ScriptedServers
import Synchronization
import Testing

@testable import Control

@Suite("Delivering notices by HTTPS", .timeLimit(.minutes(2)))
struct WebhookTLSTests {
    private static let ok = ScriptedServer.Answer(raw: "HTTP/1.1 204 No Content\r\n\r\n")
    private let authority: TestAuthority

    init() throws { authority = try TestAuthority() }

    /// One attempt at a receiver with this certificate, and the requests that have arrived.
    ///
    /// - Parameter trusted: the file of the authorities; the system's if there is none.
    private func attempt(
        _ tls: NIOSSLContext?,
        host: String = "receiver.test",
        trusted: String?,
        names: @escaping ReceiverNames.LookUp = { _ in [.v4(IPv4Address(127, 0, 0, 1))] }
    ) async throws -> (DeliveryAttempt, requests: [ScriptedServer.Request]) {
        try await ScriptedServer.run(tls: tls, [Self.ok]) { server in
            let port = server.address.split(separator: ":")[1]
            let receiver = try Receiver(
                "https://\(host):\(port)/hook",
                authorityFile: trusted,
                names: names
            )
            let attempt = await receiver.sender.test(receiver.webhook)
            receiver.sender.close()
            return (attempt, server.requests)
        }
    }

    @Test("The certificate is checked for the URL's name, at the one address that was checked")
    func delivered() async throws {
        let asked = AskedNames()
        let tls = try authority.context(for: ["receiver.test"], asked: asked)
        let count = Mutex(0)
        let (attempt, requests) = try await attempt(tls, trusted: authority.file) { name in
            #expect(name == "receiver.test")
            // A second answer would lead elsewhere.
            let isFirst = count.withLock { count in
                count += 1
                return count == 1
            }
            return [.v4(isFirst ? IPv4Address(127, 0, 0, 1) : IPv4Address(127, 0, 0, 99))]
        }
        #expect(attempt.delivered && attempt.status == 204, "\(attempt)")
        #expect(count.withLock { $0 } == 1)
        #expect(asked.all == ["receiver.test"])
        let host = try #require(requests.first?.headers["host"])
        #expect(requests.count == 1 && host.hasPrefix("receiver.test:"))
    }

    @Test("An address needs a certificate for that address, and is not a server's name")
    func address() async throws {
        let asked = AskedNames()
        let tls = try authority.context(for: ["127.0.0.1"], asked: asked)
        let (good, _) = try await attempt(tls, host: "127.0.0.1", trusted: authority.file)
        #expect(good.delivered, "\(good)")
        #expect(asked.all == [nil])
        let named = try authority.context(for: ["receiver.test"])
        let (bad, requests) = try await attempt(named, host: "127.0.0.1", trusted: authority.file)
        #expect(bad.error == "the certificate is not for 127.0.0.1")
        #expect(requests.isEmpty)
    }

    @Test("A certificate of an unknown authority, of another name, or that has expired, is refused")
    func refused() async throws {
        let doubt =
            "the certificate has expired, or is not issued by an authority that the gateway trusts"
        let good = try authority.context(for: ["receiver.test"])
        let other = try authority.context(for: ["other.test", "receiver.test.evil", "127.0.0.1"])
        let expired = try authority.context(for: ["receiver.test"], life: -2 ... -1)
        let early = try authority.context(for: ["receiver.test"], life: 1...2)
        let stranger = try TestAuthority()
        for (tls, trusted, words) in [
            (good, nil, doubt), (good, stranger.file, doubt),
            (other, authority.file, "the certificate is not for receiver.test"),
            (expired, authority.file, doubt), (early, authority.file, doubt),
        ] {
            let (attempt, requests) = try await attempt(tls, trusted: trusted)
            #expect(!attempt.delivered && attempt.status == nil)
            #expect(attempt.error == words)
            // Nothing of the notice was sent.
            #expect(requests.isEmpty)
        }
    }

    @Test("TLS 1.1 and older is refused")
    func version() async throws {
        let old = try authority.context(for: ["receiver.test"], newest: .tlsv11)
        let (attempt, requests) = try await attempt(old, trusted: authority.file)
        #expect(attempt.error == "the TLS handshake failed" && requests.isEmpty)
    }
}
