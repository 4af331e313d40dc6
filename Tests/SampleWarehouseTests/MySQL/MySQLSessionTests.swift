import CIDRTrie
import MySQLProtocol
@testable import SampleWarehouse
import Testing
import Time
import Traffic


@Suite("MySQL sessions of the sample warehouse")
struct MySQLSessionTests {
    private func newSession() -> MySQLSession {
        MySQLSession(
            connectionID: 7,
            host: "203.0.113.7",
            scramble: MySQLScramble(1...20),
            catalog: Catalog(loads: LoadJournal())
        )
    }

    private func send(
        _ payload: [UInt8],
        sequence: UInt8 = 0,
        to session: inout MySQLSession
    ) throws -> [MySQLPacket] {
        let packet = MySQLPacket(sequence: sequence, payload: payload)
        let now = UnixTime(seconds: 0)
        return try packets(session.receive(packet, sessions: [session.facts], now: now).bytes)
    }

    private func packets(_ bytes: [UInt8]) throws -> [MySQLPacket] {
        var rest = bytes[...]
        var packets: [MySQLPacket] = []
        while case .complete(let packet, let count) = try MySQLPacket.decode(rest, limit: 10_000) {
            packets.append(packet)
            rest.removeFirst(count)
        }
        #expect(rest.isEmpty)
        return packets
    }

    private func loggedIn() throws -> MySQLSession {
        var session = newSession()
        let answer = try send(MySQLLogin(user: "demo").payload, sequence: 1, to: &session)
        #expect(answer.first?.payload.first == 0)
        return session
    }

    private func error(_ packets: [MySQLPacket]) throws -> MySQLErrorPacket {
        try #require(packets.first.flatMap { MySQLErrorPacket(payload: $0.payload) })
    }

    @Test("The user without a password is let in, with the next sequence number")
    func login() throws {
        var session = newSession()
        let answer = try send(MySQLLogin(user: "demo").payload, sequence: 1, to: &session)
        #expect(answer.map(\.sequence) == [2])
        #expect(session.phase == .ready)
        #expect(session.facts.user == "demo")
    }

    @Test("Another user, a password or an unknown database is refused, and the connection ends")
    func refusedLogins() throws {
        var withPassword = MySQLLogin(user: "demo")
        withPassword.authentication = [1, 2, 3]
        var elsewhere = MySQLLogin(user: "demo")
        elsewhere.capabilities.insert(.connectWithDatabase)
        elsewhere.database = "nope"
        let logins: [(MySQLLogin, UInt16)] = [
            (MySQLLogin(user: "root"), 1045), (withPassword, 1045), (elsewhere, 1049),
        ]
        for (login, code) in logins {
            var session = newSession()
            let packet = MySQLPacket(sequence: 1, payload: login.payload)
            let reply = try session.receive(packet, sessions: [], now: UnixTime(seconds: 0))
            #expect(try error(packets(reply.bytes)).code == code)
            #expect(reply.closes)
            #expect(session.phase != .ready)
        }
    }

    @Test("A client that begins with another plugin is switched, and then let in")
    func authenticationSwitch() throws {
        var session = newSession()
        var login = MySQLLogin(user: "demo")
        login.plugin = "caching_sha2_password"
        let wish = try send(login.payload, sequence: 1, to: &session)
        #expect(wish.first?.sequence == 2)
        #expect(wish.first?.payload.starts(with: [0xfe] + "mysql_native_password\0".utf8) == true)
        let answer = try send([], sequence: 3, to: &session)
        #expect(answer == [MySQLPacket(sequence: 4, payload: [0, 0, 0, 2, 0, 0, 0])])
    }

    @Test("A result set is the columns, EOF, the rows, EOF, all numbered")
    func resultSet() throws {
        var session = try loggedIn()
        let answer = try send([3] + "select r_name from tpch.region limit 2".utf8, to: &session)
        #expect(answer.map(\.sequence) == [1, 2, 3, 4, 5, 6])
        #expect(answer[0].payload == [1])
        #expect(answer[2].payload == [0xfe, 0, 0, 2, 0])
        #expect(answer[3].payload == [6] + "AFRICA".utf8)
        #expect(answer[5].payload == [0xfe, 0, 0, 2, 0])
    }

    @Test("COM_PING, COM_INIT_DB, COM_FIELD_LIST and COM_STATISTICS are answered")
    func commands() throws {
        var session = try loggedIn()
        #expect(try send([0x0e], to: &session).first?.payload.first == 0)
        #expect(try send([0x02] + "tpch".utf8, to: &session).first?.payload.first == 0)
        #expect(session.facts.database == "tpch")
        #expect(try send([0x04] + "nation\0".utf8, to: &session).count == 4)
        #expect(try send([0x09], to: &session).first?.payload == Array("Threads: 1".utf8))
    }

    @Test("USE changes the database, and COM_QUIT ends without an answer")
    func useAndQuit() throws {
        var session = try loggedIn()
        #expect(try send([3] + "use demo".utf8, to: &session).first?.payload.first == 0)
        #expect(session.facts.database == "demo")
        let quit = MySQLPacket(sequence: 0, payload: [1])
        let reply = try session.receive(quit, sessions: [], now: UnixTime(seconds: 0))
        #expect(reply.bytes.isEmpty)
        #expect(reply.closes)
    }

    @Test("A command that is not known is an error; the session goes on")
    func unknownCommand() throws {
        var session = try loggedIn()
        #expect(try error(send([0x16], to: &session)).code == 1047)
        #expect(try send([0x0e], to: &session).first?.payload.first == 0)
    }

    @Test("No bytes crash a session, before or after its login")
    func randomBytes() throws {
        var generator = SystemRandomNumberGenerator()
        let fresh = newSession()
        let ready = try loggedIn()
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...80, using: &generator)
            var payload = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            var session = Bool.random(using: &generator) ? fresh : ready
            if session.phase == .ready, !payload.isEmpty { payload[0] %= 16 }
            let packet = MySQLPacket(sequence: 255, payload: payload)
            do {
                let now = UnixTime(seconds: 0)
                _ = try packets(session.receive(packet, sessions: [], now: now).bytes)
            } catch is MySQLWireError {
                continue
            }
        }
    }
}
