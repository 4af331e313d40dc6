import MySQLProtocol
import Policy
import TestInputs
import Testing

@testable import Traffic

/// COM_CHANGE_USER in a session, with scripted peers (MySQL `sql_authentication.cc`,
/// `sha2_password.cc`; MariaDB `sql_acl.cc`).
@Suite("Logging in again within a session")
struct MySQLUserChangeTests {
    private static let session = WatchedSession(threadID: 42, user: Array("demo".utf8))

    /// What was sent to both sides, and how it ended.
    private struct Run {
        enum End: Equatable {
            case relayed
            case denied(DenialReason, MySQLErrorPacket?)
            case left
        }

        private(set) var dialogue: (any Dialogue)?
        private(set) var watch: MySQLSessionWatch?
        private(set) var toClient: [UInt8] = []
        private(set) var toBackend: [UInt8] = []
        private(set) var end: End?

        init(_ watch: MySQLSessionWatch, pieces: [[UInt8]]) {
            var watch = watch
            for piece in pieces where end == nil {
                switch watch.receive(piece.span) {
                case .pass(let replay): toBackend += replay.held + piece[replay.offset...]
                case .converse(let next, let words, let sent):
                    dialogue = next
                    toClient += words
                    toBackend += sent
                case .denied(let reason, _, let words): deny(reason, words)
                case .answer, .kill: Issue.record("another step")
                }
            }
            self.watch = watch
        }

        mutating func receive(_ bytes: [UInt8], from side: RelaySide) {
            guard let step = dialogue?.receive(bytes.span, from: side) else { return }
            follow(step)
        }

        mutating func follow(_ step: DialogueStep) {
            switch step {
            case .more(let messages): append(messages)
            case .relay(let messages, let terms):
                append(messages)
                end = .relayed
                guard case .watched(let next) = terms else { return }
                watch = next as? MySQLSessionWatch
            case .denied(let reason, _, let words): deny(reason, words)
            case .left: end = .left
            case .dial, .startTLS, .refused, .answered: Issue.record("another step")
            }
        }

        private mutating func append(_ messages: Messages) {
            toClient += messages.toClient
            toBackend += messages.toBackend
        }

        private mutating func deny(_ reason: DenialReason, _ words: [UInt8]) {
            toClient += words
            // `try?`: other bytes are not an error.
            let last = (try? packets(words))?.last
            end = .denied(reason, last.flatMap { MySQLErrorPacket(payload: $0.payload) })
        }

        mutating func clear() { (toClient, toBackend) = ([], []) }

        /// The error that ended it.
        var error: MySQLErrorPacket? {
            guard case .denied(_, let error) = end else { return nil }
            return error
        }
    }

    private func run(
        client: Bool = false,
        backend: Bool = false,
        plugin: String? = "mysql_native_password",
        answer: [UInt8] = [UInt8](repeating: 9, count: 20)
    ) throws -> Run {
        let watch = MySQLSessionWatch(
            Self.session,
            exchange: try .ended(client: client, backend: backend)
        )
        return Run(watch, pieces: [Self.change(plugin: plugin, answer: answer)])
    }

    private static func change(
        user: String = "demo",
        plugin: String?,
        answer: [UInt8] = [],
        rest: [UInt8] = []
    ) -> [UInt8] {
        var payload: [UInt8] = [0x11] + Array(user.utf8) + [0, UInt8(answer.count)] + answer
        payload += Array("sales\0".utf8) + [45, 0]
        if let plugin { payload += Array(plugin.utf8) + [0] }
        return MySQLPacket(sequence: 0, payload: payload + rest).bytes
    }

    private static func packet(_ sequence: UInt8, _ payload: [UInt8]) -> [UInt8] {
        MySQLPacket(sequence: sequence, payload: payload).bytes
    }

    // MARK: What passes

