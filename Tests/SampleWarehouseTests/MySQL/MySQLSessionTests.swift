import CIDRTrie
import FoundationEssentials
import MySQLProtocol
import Testing

@testable import SampleWarehouse

extension SampleWarehouseSuite {
    @Suite("MySQL sessions of the sample warehouse")
    struct MySQLSessionTests {
        private static let database = Result { try SampleDatabase() }
        private let registry = SessionRegistry(limit: 10)
        private let now = Date(timeIntervalSince1970: 0)

        private func newSession() throws -> MySQLSession {
            MySQLSession(
                connectionID: try #require(registry.open(host: "203.0.113.7")),
                host: "203.0.113.7",
                scramble: MySQLScramble(1...20),
                database: try Self.database.get(),
                registry: registry
            )
        }

        private func send(
            _ payload: [UInt8],
            sequence: UInt8 = 0,
            to session: inout MySQLSession
        ) async throws -> [MySQLPacket] {
            let packet = MySQLPacket(sequence: sequence, payload: payload)
            return try packets(try await session.receive(packet, now: now).bytes)
        }

        private func query(
            _ statement: String,
            in session: inout MySQLSession
        ) async throws -> [MySQLPacket] {
            try await send([3] + statement.utf8, to: &session)
        }

        private func packets(_ bytes: [UInt8]) throws -> [MySQLPacket] {
            var rest = bytes[...]
            var packets: [MySQLPacket] = []
            while case .complete(let packet, let count) = try MySQLPacket.decode(
                rest,
                limit: 10_000
            ) {
                packets.append(packet)
                rest.removeFirst(count)
            }
            #expect(rest.isEmpty)
            return packets
        }

        private func loggedIn() async throws -> MySQLSession {
            var session = try newSession()
            let answer = try await send(MySQLLogin(user: "demo").payload, sequence: 1, to: &session)
            #expect(answer.first?.payload.first == 0)
            return session
        }

        private func error(_ packets: [MySQLPacket]) throws -> MySQLErrorPacket {
            try #require(packets.first.flatMap { MySQLErrorPacket(payload: $0.payload) })
        }

        @Test("The user without a password is admitted, with the next sequence number")
        func login() async throws {
            var session = try newSession()
            let answer = try await send(MySQLLogin(user: "demo").payload, sequence: 1, to: &session)
            #expect(answer.map(\.sequence) == [2])
            #expect(session.phase == .ready)
            #expect(session.facts.user == "demo")
        }

        @Test("Another user, a password or an unknown database is refused, and the connection ends")
        func refusedLogins() async throws {
            var withPassword = MySQLLogin(user: "demo")
            withPassword.authentication = [1, 2, 3]
            var elsewhere = MySQLLogin(user: "demo")
            elsewhere.capabilities.insert(.connectWithDatabase)
            elsewhere.database = "nope"
            let logins: [(MySQLLogin, UInt16)] = [
                (MySQLLogin(user: "root"), 1045), (withPassword, 1045), (elsewhere, 1049),
            ]
            for (login, code) in logins {
                var session = try newSession()
                let packet = MySQLPacket(sequence: 1, payload: login.payload)
                let reply = try await session.receive(packet, now: now)
                #expect(try error(packets(reply.bytes)).code == code)
                #expect(reply.closes)
                #expect(session.phase != .ready)
            }
        }

        @Test("A client that begins with another plugin is switched, and then admitted")
        func authenticationSwitch() async throws {
            var session = try newSession()
            var login = MySQLLogin(user: "demo")
            login.plugin = "caching_sha2_password"
            let request = try await send(login.payload, sequence: 1, to: &session)
            #expect(request.first?.sequence == 2)
            #expect(
                request.first?.payload.starts(with: [0xfe] + "mysql_native_password\0".utf8) == true
            )
            let answer = try await send([], sequence: 3, to: &session)
            #expect(answer == [MySQLPacket(sequence: 4, payload: [0, 0, 0, 2, 0, 0, 0])])
        }

        @Test("A result set is the columns, EOF, the rows, EOF, all numbered")
        func resultSet() async throws {
            var session = try await loggedIn()
            let answer = try await query("select r_name from tpch.region limit 2", in: &session)
            #expect(answer.map(\.sequence) == [1, 2, 3, 4, 5, 6])
            #expect(answer[0].payload == [1])
            #expect(answer[2].payload == [0xfe, 0, 0, 2, 0])
            #expect(answer[3].payload == [6] + "AFRICA".utf8)
            #expect(answer[5].payload == [0xfe, 0, 0, 2, 0])
        }

