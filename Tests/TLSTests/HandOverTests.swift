import COpenSSL
import Sockets
import Testing
import Traffic

@testable import TLS

@Suite("Handing a session over", .timeLimit(.minutes(2)))
struct HandOverTests {
    struct Form: CustomTestStringConvertible {
        let version: TLSSession.Version
        let cipher: String

        var testDescription: String { "\(version.rawValue) \(cipher)" }
    }

    static let forms = [
        Form(version: .tls12, cipher: "ECDHE-RSA-AES128-GCM-SHA256"),
        Form(version: .tls12, cipher: "ECDHE-RSA-AES256-GCM-SHA384"),
        Form(version: .tls12, cipher: "ECDHE-RSA-CHACHA20-POLY1305"),
        Form(version: .tls13, cipher: "TLS_AES_128_GCM_SHA256"),
        Form(version: .tls13, cipher: "TLS_AES_256_GCM_SHA384"),
        Form(version: .tls13, cipher: "TLS_CHACHA20_POLY1305_SHA256"),
    ]

    private static func pair(_ form: Form, exports: Bool = true) throws -> MemoryPair {
        let change: (inout TLSPolicy) -> Void = { policy in
            policy.allowsHandOver = exports
            policy.maximumVersion = form.version
            if form.version == .tls12 {
                let other = form.cipher.replacing("RSA", with: "ECDSA")
                policy.ciphers = "\(form.cipher):\(other)"
            } else {
                policy.cipherSuites = form.cipher
            }
        }
        let server = try TLSHandshakeTests.server(change, keys: try TLSTicketKeys())
        let pair = try TLSHandshakeTests.pair(server, try TLSHandshakeTests.client(change))
        let session = try pair.handshake()
        try #require(session.server.version == form.version)
        // The server's tickets are records too.
        _ = pair.carry([1], from: pair.server, to: pair.client)
        return pair
    }

    private static func keys(
        of end: MemoryPair.End,
        _ direction: KernelTLS.Direction
    ) -> RecordKeys? {
        var raw = copenssl_record_keys()
        let state = unsafe copenssl_tls_record_keys(
            end.connection.pointer,
            direction == .writing,
            &raw
        )
        return state == copenssl_keys_ready ? RecordKeys(raw) : nil
    }

    /// Sends something from one end, without the other reading it.
    private static func seal(_ bytes: [UInt8], at end: MemoryPair.End) -> [UInt8] {
        let (outcome, sent) = end.call { $0.write(&$1, bytes, from: 0) }
        #expect(outcome == .done(count: bytes.count))
        return sent
    }

    @Test(
        "The keys of either side open the peer's next record, and only that",
        arguments: forms
    )
    func reading(form: Form) throws {
        let pair = try Self.pair(form)
        for (sender, receiver) in [(pair.client, pair.server), (pair.server, pair.client)] {
            // Each round is further into the session.
            for count in [0, 5, 40_000] {
                if count > 0 {
                    let bytes = [UInt8](repeating: 7, count: count)
                    #expect(pair.carry(bytes, from: sender, to: receiver) == bytes)
                }
                let keys = try #require(Self.keys(of: receiver, .reading))
                let record = Self.seal(Array("the next one".utf8), at: sender)
                #expect(try keys.open(record) == Array("the next one".utf8))
                #expect(throws: (any Error).self) { try keys.next.open(record) }
                // OpenSSL has not lost it.
                receiver.incoming += record
                let (outcome, _) = receiver.call {
                    $0.read(&$1, into: receiver.plain, atMost: 100)
                }
                #expect(outcome == .done(count: 12))
            }
        }
    }

    @Test("A record that is sealed by the keys of either side is the peer's next", arguments: forms)
    func writing(form: Form) throws {
        let pair = try Self.pair(form)
        for (sender, receiver) in [(pair.client, pair.server), (pair.server, pair.client)] {
            let bytes = [UInt8](repeating: 9, count: 50_000)
            #expect(pair.carry(bytes, from: sender, to: receiver) == bytes)
            let keys = try #require(Self.keys(of: sender, .writing))
            for (keys, text) in [(keys, "by the"), (keys.next, "kernel")] {
                receiver.incoming += try keys.seal(Array(text.utf8))
                let (outcome, _) = receiver.call {
                    $0.read(&$1, into: receiver.plain, atMost: 100)
                }
                #expect(outcome == .done(count: 6))
                #expect(receiver.plain.copy(0..<6) == Array(text.utf8))
            }
        }
    }

    @Test("Within a record there are no keys, and what is missing is known", arguments: forms)
    func cut(form: Form) throws {
        let pair = try Self.pair(form)
        let record = Self.seal([UInt8](repeating: 3, count: 300), at: pair.client)
        for count in 1..<record.count {
            pair.server.incoming = [record[count - 1]]
            let (outcome, _) = pair.server.call {
                $0.read(&$1, into: pair.server.plain, atMost: 1_000)
            }
            #expect(outcome == .wantsInput)
            #expect(Self.keys(of: pair.server, .reading) == nil)
            let missing = count < 5 ? 5 - count : record.count - count
            #expect(pair.server.connection.missingByteCount == missing)
        }
        pair.server.incoming = [record[record.count - 1]]
        let (outcome, _) = pair.server.call {
            $0.read(&$1, into: pair.server.plain, atMost: 100)
        }
        // A part of it waits in OpenSSL.
        #expect(outcome == .done(count: 100))
        #expect(Self.keys(of: pair.server, .reading) == nil)
        _ = pair.server.call { $0.read(&$1, into: pair.server.plain, atMost: 1_000) }
        #expect(Self.keys(of: pair.server, .reading) != nil)
    }

    @Test("After the end of a stream, only the other one has keys", arguments: forms)
    func ended(form: Form) throws {
        let pair = try Self.pair(form)
        let (_, sent) = pair.client.call { connection, wire in
            connection.end(&wire)
            return .ended
        }
        pair.server.incoming += sent
        let (outcome, _) = pair.server.call {
            $0.read(&$1, into: pair.server.plain, atMost: 100)
        }
        #expect(outcome == .ended)
        #expect(Self.keys(of: pair.server, .reading) == nil)
        #expect(Self.keys(of: pair.server, .writing) != nil)
        #expect(Self.keys(of: pair.client, .writing) == nil)
    }

    @Test("A forged record leaves no keys, so that it cannot be skipped", arguments: forms)
    func forged(form: Form) throws {
        let pair = try Self.pair(form)
        let honest = Self.seal([1, 2, 3], at: pair.client)
        var forged = Self.seal([4, 5, 6], at: pair.client)
        forged[forged.count - 1] ^= 1
        pair.server.incoming += honest + forged
        let (outcome, _) = pair.server.call {
            $0.read(&$1, into: pair.server.plain, atMost: 100)
        }
        #expect(outcome == .done(count: 3))
        #expect(Self.keys(of: pair.server, .reading) == nil)
    }

    @Test("Secrets are kept only by contexts that allow it, and until they are forgotten")
    func secrets() throws {
        let without = try Self.pair(Self.forms[3], exports: false)
        #expect(Self.keys(of: without.server, .writing) == nil)
        let with = try Self.pair(Self.forms[3])
        #expect(Self.keys(of: with.server, .writing) != nil)
        with.server.connection.forgetSecrets()
        #expect(Self.keys(of: with.server, .writing) == nil)
        // OpenSSL continues.
        #expect(with.carry([1, 2], from: with.server, to: with.client) == [1, 2])
        #expect(with.carry([3], from: with.client, to: with.server) == [3])
    }
}