    @Test("The request loses the route's suffix, in pieces of any size", arguments: 1...215)
    func suffix(pieceSize: Int) throws {
        let change = try #require(bytes(hexadecimal: CapturedLogin.changeOfUser))
        let forwarded = try #require(bytes(hexadecimal: CapturedLogin.forwardedChangeOfUser))
        let answer = try #require(bytes(hexadecimal: CapturedLogin.answerAfterChangeOfUser))
        let pieces = stride(from: 0, to: change.count, by: pieceSize).map {
            Array(change[$0..<min($0 + pieceSize, change.count)])
        }
        let watch = MySQLSessionWatch(Self.session, userSuffix: "awva7cm7")
        var run = Run(watch, pieces: pieces)
        #expect(run.toBackend == forwarded)
        run.clear()
        let request = Self.packet(1, Login.switchTo("mysql_native_password"))
        run.receive(request, from: .backend)
        run.receive(answer, from: .client)
        run.receive(Self.packet(3, Login.ok), from: .backend)
        #expect(run.end == .relayed && run.toBackend == answer)
        #expect(run.toClient == request + Self.packet(3, Login.ok))
        // Commands count from 0 again; whose they are is unknown.
        var next = try #require(run.watch)
        #expect(next.session.user == nil && next.session.threadID == 42)
        guard case .kill(let kill, _, _) = next.receive(MySQLPacket.query("KILL 7").bytes.span)
        else {
            Issue.record("the watch has ended")
            return
        }
        #expect(kill.session == 7)
    }

    @Test(
        "A user without the suffix passes as it is",
        arguments: ["demo", "demo@other", "@AWVA7CM8", "", String(repeating: "x", count: 400)]
    )
    func otherUser(user: String) {
        let change = Self.change(user: user, plugin: "mysql_native_password", rest: [3, 1, 97, 0])
        for suffix in [nil, "AWVA7CM7"] {
            let run = Run(MySQLSessionWatch(Self.session, userSuffix: suffix), pieces: [change])
            #expect(run.toBackend == change)
        }
    }

    @Test("A request without its trailing fields passes")
    func short() {
        let change = Self.packet(0, [0x11] + Array("demo\0\0\0".utf8))
        let run = Run(MySQLSessionWatch(Self.session), pieces: [change])
        #expect(run.toBackend == change && run.dialogue != nil)
    }

    @Test("A server that takes the first answer asks for none")
    func immediately() throws {
        var run = try run()
        run.receive(Self.packet(1, Login.ok), from: .backend)
        #expect(run.end == .relayed && run.toClient == Self.packet(1, Login.ok))
    }

    @Test("A refusal of the server's passes, and the session is watched until it closes it")
    func rejected() throws {
        var run = try run()
        let error = MySQLErrorPacket(code: 1045, sqlState: "28000", message: "Access denied")
        run.receive(Self.packet(1, error.payload), from: .backend)
        #expect(run.end == .relayed && run.toClient == Self.packet(1, error.payload))
    }

    // MARK: Passwords

    private static let password = Array("secret\0".utf8)
    private static let fullPath: [UInt8] = [1, 4]