        @Test(
            "A column definition has the type of its values",
            arguments: [
                ("1", 0x08), ("0.5", 0x05), ("'a'", 0xfd), ("x'61'", 0xfc), ("null", 0xfd),
                ("finished_at", 0x0c),
            ] as [(String, UInt8)]
        )
        func columnTypes(expression: String, code: UInt8) async throws {
            var session = try await loggedIn()
            let answer = try await query(
                "select \(expression) from (select 1) left join demo.stream_loads",
                in: &session
            )
            let definition = try #require(answer.dropFirst().first).payload
            #expect(definition.suffix(6).first == code)
        }

        @Test("COM_PING, COM_INIT_DB, COM_FIELD_LIST and COM_STATISTICS are answered")
        func commands() async throws {
            var session = try await loggedIn()
            #expect(try await send([0x0e], to: &session).first?.payload.first == 0)
            #expect(try await send([0x02] + "TPCH".utf8, to: &session).first?.payload.first == 0)
            #expect(session.facts.database == "tpch")
            #expect(try await send([0x04] + "nation\0".utf8, to: &session).count == 4)
            #expect(
                try await send([0x09], to: &session).first?.payload == Array("Threads: 1".utf8)
            )
        }

        @Test("USE changes the database, and COM_QUIT ends without an answer")
        func useAndQuit() async throws {
            var session = try await loggedIn()
            #expect(try await query("use demo", in: &session).first?.payload.first == 0)
            #expect(session.facts.database == "demo")
            #expect(try error(await query("use nope", in: &session)).code == 1049)
            let quit = MySQLPacket(sequence: 0, payload: [1])
            let reply = try await session.receive(quit, now: now)
            #expect(reply.bytes.isEmpty)
            #expect(reply.closes)
        }

        @Test("SHOW PROCESSLIST lists the sessions, and SHOW WARNINGS nothing")
        func withoutQuery() async throws {
            var session = try await loggedIn()
            let list = try await query("show full processlist", in: &session)
            // The number of columns, five of them, EOF, one row, EOF.
            #expect(list.count == 9)
            #expect(list[7].payload.starts(with: [1, UInt8(ascii: "1")]))
            let warnings = try await query("show warnings", in: &session)
            #expect(warnings.count == 6)
        }

        @Test("An unknown command is an error, as is a statement that fails; the session continues")
        func unknownCommand() async throws {
            var session = try await loggedIn()
            #expect(try error(await send([0x16], to: &session)).code == 1047)
            #expect(try error(await query("select nope", in: &session)).code == 1054)
            #expect(try await send([0x0e], to: &session).first?.payload.first == 0)
        }

        @Test("No bytes crash a session, before or after its login")
        func randomBytes() async throws {
            var generator = SystemRandomNumberGenerator()
            let fresh = try newSession()
            let ready = try await loggedIn()
            for _ in 0..<2_000 {
                let count = Int.random(in: 0...80, using: &generator)
                var payload = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
                var session = Bool.random(using: &generator) ? fresh : ready
                if session.phase == .ready, !payload.isEmpty { payload[0] %= 16 }
                let packet = MySQLPacket(sequence: 255, payload: payload)
                do {
                    _ = try packets(try await session.receive(packet, now: now).bytes)
                } catch is MySQLWireError {
                    continue
                }
            }
        }
    }
}

@Suite("The registry of sessions")
struct SessionRegistryTests {
    @Test("Sessions beyond the limit are refused until one has ended")
    func limit() throws {
        let registry = SessionRegistry(limit: 2)
        let first = try #require(registry.open(host: "a"))
        let second = try #require(registry.open(host: "b"))
        #expect(registry.open(host: "c") == nil)
        registry.close(first)
        let third = try #require(registry.open(host: "c"))
        #expect(registry.sessions.map(\.connectionID) == [second, third])
        #expect(registry.sessions.map(\.host) == ["b", "c"])
    }

    @Test("Replies that were not read yet share one limit")
    func pendingBytes() {
        let registry = SessionRegistry(limit: 2, pendingByteLimit: 100)
        #expect(registry.reserve(byteCount: 60))
        #expect(!registry.reserve(byteCount: 41))
        #expect(registry.reserve(byteCount: 40))
        registry.release(byteCount: 60)
        #expect(registry.reserve(byteCount: 41))
    }
}
