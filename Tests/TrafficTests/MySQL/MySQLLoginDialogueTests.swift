import MySQLProtocol
import Policy
import TestInputs
import Testing

@testable import Traffic

@Suite("Logging a client in to its backend")
struct MySQLLoginDialogueTests {
    private func decoded(_ text: String) throws -> [UInt8] {
        try #require(bytes(hexadecimal: text))
    }

    @Test(
        "Real clients are logged in to a real server, in pieces of any size",
        arguments: CapturedLogin.all
    )
    func realLogins(capture: CapturedLogin) throws {
        let forwarded = try [
            capture.forwardedLogin, capture.forwardedAnswer,
        ].map(decoded)
        let answers = try [capture.forwardedSwitch, capture.forwardedOK].map(decoded)
        for size in 1...110 {
            var run = LoginRun(Login.dialogue(), login: try decoded(capture.login))
            run.receive(try decoded(capture.backendGreeting), from: .backend, pieceSize: size)
            #expect(run.toBackend == forwarded[0])
            run.receive(try decoded(capture.backendSwitch), from: .backend, pieceSize: size)
            #expect(run.toClient == answers[0])
            run.receive(try decoded(capture.answer), from: .client, pieceSize: size)
            #expect(run.toBackend == forwarded.flatMap(\.self))
            run.receive(try decoded(capture.backendOK), from: .backend, pieceSize: size)
            #expect(run.toClient == answers.flatMap(\.self))
            #expect(run.end == .relayed(watched: true))
        }
    }

    /// A login that has come as far as the backend's request for another plugin.
    private func switched(
        backendTLS: MySQLLoginTerms.BackendTLS = .off,
        hasTLS: Bool = true,
        _ change: (inout MySQLLogin) -> Void = { _ in }
    ) -> LoginRun {
        var run = LoginRun(
            Login.dialogue(backendTLS: backendTLS),
            login: Login.packet(hasTLS: hasTLS, change: change)
        )
        let offer = GreetingProfile(.mariadb).capabilities
        run.receive(
            Login.greeting(backendTLS == .off ? offer : offer.union(.tls)),
            from: .backend
        )
        if backendTLS == .required { run.secured() }
        return run
    }

