import MySQLClient
import MySQLProtocol
import Testing

@Suite("Statements over the MySQL protocol")
struct MySQLStatementsTests {
    private static let account = MySQLAccount(user: "admin", password: Password("old secret"))

    private static let greeting: [UInt8] = {
        let greeting = MySQLGreeting(
            serverVersion: "10.11.6-MariaDB",
            connectionID: 7,
            scramble: MySQLScramble(1...20),
            capabilities: .basicLogin
        )
        return MySQLPacket(sequence: 0, payload: greeting.payload).bytes
    }()

    private static func ok(_ sequence: UInt8) -> [UInt8] {
        MySQLPacket(sequence: sequence, payload: [0, 0, 0, 2, 0, 0, 0]).bytes
    }

    private static func error(_ sequence: UInt8, _ code: UInt16, _ message: String) -> [UInt8] {
        let error = MySQLErrorPacket(code: code, sqlState: "42000", message: message)
        return MySQLPacket(sequence: sequence, payload: error.payload).bytes
    }

    private static func receive(_ bytes: [UInt8], _ session: inout MySQLStatements)
        -> MySQLStatements.Step
    {
        session.receive(bytes.span)
    }

    private static func text(of step: MySQLStatements.Step) -> String? {
        guard case .send(let bytes) = step else { return nil }
        return String(decoding: bytes.dropFirst(5), as: UTF8.self)
    }

    @Test("After the login, each statement is made when the one before it is answered")
    func statements() {
        var session = MySQLStatements(Self.account, statements: ["SET a", "SET b"])
        guard case .send(let login) = Self.receive(Self.greeting, &session) else {
            Issue.record("no login")
            return
        }
        #expect(!String(decoding: login, as: UTF8.self).contains("old secret"))
        #expect(Self.text(of: Self.receive(Self.ok(2), &session)) == "SET a")
        #expect(Self.text(of: Self.receive(Self.ok(1), &session)) == "SET b")
        #expect(Self.receive(Self.ok(1), &session) == .done)
        #expect(session.receiveEndOfStream() == .wait)
    }

    private static func packets(_ payloads: [[UInt8]]) -> [UInt8] {
        payloads.enumerated().flatMap { index, payload in
            MySQLPacket(sequence: UInt8(index + 1), payload: payload).bytes
        }
    }

    private static let table: [UInt8] = {
        var column: [UInt8] = []
        for text in ["def", "", "", "", "Host", ""] { column.appendLengthEncoded(text) }
        let end: [UInt8] = [0xfe, 0, 0, 2, 0]
        return packets([[1], column, end, [4] + "be-1".utf8, end])
    }()

    @Test("Tables are kept, and a refused statement does not keep the next from being made")
    func tables() {
        var session = MySQLStatements(
            Self.account,
            statements: ["SHOW A", "SHOW B", "SHOW C"],
            keepsTables: true
        )
        _ = Self.receive(Self.greeting, &session)
        #expect(Self.text(of: Self.receive(Self.ok(2), &session)) == "SHOW A")
        let steps = Self.table.map { Self.receive([$0], &session) }
        #expect(steps.last.flatMap(Self.text) == "SHOW B")
        #expect(Self.text(of: Self.receive(Self.error(1, 1_064, "no"), &session)) == "SHOW C")
        #expect(Self.receive(Self.ok(1), &session) == .done)
        let table = MySQLTable(columns: ["Host"], rows: [["be-1"]])
        #expect(session.tables == [table, nil, MySQLTable()])
    }

    @Test("Rows are unexpected if they are not asked for")
    func unexpectedRows() {
        var session = MySQLStatements(Self.account, statements: ["SET a"])
        _ = Self.receive(Self.greeting, &session)
        _ = Self.receive(Self.ok(2), &session)
        let step = Self.receive(Self.table, &session)
        #expect(step == .failed(.protocolViolation("an unexpected answer")))
    }

    @Test("An endless table is refused")
    func endless() {
        var session = MySQLStatements(Self.account, statements: ["SHOW A"], keepsTables: true)
        _ = Self.receive(Self.greeting, &session)
        _ = Self.receive(Self.ok(2), &session)
        #expect(Self.receive(Array(Self.table.dropLast(9)), &session) == .wait)
        let rows = [UInt8](
            (0..<1_000).flatMap { _ in MySQLPacket(sequence: 5, payload: [0]).bytes }
        )
        var step = MySQLStatements.Step.wait
        for _ in 0..<1_000 where step == .wait { step = Self.receive(rows, &session) }
        #expect(step == .failed(.protocolViolation("more than 1048576 bytes")))
    }

    @Test("Packets may arrive a byte at a time")
    func pieces() {
        var session = MySQLStatements(Self.account, statements: [])
        var steps = Self.greeting.map { Self.receive([$0], &session) }
        #expect(steps.dropLast().allSatisfy { $0 == .wait })
        steps = Self.ok(2).map { Self.receive([$0], &session) }
        #expect(steps.last == .done)
    }

