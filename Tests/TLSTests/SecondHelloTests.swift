import TestInputs
import Testing

@testable import TLS

/// A server that has no use for a client's key share asks for another (HelloRetryRequest, RFC 8446
/// §4.1.4): the client then sends a second ClientHello, which must be the first one otherwise.
@Suite("A client's second hello", .timeLimit(.minutes(1)))
struct SecondHelloTests {
    private static func vector(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8(bytes.count >> 8), UInt8(truncatingIfNeeded: bytes.count)] + bytes
    }

    private static func short(_ bytes: [UInt8]) -> [UInt8] { [UInt8(bytes.count)] + bytes }

    private static let x25519: [UInt8] = [0, 0x1d]
    private static let x448: [UInt8] = [0, 0x1e]

    /// A ClientHello of TLS 1.3 in a record.
    private static func hello(
        _ name: String,
        share group: [UInt8],
        _ shareByteCount: Int,
        protocols: [String] = []
    ) -> [UInt8] {
        var extensions: [UInt8] = [0, 0] + vector(vector([0] + vector(Array(name.utf8))))
        extensions += [0, 43] + vector(short([3, 4]))
        extensions += [0, 10] + vector(vector(x448 + x25519))
        extensions += [0, 13] + vector(vector([4, 3, 8, 4, 4, 1]))
        let share = group + vector([UInt8](repeating: 5, count: shareByteCount))
        extensions += [0, 51] + vector(vector(share))
        if !protocols.isEmpty {
            extensions += [0, 16] + vector(vector(protocols.flatMap { short(Array($0.utf8)) }))
        }
        var body: [UInt8] = [3, 3] + [UInt8](repeating: 7, count: 32)
        body += short([UInt8](repeating: 9, count: 32)) + vector([0x13, 1]) + short([0])
        body += vector(extensions)
        return [22, 3, 1] + vector([1, 0] + vector(body))
    }

    /// What the server answers a first hello that makes it ask for another key share, and then a
    /// second one.
    private func answers(_ server: TLSServer, _ first: [UInt8], _ second: [UInt8]) throws
        -> [[UInt8]]
    {
        let end = MemoryPair.End(try #require(server.accept()))
        return [first, second].map { hello in
            end.incoming += hello
            return end.call { $0.handshake(&$1) }.sent
        }
    }

    private static let serverHello: UInt8 = 22
    private static let illegalParameter: [UInt8] = [21, 3, 3, 0, 2, 2, 47]

    @Test("The same name goes on, another one ends the handshake")
    func name() throws {
        let server = try TLSHandshakeTests.server()
        let first = Self.hello("a.gw.example", share: Self.x448, 56)
        let same = Self.hello("a.gw.example", share: Self.x25519, 32)
        let answers = try answers(server, first, same)
        #expect(answers.allSatisfy { $0.first == Self.serverHello })
        let other = Self.hello("other.example", share: Self.x25519, 32)
        #expect(try self.answers(server, first, other)[1] == Self.illegalParameter)
    }

    @Test("What began as an authority's challenge gets nothing else")
    func challenge() throws {
        let challenges = TLSChallenges()
        try challenges.add(try TLSHandshakeTests.gateway(), for: "a.gw.example")
        var policy = TLSPolicy()
        policy.peerCertificates = .required
        policy.authorities = Array(TestCertificates.authority.utf8)
        let server = try TLSServer(
            [try TLSHandshakeTests.gateway()],
            policy: policy,
            scope: "",
            ticketKeys: nil,
            challenges: challenges
        )
        let first = Self.hello("a.gw.example", share: Self.x448, 56, protocols: ["acme-tls/1"])
        for second in [
            Self.hello("a.gw.example", share: Self.x25519, 32),
            Self.hello("other.example", share: Self.x25519, 32),
            Self.hello("a.gw.example", share: Self.x25519, 32, protocols: ["http/1.1"]),
        ] {
            #expect(try answers(server, first, second)[1] == Self.illegalParameter)
        }
        let ordinary = Self.hello("a.gw.example", share: Self.x448, 56)
        let late = Self.hello("a.gw.example", share: Self.x25519, 32, protocols: ["acme-tls/1"])
        #expect(try answers(server, ordinary, late)[1] == Self.illegalParameter)
    }
}
