import MySQLProtocol
import Policy
import TestInputs
import Testing

@testable import Traffic

@Suite("Greeting a MySQL client in place of the server")
struct MySQLGreetingPrologueTests {
    private func receive(
        _ prologue: inout MySQLGreetingPrologue,
        _ bytes: [UInt8],
        pieceSize: Int = .max
    ) -> PrologueStep {
        var rest = bytes[...]
        var step = PrologueStep.more()
        while !rest.isEmpty, step == .more() {
            let piece = Array(rest.prefix(pieceSize))
            rest = rest.dropFirst(piece.count)
            step = prologue.receive(piece.span)
        }
        return step
    }

    private func error(_ step: PrologueStep) throws -> (DenialReason, UInt8, MySQLErrorPacket) {
        guard case .denied(let reason, let detail, let words) = step else {
            throw MySQLWireError.truncated
        }
        #expect(!detail.isEmpty)
        let packet = try #require(try packets(words).first)
        let error = try #require(MySQLErrorPacket(payload: packet.payload))
        #expect(error.sqlState == "HY000")
        return (reason, packet.sequence, error)
    }

    private func login(_ step: PrologueStep) throws -> (LoginClaims, MySQLPacket, MySQLLogin) {
        guard case .decided(.login(let claims)?, let replay) = step else {
            throw MySQLWireError.truncated
        }
        let packet = try #require(try packets(replay.held).first)
        return (claims, packet, try MySQLLogin(payload: packet.payload))
    }

    @Test("The greeting has the listener's version, capabilities and set, and the connection's id")
    func greeting() throws {
        var prologue = Login.prologue(Login.greetingTerms(.doris))
        let packet = try #require(try packets(prologue.begin()).first)
        #expect(packet.sequence == 0)
        let greeting = try MySQLGreeting(payload: packet.payload)
        #expect(greeting.serverVersion == "5.7.99")
        #expect(greeting.connectionID == 77)
        #expect(greeting.characterSet == 33)
        #expect(greeting.scramble.bytes == Array(1...20))
        #expect(greeting.authenticationPlugin == "mysql_native_password")
        #expect(greeting.capabilities == GreetingProfile(.doris).capabilities.union(.tls))
    }

    @Test("HTTP is answered by an error that names the port")
    func http() throws {
        var prologue = Login.prologue(Login.greetingTerms(.doris))
        let step = receive(&prologue, Array("GET / HTTP/1.1\r\nHost: db\r\n\r\n".utf8))
        let (reason, sequence, answer) = try error(step)
        #expect(reason == .badLogin && sequence == 1)
        #expect(answer.message == "This is a MySQL port, not an HTTP port")
        guard case .denied(_, let detail, _) = step else { return }
        #expect(detail == "HTTP spoken to the MySQL port")
    }

    @Test(
        "TLS is offered unless it is off",
        arguments: [.off, .offered, .required] as [MySQLGreetingTerms.TLS]
    )
    func offer(tls: MySQLGreetingTerms.TLS) throws {
        var prologue = Login.prologue(Login.greetingTerms(tls: tls))
        let packet = try #require(try packets(prologue.begin()).first)
        let greeting = try MySQLGreeting(payload: packet.payload)
        #expect(greeting.capabilities.contains(.tls) == (tls != .off))
    }

