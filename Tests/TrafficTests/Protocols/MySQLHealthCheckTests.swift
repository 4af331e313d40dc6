import MySQLProtocol
import TestInputs
import Testing
import Traffic

@Suite("MySQL health checks")
struct MySQLHealthCheckTests {
    private func greetingPacket() throws -> [UInt8] {
        try #require(bytes(hexadecimal: CapturedPackets.mariaDBGreeting))
    }

    private func greeted() throws -> MySQLHealthCheck {
        var check = MySQLHealthCheck()
        _ = check.receive(try greetingPacket())
        return check
    }

    private func packet(sequence: UInt8, _ error: MySQLErrorPacket) -> [UInt8] {
        MySQLPacket(sequence: sequence, payload: error.payload).bytes
    }

    @Test("The server's greeting is kept, for a listener that greets in its place")
    func greeting() throws {
        var check = MySQLHealthCheck()
        #expect(check.greeting == nil)
        _ = check.receive(try greetingPacket())
        #expect(check.greeting?.serverVersion == "5.5.5-10.11.19-MariaDB-0+deb12u1")
    }

    @Test("A greeting is answered by a login without TLS, password or database")
    func login() throws {
        var check = MySQLHealthCheck()
        guard case .send(let bytes) = check.receive(try greetingPacket()),
            case .complete(let packet, _) = try MySQLPacket.decode(bytes, limit: 1000)
        else {
            Issue.record("no login was sent")
            return
        }
        #expect(packet.sequence == 1)
        let login = try MySQLLogin(payload: packet.payload)
        #expect(login.user == "sluice_health")
        #expect(login.authentication.isEmpty)
        #expect(login.database == nil)
        #expect(!login.capabilities.contains(.tls))
    }

    @Test("A greeting that comes byte by byte is waited for")
    func pieces() throws {
        var check = MySQLHealthCheck()
        let greeting = try greetingPacket()
        for byte in greeting.dropLast() { #expect(check.receive([byte]) == .wait) }
        #expect(check.receive(greeting.suffix(1)) != .wait)
    }

    @Test("A login that is denied has finished the handshake: the server is healthy")
    func denied() throws {
        var check = try greeted()
        let error = MySQLErrorPacket(code: 1045, sqlState: "28000", message: "Access denied")
        #expect(check.receive(packet(sequence: 2, error)) == .healthy(farewell: []))
    }

    @Test("An accepted login ends with COM_QUIT")
    func accepted() throws {
        var check = try greeted()
        let okay = MySQLPacket(sequence: 2, payload: [0, 0, 0, 2, 0, 0, 0]).bytes
        #expect(check.receive(okay) == .healthy(farewell: [1, 0, 0, 0, 1]))
    }

    @Test("A switch to another plugin is answered with an empty password, then judged")
    func authenticationSwitch() throws {
        var check = try greeted()
        let wish = MySQLPacket(sequence: 2, payload: [0xfe] + "caching_sha2_password\0".utf8)
        #expect(check.receive(wish.bytes) == .send([0, 0, 0, 3]))
        let error = MySQLErrorPacket(code: 1045, sqlState: "28000", message: "Access denied")
        #expect(check.receive(packet(sequence: 4, error)) == .healthy(farewell: []))
    }

    @Test("A server that asks for one plugin after another is unhealthy: it would never end")
    func endlessSwitches() throws {
        var check = try greeted()
        let wish = [0xfe] + "caching_sha2_password\0".utf8
        let wishes = [2, 4].flatMap { MySQLPacket(sequence: $0, payload: wish).bytes }
        #expect(
            check.receive(wishes) == .unhealthy(reason: "asks for one plugin after another")
        )
    }

    @Test(
        "An ERR instead of the greeting is unhealthy, with the server's message",
        arguments: [
            (1129, "Host '10.0.0.1' is blocked"), (1040, "Too many connections"),
        ] as [(UInt16, String)]
    )
    func refused(code: UInt16, message: String) {
        var check = MySQLHealthCheck()
        let error = MySQLErrorPacket(code: code, sqlState: nil, message: message)
        let step = check.receive(packet(sequence: 0, error))
        #expect(step == .unhealthy(reason: "MySQL error \(code): \(message)"))
    }