    @Test(
        "caching_sha2_password: a client's password in clear is encrypted for a backend without TLS",
        arguments: [true, false]
    )
    func clientEncrypted(isSwitched: Bool) throws {
        var run = try run(
            client: true,
            backend: false,
            plugin: "caching_sha2_password",
            answer: [UInt8](repeating: 9, count: 32)
        )
        var number: UInt8 = 1
        // Either server asks again, or takes the answer to the last scramble.
        if isSwitched {
            run.receive(Self.packet(1, Login.switchTo("caching_sha2_password")), from: .backend)
            run.receive(Self.packet(2, [UInt8](repeating: 9, count: 32)), from: .client)
            number = 3
        }
        run.receive(Self.packet(number, Self.fullPath), from: .backend)
        #expect(run.toClient.suffix(6) == Self.packet(number, Self.fullPath))
        run.clear()
        run.receive(Self.packet(number + 1, Self.password), from: .client)
        #expect(run.toBackend == Self.packet(number + 1, [2]))
        run.clear()
        run.receive(Self.packet(number + 2, [1] + MirrorCipher.backendKey), from: .backend)
        let sent = try #require(try packets(run.toBackend).first)
        #expect(sent.sequence == number + 3)
        let mixed = try #require(
            MirrorCipher.decrypted(sent.payload, key: MirrorCipher.backendKey)
        )
        #expect(Login.mixed(mixed) == Self.password)
        run.receive(Self.packet(number + 4, Login.ok), from: .backend)
        // The client has sent two packets fewer.
        #expect(run.toClient == Self.packet(number + 2, Login.ok) && run.end == .relayed)
    }

    @Test("… and one that was encrypted for the gateway goes to a backend with TLS in clear")
    func backendEncrypted() throws {
        var run = try run(
            client: false,
            backend: true,
            plugin: "caching_sha2_password",
            answer: [UInt8](repeating: 9, count: 32)
        )
        run.receive(Self.packet(1, Self.fullPath), from: .backend)
        run.clear()
        let cipher = MirrorCipher()
        run.receive(Self.packet(2, [2]), from: .client)
        #expect(run.toClient == Self.packet(3, [1] + cipher.publicKeyPEM))
        #expect(run.toBackend.isEmpty)
        let encrypted = try #require(
            cipher.encrypt(Login.mixed(Self.password), publicKeyPEM: cipher.publicKeyPEM)
        )
        run.receive(Self.packet(4, encrypted), from: .client)
        #expect(run.toBackend == Self.packet(2, Self.password))
        run.clear()
        run.receive(Self.packet(3, Login.ok), from: .backend)
        #expect(run.toClient == Self.packet(5, Login.ok) && run.end == .relayed)
    }

    @Test(
        "What may be a password in clear is not passed with the request",
        arguments: ["mysql_clear_password", "sha256_password", "dialog", "unknown"]
    )
    func clearInRequest(plugin: String) throws {
        let run = try run(client: true, plugin: plugin, answer: Array("hunter2\0".utf8))
        let sent = try #require(try packets(run.toBackend).first)
        let change = try MySQLUserChange(payload: sent.payload)
        #expect(change.authentication.isEmpty)
        #expect(change.plugin == MySQLLoginDialogue.unknownPlugin)
        #expect(change.databaseBytes == Array("sales".utf8) && change.collation == [45, 0])
    }

    @Test(
        "A plugin that sends the password in clear is denied where a side has no TLS",
        arguments: [(false, false), (true, false), (false, true)]
    )
    func clear(client: Bool, backend: Bool) throws {
        var run = try run(client: client, backend: backend)
        run.receive(Self.packet(1, Login.switchTo("mysql_clear_password")), from: .backend)
        #expect(run.error?.code == MySQLErrorPacket.secureTransportRequired)
        #expect(run.toClient[3] == 1)
    }

    // MARK: What does not work

    @Test("A client that does not wait for the answer is told so")
    func hasty() {
        let change = Self.change(plugin: "mysql_native_password")
        let run = Run(
            MySQLSessionWatch(Self.session),
            pieces: [change + MySQLPacket.query("DO 1").bytes]
        )
        #expect(run.error?.code == MySQLErrorPacket.packetsOutOfOrder)
    }

    @Test("A malformed request, and one that is too long, is denied, and nothing of it passes")
    func malformed() {
        let long = [UInt8](repeating: 97, count: 20_000)
        for payload in [
            [0x11], [0x11] + Array("demo".utf8), [0x11] + Array("demo\0".utf8) + [200, 1],
            [0x11] + long + [0, 0, 0],
        ] {
            let run = Run(
                MySQLSessionWatch(Self.session),
                pieces: [Self.packet(0, payload)]
            )
            #expect(run.error != nil && run.toBackend.isEmpty, "\(payload.prefix(8))")
        }
    }

    @Test("A side that says nothing, or leaves, ends it with an error of the right number")
    func silence() throws {
        var waiting = try run()
        var dialogue = try #require(waiting.dialogue)
        waiting.follow(dialogue.deadlinePassed())
        #expect(waiting.error != nil && waiting.toClient[3] == 1)
        var asked = try run()
        asked.receive(Self.packet(1, Login.switchTo("client_ed25519")), from: .backend)
        asked.clear()
        dialogue = try #require(asked.dialogue)
        asked.follow(dialogue.deadlinePassed())
        #expect(asked.error?.code == MySQLErrorPacket.readTimeout && asked.toClient[3] == 2)
        var left = try run()
        dialogue = try #require(left.dialogue)
        left.follow(dialogue.endOfStream(from: .client))
        #expect(left.end == .left)
        var closed = try run()
        dialogue = try #require(closed.dialogue)
        closed.follow(dialogue.endOfStream(from: .backend))
        #expect(closed.error != nil)
    }

    @Test("Answers without end do end")
    func endless() throws {
        var run = try run()
        var number: UInt8 = 1
        for _ in 0..<100 where run.end == nil {
            run.receive(Self.packet(number, Login.switchTo("client_ed25519")), from: .backend)
            run.receive(Self.packet(number &+ 1, [1]), from: .client)
            number &+= 2
        }
        #expect(run.error?.code == MySQLErrorPacket.packetsOutOfOrder)
    }
}
