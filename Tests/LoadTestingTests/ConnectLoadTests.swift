import MySQLProtocol
import Sockets
import Testing
import Traffic

@testable import LoadTesting

/// What counts as a connection, at targets that accept every client and deny some.
@Suite struct ConnectLoadTests {
    private static func run(
        _ exchange: ConnectExchange,
        operations: Int = 60,
        _ serve: @escaping @Sendable (ScriptedPeer) -> Void
    ) throws -> LoadResult {
        let server = try ScriptedServer { serve($0) }
        let plan = LoadPlan.brief(operations: operations)
        return try LoadRun(.connect(exchange), on: server.address, plan: plan).perform()
    }

    private static let denial = MySQLPacket(
        sequence: 0,
        payload: MySQLErrorPacket(code: 1130, sqlState: nil, message: "not allowed").payload
    ).bytes

    private static let greeting = MySQLPacket(
        sequence: 0,
        payload: MySQLGreeting(
            serverVersion: "8.0.36",
            connectionID: 7,
            scramble: MySQLScramble(1...20),
            capabilities: .basicLogin
        ).payload
    ).bytes

    @Test func countsConnectionsThatStayOpen() throws {
        let exchange = ConnectExchange(proof: .open(for: .seconds(1)))
        let result = try Self.run(exchange) { while $0.read() != nil {} }
        #expect(result.tally.completedInTime == 60)
        #expect(result.tally.failures.total == 0)
        // How long they were held is not part of their latency.
        #expect(result.tally.latency.count == 60)
        #expect(result.tally.latency.nanoseconds(at: 1) < 1_000_000_000)
    }

    /// As a gateway does that accepts first: a reset, an end, an error in the protocol.
    @Test(arguments: [
        (Failure.Kind.reset, nil, []),
        (.closedEarly, nil, []),
        (.serverError, 1130, denial),
        (.status, 429, Array("HTTP/1.1 429 Too Many Requests\r\n\r\n".utf8)),
    ])
    func countsNoConnectionThatTheTargetDenies(
        kind: Failure.Kind,
        code: Int?,
        words: [UInt8]
    ) throws {
        let result = try Self.run(ConnectExchange(proof: .open(for: .seconds(5)))) { peer in
            if peer.number % 2 == 0 {
                if !words.isEmpty { peer.write(words) }
                if kind == .reset { peer.reset() } else { peer.close() }
            } else {
                peer.write(Self.greeting)
                while peer.read() != nil {}
            }
        }
        #expect(result.tally.completedInTime == 30)
        #expect(result.tally.failures[kind] == 30)
        #expect(result.tally.failures.classes.map(\.code) == [code])
    }

    /// Otherwise holding each for a second would permit four per second.
    @Test func opensConnectionsWhileOthersAreHeld() throws {
        let result = try Self.run(ConnectExchange(proof: .open(for: .seconds(1))), operations: 400)
        {
            while $0.read() != nil {}
        }
        #expect(result.tally.completedInTime == 400)
        #expect(result.measuredNanoseconds < 50_000_000_000)
    }

    @Test(arguments: [true, false])
    func countsAMySQLServersGreeting(isWhole: Bool) throws {
        let result = try Self.run(ConnectExchange(proof: .mysqlGreeting)) { peer in
            if isWhole {
                peer.write(Array(Self.greeting.prefix(3)))
                peer.write(Array(Self.greeting.dropFirst(3)))
            } else {
                peer.write(Array(Self.greeting.dropLast()))
                peer.close()
            }
            while peer.read() != nil {}
        }
        #expect(result.tally.completedInTime == (isWhole ? 60 : 0))
        // A client that closes with the rest unread may be told by a reset.
        let early = result.tally.failures[.closedEarly] + result.tally.failures[.reset]
        #expect(early == (isWhole ? 0 : 60))
    }

    @Test func takesAnErrorForNoGreeting() throws {
        let result = try Self.run(ConnectExchange(proof: .mysqlGreeting)) { $0.write(Self.denial) }
        #expect(result.tally.failures[.serverError] == 60)
        #expect(result.tally.failures.detail(of: .serverError) == "MySQL error 1130: not allowed")
    }

    @Test(arguments: [
        StreamExchange.download(byteCount: nil, request: []), .upload(byteCount: 10),
        .echo(byteCount: 10_000),
    ])
    func takesADenialForNoTransfer(exchange: StreamExchange) throws {
        let server = try ScriptedServer { peer in
            if case .download = exchange {} else { _ = peer.read() }
            peer.write(Self.denial)
        }
        let plan = LoadPlan.brief(connections: 1, operations: 10)
        let tally = try LoadRun(.stream(exchange), on: server.address, plan: plan).perform().tally
        #expect(tally.completedInTime == 0)
        #expect(tally.failures[.serverError] + tally.failures[.reset] == 10)
        #expect(tally.failures[.serverError] > 0)
    }

    @Test func namesTheDenialOfAConnectionThatIsHeld() throws {
        let server = try ScriptedServer { peer in
            if peer.number < 3 { peer.write(Self.denial) } else { while peer.read() != nil {} }
        }
        let run = LoadRun(
            .idle,
            on: server.address,
            plan: .brief(connections: 5),
            stoppingWhen: aSecondAfter { server.acceptedCount >= 8 }
        )
        let tally = try run.perform().tally
        #expect(tally.failures[.serverError] == 3)
    }
}

@Suite struct ServerOpeningTests {
    private static let denial = ConnectDenial.bytes

    /// However the bytes are cut.
    @Test(arguments: [
        (denial, "MySQL error 1040: too many"),
        (Array("HTTP/1.0 503 Busy\r\n\r\n".utf8), "HTTP status 503 before any request"),
    ])
    func recognisesAnErrorInPiecesOfAnySize(bytes: [UInt8], words: String) {
        for size in 1...bytes.count {
            var opening = ServerOpening()
            var verdict = ServerOpening.Verdict.undecided
            for start in stride(from: 0, to: bytes.count, by: size) where verdict == .undecided {
                verdict = opening.receive(Array(bytes[start..<min(start + size, bytes.count)]).span)
            }
            guard case .refused(let failure) = verdict else {
                Issue.record("\(verdict)")
                return
            }
            #expect(failure.detail == words)
        }
    }

    @Test(arguments: [
        Array("HTTP/1.1 200 OK".utf8), Array("HELO".utf8), Array("+OK ready\r\n".utf8),
        [0x4a, 0, 0, 0, 0x0a, 0x38], [3, 0, 0, 9, 0xff, 1, 2], [0xff, 0xff, 0xff, 0, 0xff, 1, 2],
    ])
    func acceptsEverythingElse(bytes: [UInt8]) {
        var opening = ServerOpening()
        #expect(opening.receive(bytes.span) == .accepted)
        #expect(opening.end() == nil)
        // Later bytes are not looked at.
        #expect(opening.receive(Self.denial.span) == .accepted)
    }

    @Test func readsAnErrorThatIsCutOff() {
        var opening = ServerOpening()
        #expect(opening.receive(Array(Self.denial.dropLast(4)).span) == .undecided)
        #expect(opening.end()?.code == 1040)
    }
}

private enum ConnectDenial {
    static let bytes = MySQLPacket(
        sequence: 0,
        payload: MySQLErrorPacket(code: 1040, sqlState: nil, message: "too many").payload
    ).bytes
}