    @Test(
        "Each side counts its own packets",
        arguments: [
            (MySQLLoginTerms.BackendTLS.off, true, 1, 3), (.off, false, 1, 2),
            (.required, true, 2, 3), (.required, false, 2, 2),
        ] as [(MySQLLoginTerms.BackendTLS, Bool, UInt8, UInt8)]
    )
    func sequences(
        backendTLS: MySQLLoginTerms.BackendTLS,
        hasTLS: Bool,
        backendStart: UInt8,
        clientStart: UInt8
    ) throws {
        var run = switched(backendTLS: backendTLS, hasTLS: hasTLS)
        let next = backendStart + 1
        run.receive(next, Login.switchTo("mysql_native_password"), from: .backend)
        run.receive(clientStart + 1, [1, 2, 3], from: .client)
        run.receive(next + 2, Login.ok, from: .backend)
        #expect(run.end == .relayed(watched: true))
        let sent = try packets(run.toBackend)
        #expect(
            sent.map(\.sequence) == (backendTLS == .off ? [] : [1]) + [backendStart, next + 1]
        )
        #expect(try packets(run.toClient).map(\.sequence) == [clientStart, clientStart + 2])
    }

    @Test("A backend with TLS is sent a TLS request, and the login after the handshake")
    func backendTLS() throws {
        let offer = GreetingProfile(.mariadb).capabilities.union(.tls)
        var run = LoginRun(Login.dialogue(backendTLS: .required), login: Login.packet())
        run.receive(Login.greeting(offer), from: .backend)
        #expect(run.end == .startTLS)
        let request = try #require(try packets(run.toBackend).first)
        #expect(MySQLTLSRequest(payload: request.payload) != nil)
        run.secured()
        let login = try MySQLLogin(payload: try packets(run.toBackend)[1].payload)
        #expect(login.capabilities.contains(.tls))
    }

    @Test("One that does not offer TLS, or sends more before it, is not used")
    func noBackendTLS() {
        var plain = LoginRun(Login.dialogue(backendTLS: .required), login: Login.packet())
        plain.receive(Login.greeting(), from: .backend)
        guard case .denied(.noBackend, let detail) = plain.end else {
            Issue.record("not denied")
            return
        }
        #expect(detail.contains("does not offer TLS"))
        var injected = LoginRun(Login.dialogue(backendTLS: .required), login: Login.packet())
        let offer = GreetingProfile(.mariadb).capabilities.union(.tls)
        injected.receive(
            Login.greeting(offer) + MySQLPacket(sequence: 2, payload: Login.ok).bytes,
            from: .backend
        )
        guard case .denied(.noBackend, _) = injected.end else {
            Issue.record("not denied")
            return
        }
    }

    @Test(
        "The login has an unknown plugin, zeros where MySQL reserves bytes, and the rest as it was"
    )
    func forwarded() throws {
        let run = switched {
            $0.user = "demo@awva7cm7"
            $0.capabilities.formUnion([
                .connectWithDatabase, .connectAttributes, .lengthEncodedAuthentication,
                .deprecateEOF, .compression, .verifyServerCertificate,
            ])
            $0.databaseBytes = Array("catalog.tpch".utf8)
            $0.attributes = [1, 0x61, 1, 0x62]
            $0.reserved = [UInt8](repeating: 9, count: 23)
            $0.maximumPacketByteCount = 99
            $0.characterSet = 224
        }
        let packet = try #require(try packets(run.toBackend).first)
        #expect(packet.sequence == 1)
        let login = try MySQLLogin(payload: packet.payload)
        #expect(login.user == "demo")
        #expect(login.plugin == "sluice_unknown")
        #expect(login.authentication == [UInt8](repeating: 7, count: 20))
        #expect(login.database == "catalog.tpch")
        #expect(login.attributes == [1, 0x61, 1, 0x62])
        #expect(login.reserved == [UInt8](repeating: 0, count: 23))
        #expect(login.maximumPacketByteCount == 99)
        #expect(login.characterSet == 224)
        #expect(
            login.capabilities
                == MySQLCapabilities.basicLogin.union([
                    .connectWithDatabase, .connectAttributes, .lengthEncodedAuthentication,
                    .deprecateEOF,
                ])
        )
    }

    @Test(
        "A password that the login may have in clear is not sent on",
        arguments: ["mysql_clear_password", "dialog", "sha256_password", "something_new"]
    )
    func clearFirst(plugin: String) throws {
        let run = switched {
            $0.plugin = plugin
            $0.authentication = Array("secret\0".utf8)
        }
        let login = try MySQLLogin(payload: try packets(run.toBackend)[0].payload)
        #expect(login.authentication == [1])
    }

    @Test("What the client has chosen, and the backend lacks, is named")
    func lacking() throws {
        var run = LoginRun(
            Login.dialogue(),
            login: Login.packet { $0.capabilities.formUnion([.deprecateEOF, .sessionTracking]) }
        )
        run.receive(
            Login.greeting(GreetingProfile(.mariadb).capabilities.subtracting(.deprecateEOF)),
            from: .backend
        )
        let error = try #require(run.error)
        #expect(error.code == 1251)
        #expect(error.message.hasSuffix(": CLIENT_DEPRECATE_EOF"))
        #expect(run.toBackend.isEmpty)
    }

    @Test("Flags that some drivers always set, and were not offered, are not in use")
    func notOffered() throws {
        var run = LoginRun(
            Login.dialogue(after: Login.greetingTerms(.doris)),
            login: Login.packet { $0.capabilities.formUnion([.multiResults, .transactions]) }
        )
        run.receive(Login.greeting(GreetingProfile(.doris).capabilities), from: .backend)
        let login = try MySQLLogin(payload: try packets(run.toBackend)[0].payload)
        #expect(login.capabilities == .basicLogin)
    }

    @Test("A wrong password's ERR is passed on, and the connection is relayed to its end")
    func wrongPassword() throws {
        var run = switched()
        run.receive(2, Login.switchTo("mysql_native_password"), from: .backend)
        run.receive(4, [1, 2, 3], from: .client)
        let error = MySQLErrorPacket(code: 1045, sqlState: "28000", message: "Access denied")
        run.receive(4, error.payload, from: .backend)
        #expect(run.end == .relayed(watched: false))
        #expect(run.error == error)
        #expect(try packets(run.toClient).last?.sequence == 5)
    }

    @Test("An ERR in place of a greeting is passed on with a state, and named")
    func rejected() throws {
        var run = LoginRun(Login.dialogue(), login: Login.packet())
        let error = MySQLErrorPacket(code: 1040, sqlState: nil, message: "Too many connections")
        run.receive(0, error.payload, from: .backend)
        #expect(
            run.end
                == .denied(
                    .noBackend,
                    detail: "the backend rejected the connection: MySQL error 1040: "
                        + "Too many connections"
                )
        )
        let packet = try #require(try packets(run.toClient).last)
        #expect(packet.sequence == 3)
        #expect(run.error?.sqlState == "HY000")
    }

    @Test("A backend that closes is named, with how far it came")
    func closed() {
        var early = LoginRun(Login.dialogue(), login: Login.packet())
        early.endOfStream(from: .backend)
        #expect(
            early.end
                == .denied(
                    .noBackend,
                    detail: "the backend closed the connection before its greeting"
                )
        )
        var late = switched()
        late.endOfStream(from: .backend)
        #expect(late.error?.code == 1040)
        var client = switched()
        client.endOfStream(from: .client)
        #expect(client.end == .left)
    }

    @Test("Whoever had to speak is named when the time is over")
    func deadlines() {
        var backend = switched()
        backend.deadlinePassed()
        guard case .denied(.noBackend, _) = backend.end else {
            Issue.record("not the backend")
            return
        }
        var client = switched()
        client.receive(2, Login.switchTo("mysql_native_password"), from: .backend)
        client.deadlinePassed()
        guard case .denied(.badLogin, _) = client.end else {
            Issue.record("not the client")
            return
        }
        #expect(client.error?.code == 1159)
    }

    @Test("A backend's malformed, oversized or misnumbered packet ends in an ERR")
    func malformedBackend() throws {
        let greetings: [[UInt8]] = [
            MySQLPacket(sequence: 0, payload: []).bytes,
            MySQLPacket(sequence: 0, payload: [9]).bytes,
            MySQLPacket(sequence: 1, payload: [10]).bytes, [0, 0, 2, 0],
        ]
        for greeting in greetings {
            var run = LoginRun(Login.dialogue(), login: Login.packet())
            run.receive(greeting, from: .backend)
            guard case .denied(.noBackend, _) = run.end else {
                Issue.record("\(greeting) was accepted")
                continue
            }
            #expect(try packets(run.toClient).last?.sequence == 3)
            #expect(run.error?.code == 1040)
        }
        var run = switched()
        run.receive(3, Login.ok, from: .backend)
        #expect(
            run.end
                == .denied(
                    .noBackend,
                    detail: "the backend sent a MySQL packet out of sequence"
                )
        )
    }

    @Test("After a switch in the same bytes, the ERR has the number after the switch")
    func errorAfterSwitch() throws {
        var run = switched()
        let request = MySQLPacket(sequence: 2, payload: Login.switchTo("client_ed25519")).bytes
        run.receive(request + [0xff, 0xff, 0xff, 3], from: .backend)
        #expect(try packets(run.toClient).map(\.sequence) == [3, 4])
        #expect(run.error != nil)
    }

    @Test("A client that speaks out of turn, or sends more than it was asked for, is refused")
    func disorder() {
        var early = LoginRun(Login.dialogue(), login: Login.packet())
        early.receive(3, [1], from: .client)
        #expect(early.error?.code == 1156)
        var more = switched()
        more.receive(2, Login.switchTo("client_ed25519"), from: .backend)
        more.receive(MySQLPacket(sequence: 4, payload: [1]).bytes + [1], from: .client)
        #expect(more.error?.code == 1156)
        let excess = LoginRun(Login.dialogue(), login: Login.packet() + [1])
        #expect(excess.error?.code == 1156)
        let cut = LoginRun(Login.dialogue(), login: Array(Login.packet().dropLast()))
        #expect(cut.error?.code == 1043)
        let none = LoginRun(Login.dialogue(), login: [])
        #expect(none.error?.code == 1043)
    }

    @Test("Bytes after the OK are the session's")
    func afterOK() throws {
        var run = switched()
        let error = MySQLErrorPacket(code: 1053, sqlState: "08S01", message: "Server shutdown")
        run.receive(
            MySQLPacket(sequence: 2, payload: Login.ok).bytes
                + MySQLPacket(sequence: 0, payload: error.payload).bytes,
            from: .backend
        )
        #expect(run.end == .relayed(watched: true))
        #expect(try packets(run.toClient).map(\.sequence) == [3, 0])
    }

    @Test("The watch knows the backend's id and the user, and has the suffix to remove")
    func watched() throws {
        var run = switched { $0.user = "demo@AWVA7CM7" }
        run.receive(2, Login.ok, from: .backend)
        var watch = try #require(run.watch)
        #expect(watch.session == WatchedSession(threadID: 42, user: Array("demo".utf8)))
        let change = try decoded(CapturedLogin.changeOfUser)
        guard case .converse(_, _, let sent) = watch.receive(change.span) else {
            Issue.record("not passed")
            return
        }
        #expect(try sent == decoded(CapturedLogin.forwardedChangeOfUser))
    }

    @Test("A password that would cross in clear is refused in the middle of the login")
    func passwordInClear() throws {
        var run = switched()
        run.receive(2, Login.switchTo("mysql_clear_password"), from: .backend)
        let error = try #require(run.error)
        #expect(error.code == 3159)
        #expect(error.message.contains("mysql_clear_password"))
        #expect(try packets(run.toClient).map(\.sequence) == [3])
    }

    @Test("A mediated password makes the two sides' numbers differ by more than TLS does")
    func mediated() throws {
        var run = switched()
        run.receive(2, Login.switchTo("caching_sha2_password"), from: .backend)
        run.receive(4, [UInt8](repeating: 1, count: 32), from: .client)
        run.receive(4, [1, 4], from: .backend)
        run.receive(6, Array("secret\0".utf8), from: .client)
        run.receive(6, [1] + MirrorCipher.backendKey, from: .backend)
        run.receive(8, Login.ok, from: .backend)
        #expect(run.end == .relayed(watched: true))
        #expect(try packets(run.toClient).map(\.sequence) == [3, 5, 7])
        #expect(try packets(run.toBackend).map(\.sequence) == [1, 3, 5, 7])
    }
}