    @Test("A server that greets and then is full, or shuts down, is unhealthy")
    func full() throws {
        for code in [1040, 1053] as [UInt16] {
            var check = try greeted()
            let error = MySQLErrorPacket(code: code, sqlState: "08004", message: "no")
            #expect(
                check.receive(packet(sequence: 2, error))
                    == .unhealthy(reason: "MySQL error \(code): no")
            )
        }
    }

    @Test("A server's message is cut to one short line")
    func words() {
        var check = MySQLHealthCheck()
        let message = "a\nb" + String(repeating: "c", count: 1000)
        let error = MySQLErrorPacket(code: 1040, sqlState: nil, message: message)
        guard case .unhealthy(let reason) = check.receive(packet(sequence: 0, error)) else {
            Issue.record("healthy")
            return
        }
        #expect(reason.hasPrefix("MySQL error 1040: a bccc"))
        #expect(reason.count == "MySQL error 1040: ".count + 200)
    }

    @Test("The end of the stream is unhealthy before the greeting, and healthy after it")
    func endOfStream() throws {
        let reason = "closed the connection before its greeting"
        #expect(MySQLHealthCheck().receiveEndOfStream() == .unhealthy(reason: reason))
        #expect(try greeted().receiveEndOfStream() == .healthy(farewell: []))
    }

    @Test("A server that is reached over TLS is logged in to over TLS")
    func tls() throws {
        let packet = try #require(MySQLPacket.whole(try greetingPacket()))
        var greeting = try MySQLGreeting(payload: packet.payload)
        greeting.capabilities.insert(.tls)
        var check = MySQLHealthCheck(usesTLS: true)
        let step = check.receive(MySQLPacket(sequence: 0, payload: greeting.payload).bytes)
        guard case .startTLS(let bytes) = step, let request = MySQLPacket.whole(bytes) else {
            Issue.record("\(step)")
            return
        }
        #expect(request.sequence == 1 && MySQLTLSRequest(payload: request.payload) != nil)
        guard case .send(let secret) = check.secured(), let login = MySQLPacket.whole(secret) else {
            Issue.record("no login was sent")
            return
        }
        #expect(login.sequence == 2)
        #expect(try MySQLLogin(payload: login.payload).capabilities.contains(.tls))
        let ok = MySQLPacket(sequence: 3, payload: MySQLOKPacket.payload).bytes
        #expect(check.receive(ok) == .healthy(farewell: MySQLPacket.quit.bytes))
    }

    @Test("A server that should offer TLS, and does not, is logged in to and unhealthy")
    func noTLS() throws {
        let packet = try #require(MySQLPacket.whole(try greetingPacket()))
        var greeting = try MySQLGreeting(payload: packet.payload)
        greeting.capabilities.remove(.tls)
        var check = MySQLHealthCheck(usesTLS: true)
        guard
            case .send = check.receive(MySQLPacket(sequence: 0, payload: greeting.payload).bytes)
        else {
            Issue.record("the handshake is not completed, which the server would count")
            return
        }
        let ok = MySQLPacket(sequence: 2, payload: MySQLOKPacket.payload).bytes
        #expect(
            check.receive(ok) == .unhealthy(reason: "does not offer TLS, which backendTLS demands")
        )
    }

    @Test("What a server has sent before TLS does not count as said in it")
    func earlyPacket() throws {
        let packet = try #require(MySQLPacket.whole(try greetingPacket()))
        var greeting = try MySQLGreeting(payload: packet.payload)
        greeting.capabilities.insert(.tls)
        let ok = MySQLPacket(sequence: 3, payload: MySQLOKPacket.payload).bytes
        let first = MySQLPacket(sequence: 0, payload: greeting.payload).bytes
        for cut in first.count...first.count + ok.count {
            var check = MySQLHealthCheck(usesTLS: true)
            let all = first + ok
            var step = check.receive(Array(all[..<cut]))
            if case .startTLS = step, cut < all.count { step = check.receive(Array(all[cut...])) }
            if case .startTLS = step { step = check.secured() }
            guard case .unhealthy = step else {
                Issue.record("\(step), cut at \(cut)")
                continue
            }
        }
    }

    @Test("It logs in as the user that the configuration names")
    func user() throws {
        var check = MySQLHealthCheck(user: "monitor")
        guard case .send(let bytes) = check.receive(try greetingPacket()) else {
            Issue.record("no login was sent")
            return
        }
        #expect(try MySQLLogin(payload: Array(bytes.dropFirst(4))).user == "monitor")
    }

    private static let refusal = MySQLErrorPacket(
        code: 1130,
        sqlState: "HY000",
        message: "Proxy header is not accepted from 192.0.2.1"
    )

    /// What a check that has sent a PROXY header makes of these pieces.
    private func verdict(_ pieces: [[UInt8]]) -> HealthProbeStep {
        var check = MySQLHealthCheck(sendsProxyHeader: true)
        var step = HealthProbeStep.wait
        for piece in pieces { step = check.receive(piece) }
        return step
    }

    @Test("A server that rejects our PROXY header is unhealthy, and the reason has a remedy")
    func refusedHeader() throws {
        let greeting = try greetingPacket()
        let error = packet(sequence: 1, Self.refusal)
        let reason =
            "rejects the PROXY header (MySQL error 1130: Proxy header is not accepted from"
            + " 192.0.2.1): set sendProxyProtocol: off, or configure the backend to accept it"
            + " (MariaDB: add the gateway to proxy_protocol_networks)"
        // Right behind the greeting, or only when our login is on its way.
        #expect(verdict([greeting + error]) == .unhealthy(reason: reason))
        #expect(verdict([greeting, error]) == .unhealthy(reason: reason))
        for cut in 1..<error.count {
            let pieces = [greeting + error.prefix(cut), Array(error.dropFirst(cut))]
            #expect(verdict(pieces) == .unhealthy(reason: reason), "cut at \(cut)")
        }
    }

    @Test(
        "A server that mistakes our PROXY header for a packet is unhealthy for that reason",
        arguments: [1043, 1153, 1156] as [UInt16]
    )
    func misreadHeader(code: UInt16) throws {
        let error = MySQLErrorPacket(code: code, sqlState: "08S01", message: "what?")
        for pieces in [
            [packet(sequence: 0, error)], [try greetingPacket(), packet(sequence: 2, error)],
        ] {
            guard case .unhealthy(let reason) = verdict(pieces) else {
                Issue.record("healthy")
                continue
            }
            #expect(reason.hasPrefix("rejects the PROXY header (MySQL error \(code): what?)"))
        }
    }

    @Test("With a PROXY header, the end of the stream is never healthy")
    func endOfStreamWithHeader() throws {
        var check = MySQLHealthCheck(sendsProxyHeader: true)
        for words in ["before its greeting", "after its greeting"] {
            guard case .unhealthy(let reason) = check.receiveEndOfStream() else {
                Issue.record("healthy")
                continue
            }
            #expect(reason.hasPrefix("closed the connection \(words)"))
            #expect(reason.contains("set sendProxyProtocol: off"))
            _ = check.receive(try greetingPacket())
        }
    }

    @Test("With an accepted PROXY header, a denied login is still healthy")
    func deniedWithHeader() throws {
        let error = MySQLErrorPacket(code: 1045, sqlState: "28000", message: "Access denied")
        let step = verdict([try greetingPacket(), packet(sequence: 2, error)])
        #expect(step == .healthy(farewell: []))
    }

    @Test("An HTTP server on a MySQL port is unhealthy, immediately and for a clear reason")
    func otherProtocol() {
        var check = MySQLHealthCheck()
        let step = check.receive(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
        let reason = "sent a MySQL packet of 5526600 bytes (the limit is 4096)"
        #expect(step == .unhealthy(reason: reason))
    }
}

extension MySQLPacket {
    /// The one packet in these bytes.
    fileprivate static func whole(_ bytes: [UInt8]) -> MySQLPacket? {
        guard case .complete(let packet, _)? = try? decode(bytes, limit: 4_096) else { return nil }
        return packet
    }
}
