import SeededRandom
import Sockets
import TestInputs
import Testing
import Traffic

@testable import TLS

@Suite("TLS in memory", .timeLimit(.minutes(2)))
struct TLSHandshakeTests {
    static func identity(_ chain: String, _ key: String) throws -> TLSIdentity {
        try TLSIdentity(chain: Array(chain.utf8), key: Array(key.utf8))
    }

    static func gateway() throws -> TLSIdentity {
        try identity(TestCertificates.gateway, TestCertificates.gatewayKey)
    }

    static func server(
        _ change: (inout TLSPolicy) -> Void = { _ in },
        scope: String = "",
        keys: TLSTicketKeys? = nil
    ) throws -> TLSServer {
        var policy = TLSPolicy()
        change(&policy)
        let other = try identity(TestCertificates.other, TestCertificates.otherKey)
        return try TLSServer(
            [try gateway(), other],
            policy: policy,
            scope: scope,
            ticketKeys: keys
        )
    }

    static func client(
        showing identity: TLSIdentity? = nil,
        _ change: (inout TLSPolicy) -> Void = { _ in }
    ) throws -> TLSClient {
        var policy = TLSPolicy()
        policy.peerCertificates = .required
        policy.authorities = Array(TestCertificates.authority.utf8)
        change(&policy)
        return try TLSClient(showing: identity, policy: policy)
    }