    @Test(
        "Real clients' TLS requests and logins, in pieces of any size",
        arguments: CapturedLogin.all
    )
    func realClients(capture: CapturedLogin) throws {
        let request = try #require(bytes(hexadecimal: capture.tlsRequest))
        let loginBytes = try #require(bytes(hexadecimal: capture.login))
        for size in Array(1...loginBytes.count) {
            var prologue = Login.prologue()
            #expect(
                receive(&prologue, request, pieceSize: size)
                    == .startTLS(Replay(offset: min(size, (request.count - 1) % size + 1)))
            )
            #expect(prologue.secured(Login.session) == .more())
            let step = receive(&prologue, loginBytes, pieceSize: size)
            let (claims, packet, login) = try login(step)
            #expect(packet.sequence == 2)
            #expect(claims.nextSequence == 3)
            #expect(login.capabilities.contains(.tls))
            #expect(packet.bytes == loginBytes)
            let hasSuffix = login.user.hasSuffix("@AWVA7CM7")
            #expect(claims.userSuffix == (hasSuffix ? "AWVA7CM7" : nil))
            #expect(claims.database == login.database)
            #expect(claims.attribute == (capture.name.hasPrefix("mariaDB") ? "mysql" : nil))
        }
    }

    @Test("Bytes after the TLS request belong to TLS")
    func sharedSegment() throws {
        let request = try #require(bytes(hexadecimal: CapturedLogin.pyMySQL.tlsRequest))
        var prologue = Login.prologue()
        let step = receive(&prologue, request + [22, 3, 1])
        #expect(step == .startTLS(Replay(offset: 36)))
    }

    @Test("Real clients' logins without TLS are let through where TLS is not required")
    func plain() throws {
        let sent = try #require(bytes(hexadecimal: CapturedPackets.mariaDBLogin))
        var prologue = Login.prologue()
        let (claims, packet, login) = try login(receive(&prologue, sent + [9]))
        #expect(packet.bytes == sent)
        #expect(claims.nextSequence == 2)
        #expect(!login.capabilities.contains(.tls))
        var strict = Login.prologue(Login.greetingTerms(tls: .required))
        let (reason, sequence, error) = try error(receive(&strict, sent))
        #expect(reason == .tlsRequired)
        #expect(sequence == 2)
        #expect(error.code == 3159)
        #expect(error.message.contains("enable TLS"))
    }

    @Test("CLIENT_SSL is restored for drivers that set it in the TLS request only")
    func restored() throws {
        let request = MySQLTLSRequest(before: MySQLLogin(user: "demo"))
        var prologue = Login.prologue()
        let bytes = MySQLPacket(sequence: 1, payload: request.payload).bytes
        guard case .startTLS = receive(&prologue, bytes) else {
            Issue.record("no TLS")
            return
        }
        _ = prologue.secured(Login.session)
        let packet = MySQLPacket(sequence: 2, payload: MySQLLogin(user: "demo").payload)
        let (_, _, login) = try login(receive(&prologue, packet.bytes))
        #expect(login.capabilities.contains(.tls))
    }

    @Test(
        "A suffix is one of the listener's, without case, after the last @",
        arguments: [
            ("demo@AWVA7CM7", "AWVA7CM7"), ("demo@awva7cm7", "AWVA7CM7"), ("a@b@OTHER", "other"),
            ("demo@AWVA7CM8", nil), ("AWVA7CM7", nil), ("@AWVA7CM7", "AWVA7CM7"), ("demo@", nil),
            ("demo@AWVA7CM7@x", nil), ("demo@AWVA7CM7 ", nil), ("", nil),
        ] as [(String, String?)]
    )
    func suffixes(user: String, suffix: String?) throws {
        var prologue = Login.prologue()
        let packet = MySQLPacket(sequence: 1, payload: MySQLLogin(user: user).payload)
        let (claims, _, login) = try login(receive(&prologue, packet.bytes))
        #expect(claims.userSuffix == suffix)
        #expect(login.user == user)
    }

    private static func packet(_ change: (inout MySQLLogin) -> Void) -> [UInt8] {
        var login = MySQLLogin(user: "demo")
        change(&login)
        return MySQLPacket(sequence: 1, payload: login.payload).bytes
    }

    @Test("A login that cannot be carried on is answered by an ERR with the next number")
    func refused() throws {
        let cases: [(bytes: [UInt8], code: UInt16)] = [
            (Self.packet { $0.capabilities.remove(.pluginAuthentication) }, 1251),
            (Self.packet { $0.capabilities.remove(.secureConnection) }, 1251),
            (Self.packet { $0.capabilities.remove(.protocol41) }, 1251),
            (Self.packet { $0.capabilities.insert(.tls) }, 1043),
            (Self.packet { $0.reserved.replaceSubrange(0..<3, with: Array("x@8".utf8)) }, 1043),
            (MySQLPacket(sequence: 1, payload: []).bytes, 1043),
            (MySQLPacket(sequence: 1, payload: [UInt8](repeating: 2, count: 31)).bytes, 1043),
            (MySQLPacket(sequence: 1, payload: [UInt8](repeating: 0, count: 9)).bytes, 1251),
            ([0xff, 0xff, 0xff, 1], 1153),
        ]
        for (bytes, code) in cases {
            var prologue = Login.prologue()
            let (reason, sequence, error) = try error(receive(&prologue, bytes))
            #expect(reason == .badLogin)
            #expect(error.code == code)
            #expect(sequence == (code == 1153 ? 1 : 2))
        }
        var prologue = Login.prologue()
        let outOfOrder = MySQLPacket(sequence: 2, payload: MySQLLogin(user: "demo").payload)
        #expect(try error(receive(&prologue, outOfOrder.bytes)).2.code == 1156)
    }

    @Test("A TLS request where TLS is off is answered by an ERR")
    func noTLS() throws {
        let request = try #require(bytes(hexadecimal: CapturedLogin.pyMySQL.tlsRequest))
        var prologue = Login.prologue(Login.greetingTerms(tls: .off))
        let (reason, sequence, error) = try error(receive(&prologue, request))
        #expect(reason == .badLogin)
        #expect(sequence == 2)
        #expect(error.message.contains("TLS is not available"))
    }

    @Test("A second TLS request, within TLS, is a malformed login")
    func nested() throws {
        let request = try #require(bytes(hexadecimal: CapturedLogin.pyMySQL.tlsRequest))
        var prologue = Login.prologue()
        _ = receive(&prologue, request)
        _ = prologue.secured(Login.session)
        var again = request
        again[3] = 2
        let (_, sequence, error) = try error(receive(&prologue, again))
        #expect(sequence == 3)
        #expect(error.code == 1043)
    }

    @Test("A silent client is a probe, one that stops within its login is told")
    func silence() throws {
        var silent = Login.prologue()
        #expect(silent.deadlinePassed() == .left(isProbe: true))
        #expect(silent.endOfStream() == .left(isProbe: true))
        var slow = Login.prologue()
        _ = receive(&slow, [40, 0, 0])
        #expect(slow.endOfStream() == .left(isProbe: false))
        let (reason, sequence, error) = try error(slow.deadlinePassed())
        #expect(reason == .badLogin)
        #expect(sequence == 1)
        #expect(error.code == 1159)
    }
}
