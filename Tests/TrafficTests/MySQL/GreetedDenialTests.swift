import Addresses
import MySQLProtocol
import Policy
import TestInputs
import Testing

@testable import Traffic

/// What becomes of a client that the gateway has greeted, and that is denied.
@Suite("Denying a MySQL client that was greeted")
struct GreetedDenialTests {
    private static let address = IPAddress.v4(IPv4Address(203, 0, 113, 7))

    private func decoded(_ capture: String) throws -> [UInt8] {
        try #require(bytes(hexadecimal: capture))
    }

    private func lifecycle(_ tls: MySQLGreetingTerms.TLS = .offered) -> Lifecycle {
        Lifecycle(FirstBytes([Login.prologue(Login.greetingTerms(tls: tls))]))
    }

    /// What the engine answers to `.deny`.
    private func refuse(
        _ lifecycle: inout Lifecycle,
        _ reason: DenialReason,
        _ reject: Reject = .errorAfterGreeting
    ) -> Lifecycle.Step {
        lifecycle.refuse(
            ServiceProtocol.mysql.refusal(
                reject,
                for: reason,
                client: Self.address,
                connectionID: 77,
                nextSequence: lifecycle.nextSequence
            )
        )
    }

    private func error(in bytes: [UInt8]) throws -> (sequence: UInt8, MySQLErrorPacket) {
        let packet = try #require(try packets(bytes).first)
        return (packet.sequence, try #require(MySQLErrorPacket(payload: packet.payload)))
    }

    /// A client that has logged in with TLS, and waits for the verdict.
    private func judged() throws -> Lifecycle {
        var lifecycle = lifecycle()
        let request = try decoded(CapturedLogin.mariaDBNative.tlsRequest)
        let login = try decoded(CapturedLogin.mariaDBNative.login)
        #expect(!lifecycle.begin().toClient.isEmpty)
        _ = lifecycle.receive(request.span, from: .client)
        #expect(lifecycle.phase == .securing)
        _ = lifecycle.secured(.client, Login.session)
        let step = lifecycle.receive(login.span, from: .client)
        guard case .judge(let introduction, isForged: false) = step.action else {
            throw MySQLWireError.truncated
        }
        #expect(introduction.tlsSession == Login.session)
        #expect(
            introduction.matches == [
                .userSuffix("AWVA7CM7"), .attribute("mysql"), .database("tpch"),
            ]
        )
        return lifecycle
    }

    @Test("The verdict's ERR has the number after the login's, and a state")
    func verdict() throws {
        for reject in [Reject.error, .errorAfterGreeting] {
            var lifecycle = try judged()
            _ = lifecycle.judged(.denied(.notInWhitelist))
            let step = refuse(&lifecycle, .notInWhitelist, reject)
            let (sequence, error) = try error(in: step.toClient)
            #expect(sequence == 3)
            #expect(error.code == 1130)
            #expect(error.sqlState == "HY000")
            #expect(error.message.contains("203.0.113.7"))
            #expect(lifecycle.phase == .lingering)
        }
    }

    @Test("So has that of a backend that cannot be reached, or with which there is no TLS")
    func noBackend() throws {
        var unreachable = try judged()
        _ = unreachable.judged(.admitted)
        _ = unreachable.dialed(.failed(.noBackend))
        #expect(try error(in: refuse(&unreachable, .noBackend).toClient).sequence == 3)
        var insecure = try judged()
        _ = insecure.judged(.admitted)
        _ = insecure.dialed(.connectedFor(Login.dialogue(backendTLS: .required)))
        let offer = GreetingProfile(.mariadb).capabilities.union(.tls)
        let greeting = Login.greeting(offer)
        let step = insecure.receive(greeting.span, from: .backend)
        guard case .startTLS(.backend, held: []) = step.action else {
            Issue.record("no TLS")
            return
        }
        _ = insecure.secureFailed(.backend, detail: "certificate expired")
        let words = refuse(&insecure, .noBackend).toClient
        #expect(try error(in: words).sequence == 3)
    }

    @Test("A listener that drops denied clients says nothing")
    func dropped() throws {
        var lifecycle = try judged()
        _ = lifecycle.judged(.denied(.notInWhitelist))
        let step = refuse(&lifecycle, .notInWhitelist, .drop)
        #expect(step.toClient.isEmpty)
        #expect(lifecycle.phase == .ended)
    }

    @Test("A refusal by the prologue or the dialogue has its own words")
    func ownWords() throws {
        var lifecycle = lifecycle(.required)
        _ = lifecycle.begin()
        let login = try decoded(CapturedPackets.mariaDBLogin)
        let step = lifecycle.receive(login.span, from: .client)
        guard case .deny(.tlsRequired, _) = step.action else {
            Issue.record("not denied")
            return
        }
        let (sequence, error) = try error(in: refuse(&lifecycle, .tlsRequired).toClient)
        #expect(sequence == 2)
        #expect(error.code == 3159)
        var talking = try judged()
        _ = talking.judged(.admitted)
        _ = talking.dialed(.connectedFor(Login.dialogue()))
        _ = talking.endOfStream(from: .backend)
        #expect(try self.error(in: refuse(&talking, .noBackend).toClient).1.code == 1040)
    }