    @Test("A server's message about a statement, which may repeat the password, is not kept")
    func refusal() {
        var session = MySQLStatements(Self.account, statements: ["SET PASSWORD = 'hunter2'"])
        _ = Self.receive(Self.greeting, &session)
        _ = Self.receive(Self.ok(2), &session)
        let step = Self.receive(Self.error(1, 1064, "near 'hunter2'"), &session)
        #expect(step == .failed(.refused(code: 1064)))
        #expect(!"\(step)".contains("hunter2"))
    }

    @Test("A refused login is told from a refused statement")
    func denial() {
        var session = MySQLStatements(Self.account, statements: ["SET a"])
        _ = Self.receive(Self.greeting, &session)
        let step = Self.receive(Self.error(2, 1045, "Access denied"), &session)
        #expect(
            step
                == .failed(
                    .denied(summary: "MySQL error 1045: Access denied", isPassword: true)
                )
        )
    }

    @Test("Anything else that a server sends ends the exchange")
    func nonsense() {
        for bytes: [UInt8] in [
            [0xff, 0xff, 0xff, 0], Array("HTTP/1.1 400 Bad Request\r\n".utf8),
            [1, 0, 0, 0, 9],
        ] {
            var session = MySQLStatements(Self.account, statements: ["SET a"])
            guard case .failed(.protocolViolation) = Self.receive(bytes, &session) else {
                Issue.record("\(bytes)")
                continue
            }
            #expect(Self.receive(Self.greeting, &session) == .wait)
        }
        var session = MySQLStatements(Self.account, statements: ["SET a"])
        _ = Self.receive(Self.greeting, &session)
        _ = Self.receive(Self.ok(2), &session)
        let columns = MySQLPacket(sequence: 1, payload: [1]).bytes
        guard case .failed(.protocolViolation) = Self.receive(columns, &session) else {
            Issue.record("a result set is accepted")
            return
        }
    }

    // MARK: TLS

    private static func greeting(_ capabilities: MySQLCapabilities) -> [UInt8] {
        var greeting = MySQLGreeting(
            serverVersion: "8.0.36",
            connectionID: 7,
            scramble: MySQLScramble(1...20),
            capabilities: capabilities
        )
        greeting.authenticationPlugin = MySQLPasswordAnswer.cachingSHA2
        return MySQLPacket(sequence: 0, payload: greeting.payload).bytes
    }

    @Test("With TLS, only the request for it is sent before, and the password only after")
    func secured() throws {
        var session = MySQLStatements(Self.account, statements: ["SET a"], usesTLS: true)
        let first = Self.receive(Self.greeting(MySQLCapabilities.basicLogin.union(.tls)), &session)
        guard case .startTLS(let request) = first else {
            Issue.record("\(first)")
            return
        }
        #expect(request.count == 36 && request[3] == 1)
        #expect(MySQLTLSRequest(payload: Array(request.dropFirst(4))) != nil)
        guard case .send(let bytes) = session.secured() else {
            Issue.record("no login")
            return
        }
        let login = try MySQLLogin(payload: Array(bytes.dropFirst(4)))
        #expect(bytes[3] == 2 && login.user == "admin" && login.capabilities.contains(.tls))
        // The server does not remember the password, and asks for it.
        let full = MySQLPacket(sequence: 3, payload: [1, 4]).bytes
        let password = MySQLPacket(sequence: 4, payload: Array("old secret\0".utf8)).bytes
        #expect(Self.receive(full, &session) == .send(password))
        #expect(Self.text(of: Self.receive(Self.ok(5), &session)) == "SET a")
    }

    @Test("A server without TLS, or one that speaks before it, is not logged in to")
    func notSecured() {
        var session = MySQLStatements(Self.account, statements: ["SET a"], usesTLS: true)
        let step = Self.receive(Self.greeting(.basicLogin), &session)
        guard case .failed(.protocolViolation(let words)) = step else {
            Issue.record("\(step)")
            return
        }
        #expect(words.contains("backendTLS"))
        var hasty = MySQLStatements(Self.account, statements: ["SET a"], usesTLS: true)
        let greeting = Self.greeting(MySQLCapabilities.basicLogin.union(.tls))
        guard case .failed(.protocolViolation) = Self.receive(greeting + Self.ok(2), &hasty)
        else {
            Issue.record("what came before TLS is read")
            return
        }
    }

    @Test("A connection that ends early has not made the statements")
    func end() {
        var session = MySQLStatements(Self.account, statements: ["SET a"])
        _ = Self.receive(Self.greeting, &session)
        #expect(session.receiveEndOfStream() == .failed(.closed))
        #expect(session.receiveEndOfStream() == .wait)
    }

    @Test("No password can end its quotes", arguments: ["a'b", #"a\"#, #"\' OR 1 -- "#, "ü'漢\\"])
    func quoting(password: String) throws {
        let statements = MySQLPasswordChange.statements(Password(password))
        #expect(statements.first == "SET sql_mode = ''")
        let statement = try #require(statements.last)
        let start = "SET PASSWORD = PASSWORD('"
        #expect(statement.hasPrefix(start) && statement.hasSuffix("')"))
        var unquoted = ""
        var rest = statement.dropFirst(start.count).dropLast(2)
        while let character = rest.popFirst() {
            #expect(character != "'")
            unquoted.append(character == "\\" ? rest.popFirst() ?? "?" : character)
        }
        #expect(unquoted == password)
    }
}