    static func pair(
        _ server: TLSServer,
        _ client: TLSClient,
        name: String? = "a.gw.example",
        verifying verified: String? = "a.gw.example"
    ) throws -> MemoryPair {
        let connection = try #require(client.connect(serverName: name, verifiedName: verified))
        return MemoryPair(connection, try #require(server.accept()))
    }

    @Test("Both sides agree on TLS 1.3, and every byte arrives")
    func bytes() throws {
        let pair = try Self.pair(Self.server(), Self.client())
        let session = try pair.handshake()
        #expect(session.server.version == .tls13)
        #expect(session.server.serverName == "a.gw.example")
        #expect(!session.server.isResumed)
        #expect(session.client.cipher == session.server.cipher)
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        #expect(pair.carry(bytes, from: pair.client, to: pair.server) == bytes)
        #expect(pair.carry(bytes, from: pair.server, to: pair.client) == bytes)
    }

    @Test("The certificate is that of the name, by a wildcard of one label, or the first one")
    func names() throws {
        let cases: [(name: String?, verified: String, isValid: Bool)] = [
            ("gw.example", "gw.example", true), ("A.GW.Example", "a.gw.example", true),
            ("other.example", "other.example", true), ("192.0.2.1", "192.0.2.1", true),
            ("b.a.gw.example", "b.a.gw.example", false), ("x.example", "x.example", false),
            (nil, "gw.example", true), (nil, "other.example", false),
        ]
        for (name, verified, isValid) in cases {
            let pair = try Self.pair(
                Self.server(),
                Self.client(),
                name: name,
                verifying: verified
            )
            if isValid {
                let session = try pair.handshake()
                #expect(session.server.serverName == name?.lowercased())
            } else {
                #expect(throws: MemoryPair.Failure.self) { try pair.handshake() }
            }
        }
    }

    @Test("A client with an authority of its own learns what is wrong with the certificate")
    func authority() throws {
        let stranger = try Self.client { $0.authorities = Array(TestCertificates.other.utf8) }
        let pair = try Self.pair(Self.server(), stranger)
        let failure = #expect(throws: MemoryPair.Failure.self) { try pair.handshake() }
        #expect(failure?.side == .client)
        #expect(failure?.reason.contains("unable to get local issuer certificate") == true)
    }

    @Test("A protocol both sides have is chosen; one that only the client has is refused")
    func applicationProtocol() throws {
        let server = try Self.server { $0.applicationProtocols = ["http/1.1"] }
        let session = try Self.pair(server, Self.client()).handshake()
        #expect(session.server.applicationProtocol == nil)
    }

    @Test("A client certificate that is required is required, and one that is revoked is refused")
    func clientCertificates() throws {
        let server = try Self.server {
            $0.peerCertificates = .required
            $0.authorities = Array(TestCertificates.authority.utf8)
            $0.revocations = Array(TestCertificates.revocations.utf8)
            $0.minimumVersion = .tls12
        }
        let own = try Self.identity(TestCertificates.client, TestCertificates.clientKey)
        let session = try Self.pair(server, Self.client(showing: own)).handshake()
        #expect(session.server.clientCertificate?.subject == "CN=client,O=Test")
        #expect(session.server.clientCertificate?.commonName == "client")
        let none = try Self.pair(server, Self.client())
        let failure = #expect(throws: MemoryPair.Failure.self) { try none.handshake() }
        #expect(failure.map { TLSFailureCause(reason: $0.reason) } == .clientCertificate)
        let revoked = try Self.identity(TestCertificates.revoked, TestCertificates.revokedKey)
        let refused = try Self.pair(server, Self.client(showing: revoked))
        let refusal = #expect(throws: MemoryPair.Failure.self) { try refused.handshake() }
        #expect(refusal?.reason.contains("certificate revoked") == true)
    }

    @Test("An end that has arrived with the last bytes is told after them")
    func end() throws {
        let pair = try Self.pair(Self.server(), Self.client())
        _ = try pair.handshake()
        for (bytes, limit) in [(100, 65_536), (100, 100), (40_000, 16_384), (40_000, 65_536)] {
            let pair = try Self.pair(Self.server(), Self.client())
            _ = try pair.handshake()
            let sent = [UInt8](repeating: 7, count: bytes)
            var offset = 0
            while offset < sent.count {
                let (outcome, records) = pair.client.call { $0.write(&$1, sent, from: offset) }
                pair.server.incoming += records
                guard case .done(let count) = outcome else { break }
                offset += count
            }
            pair.server.incoming +=
                pair.client.call { connection, wire in
                    connection.end(&wire)
                    return .ended
                }.sent
            var received = 0
            var hasMore = true
            while hasMore, received < bytes {
                let (outcome, _) = pair.server.call { connection, wire in
                    let outcome = connection.read(&wire, into: pair.server.plain, atMost: limit)
                    hasMore = wire.hasMore
                    return outcome
                }
                guard case .done(let count) = outcome else { break }
                received += count
            }
            #expect(received == bytes && (hasMore || !pair.server.incoming.isEmpty))
            let (last, _) = pair.server.call { $0.read(&$1, into: pair.server.plain, atMost: 10) }
            #expect(last == .ended)
        }
    }

    @Test("One read takes so many records, however small they are")
    func smallRecords() throws {
        let pair = try Self.pair(Self.server(), Self.client())
        _ = try pair.handshake()
        for _ in 0..<1_000 {
            pair.server.incoming += pair.client.call { $0.write(&$1, [7], from: 0) }.sent
        }
        var received = 0
        var calls = 0
        while received < 1_000, calls < 1_000 {
            calls += 1
            let (outcome, _) = pair.server.call { connection, wire in
                let outcome = connection.read(&wire, into: pair.server.plain, atMost: 65_536)
                #expect(wire.stepCount <= 128)
                return outcome
            }
            guard case .done(let count) = outcome else { break }
            #expect(count <= 64)
            received += count
        }
        #expect(received == 1_000 && calls >= 1_000 / 64)
    }

    @Test("A key that does not belong to its certificate is named as such")
    func mismatch() {
        let error = #expect(throws: TLSError.self) {
            try Self.identity(TestCertificates.gateway, TestCertificates.otherKey)
        }
        #expect(error?.description == "the private key does not belong to the certificate")
        #expect(throws: TLSError.self) { try Self.identity("", TestCertificates.otherKey) }
        #expect(throws: TLSError.self) {
            try Self.identity(TestCertificates.gateway, TestCertificates.gateway)
        }
    }

    @Test("A certificate tells its names, its time and its fingerprint")
    func facts() throws {
        let identity = try Self.gateway()
        #expect(identity.names == ["gw.example", "*.gw.example", "192.0.2.1"])
        #expect(identity.subject == "CN=gateway,O=Test")
        #expect(identity.issuer == "CN=Test authority")
        #expect(identity.keyAlgorithm == "EC256")
        #expect(identity.notAfter - identity.notBefore == 36_500 * 86_400)
        #expect(identity.fingerprintText.hasPrefix("SHA256:"))
        #expect(identity.fingerprintText.utf8.count == 7 + 32 * 3 - 1)
    }

    @Test("Bytes that are not TLS fail, and never crash", arguments: SeededGenerator.seeds)
    func garbage(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let server = try Self.server()
        for _ in 0..<300 {
            let end = MemoryPair.End(try #require(server.accept()))
            var bytes = (0..<Int.random(in: 1...2_000, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) {
                bytes.replaceSubrange(0..<0, with: [22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3])
            }
            end.incoming = bytes
            let (outcome, _) = end.call { $0.handshake(&$1) }
            #expect(outcome != .done(count: 0))
        }
    }

    @Test("A name with a policy of its own is asked for certificates of its own authorities")
    func namedPolicy() throws {
        let trust = CertificateTrust(authorities: "ca.pem")
        var closed = TLSPolicy()
        closed.peerCertificates = .required
        closed.authorities = Array(TestCertificates.authority.utf8)
        closed.trust = trust
        let server = try TLSServer(
            [try Self.gateway()],
            policy: TLSPolicy(),
            named: ["a.gw.example": closed],
            scope: "",
            ticketKeys: nil
        )
        let reader = try Self.client(
            showing: Self.identity(TestCertificates.client, TestCertificates.clientKey)
        )
        let shown = try Self.pair(server, reader).handshake().server
        #expect(shown.clientCertificate?.trust == trust)
        #expect(throws: MemoryPair.Failure.self) {
            try Self.pair(server, Self.client()).handshake()
        }
        let open = "b.gw.example"
        let other = try Self.pair(server, reader, name: open, verifying: open).handshake().server
        #expect(other.clientCertificate == nil)
    }
}