    @Test("A client in the middle of its TLS handshake is sent nothing")
    func handshake() throws {
        let request = try decoded(CapturedLogin.mariaDBNative.tlsRequest)
        for index in 0..<3 {
            var lifecycle = lifecycle()
            _ = lifecycle.begin()
            _ = lifecycle.receive(request.span, from: .client)
            switch index {
            case 0: _ = lifecycle.secureFailed(.client, detail: "no shared cipher")
            case 1: _ = lifecycle.deadlinePassed()
            default: _ = lifecycle.foreseen(.notInWhitelist)
            }
            #expect(lifecycle.phase == .denying)
            #expect(refuse(&lifecycle, .badTLSHandshake).toClient.isEmpty)
            #expect(lifecycle.phase == .ended)
        }
    }

    @Test("A client that leaves during the login is not denied")
    func left() throws {
        var lifecycle = try judged()
        _ = lifecycle.judged(.admitted)
        _ = lifecycle.dialed(.connectedFor(Login.dialogue()))
        let step = lifecycle.endOfStream(from: .client)
        guard case .end(.clientLeft, byReset: false) = step.action else {
            Issue.record("another end")
            return
        }
    }

    @Test("A watched relay shows the client's bytes, and asks for a session to kill")
    func watched() throws {
        var lifecycle = try judged()
        _ = lifecycle.judged(.admitted)
        _ = lifecycle.dialed(.connectedFor(Login.dialogue()))
        let greeting = Login.greeting()
        _ = lifecycle.receive(greeting.span, from: .backend)
        let ok = MySQLPacket(sequence: 2, payload: Login.ok).bytes
        _ = lifecycle.receive(ok.span, from: .backend)
        #expect(lifecycle.phase == .relaying)
        #expect(lifecycle.isWatched && !lifecycle.isRelaying)
        #expect(lifecycle.watchedSession?.threadID == 42)
        #expect(lifecycle.looksAtBytes(from: .client))
        let bytes = MySQLPacket.query("DO 1").bytes + MySQLPacket.query("KILL 7").bytes
        let step = lifecycle.receive(bytes.span, from: .client)
        #expect(step.toBackend == MySQLPacket.query("DO 1").bytes)
        guard case .kill(KillRequest(session: 7, scope: .connection)) = step.action else {
            Issue.record("no request")
            return
        }
        #expect(!lifecycle.looksAtBytes(from: .client))
        let answer = lifecycle.killResolved(.here(threadID: 9))
        #expect(answer.toBackend == MySQLPacket.query("KILL 9").bytes)
        #expect(lifecycle.looksAtBytes(from: .client))
    }

    /// A connection whose login has ended, with what its backend has greeted with.
    private func relaying() throws -> (Lifecycle, [MySQLGreeting]) {
        var lifecycle = try judged()
        _ = lifecycle.judged(.admitted)
        _ = lifecycle.dialed(.connectedFor(Login.dialogue()))
        _ = lifecycle.receive(Login.greeting().span, from: .backend)
        let ok = MySQLPacket(sequence: 2, payload: Login.ok).bytes
        let step = lifecycle.receive(ok.span, from: .backend)
        return (lifecycle, step.backendGreeting)
    }

    @Test("The engine is told what a backend has greeted with")
    func greeting() throws {
        let (_, greetings) = try relaying()
        #expect(greetings.map(\.connectionID) == [42])
        var denied = try judged()
        _ = denied.judged(.admitted)
        _ = denied.dialed(.connectedFor(Login.dialogue(backendTLS: .required)))
        let step = denied.receive(Login.greeting().span, from: .backend)
        #expect(step.backendGreeting.count == 1)
    }

    @Test("A change of user interrupts a watched relay for a dialogue, which has a deadline")
    func changeOfUser() throws {
        var (lifecycle, _) = try relaying()
        let payload: [UInt8] = [0x11] + Array("demo\0\0\0".utf8)
        let change = MySQLPacket(sequence: 0, payload: payload).bytes
        let before = MySQLPacket.query("DO 1").bytes
        let step = lifecycle.receive((before + change).span, from: .client)
        #expect(step.toBackend == before + change && step.deadline == .dialogue)
        #expect(lifecycle.phase == .conversing && !lifecycle.isWatched)
        #expect(lifecycle.looksAtBytes(from: .backend) && lifecycle.isAdmitted)
        let ok = MySQLPacket(sequence: 1, payload: Login.ok).bytes
        let next = lifecycle.receive(ok.span, from: .backend)
        #expect(next.toClient == ok && next.deadline == .relay)
        #expect(lifecycle.phase == .relaying && lifecycle.isWatched)
        #expect(lifecycle.watchedSession == WatchedSession(threadID: 42, user: nil))
    }

    @Test("A change of user that is not one is denied with an error of its number")
    func badChangeOfUser() throws {
        var (lifecycle, _) = try relaying()
        let change = MySQLPacket(sequence: 0, payload: [0x11, 97]).bytes
        let step = lifecycle.receive(change.span, from: .client)
        guard case .deny(.badLogin, _) = step.action else {
            Issue.record("not denied")
            return
        }
        let words = refuse(&lifecycle, .badLogin).toClient
        #expect(words.count > 4 && words[3] == 1 && words[4] == MySQLErrorPacket.mark)
    }
}
