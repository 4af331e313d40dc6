import FoundationEssentials
import MySQLProtocol

/// One client's session as the server sees it: packets in, replies out; no socket, no clock.
struct MySQLSession {
    enum Phase: Equatable {
        case awaitingLogin
        /// The client was requested to authenticate again, with the supported plugin.
        case awaitingSwitchedPassword(MySQLLogin)
        case ready
    }

    /// The only user. It has no password: the warehouse listens on loopback and holds sample data.
    static let user = "demo"
    /// The longest packet that a client may send, in bytes.
    static let packetLimit = 1 << 20

    private(set) var facts: SessionFacts
    private(set) var phase = Phase.awaitingLogin
    private let scramble: MySQLScramble
    private let database: SampleDatabase
    private let registry: SessionRegistry

    init(
        connectionID: UInt32,
        host: String,
        scramble: MySQLScramble,
        database: SampleDatabase,
        registry: SessionRegistry
    ) {
        facts = SessionFacts(connectionID: connectionID, user: "", host: host)
        self.scramble = scramble
        self.database = database
        self.registry = registry
    }

    /// The first packet, sent immediately.
    var greeting: [UInt8] {
        let greeting = MySQLGreeting(
            serverVersion: SystemVariables.version,
            connectionID: facts.connectionID,
            scramble: scramble,
            capabilities: [
                .basicLogin, .longColumnFlags, .connectWithDatabase, .transactions,
                .connectAttributes, .lengthEncodedAuthentication,
            ]
        )
        return MySQLPacket(sequence: 0, payload: greeting.payload).bytes
    }

    /// Answers one packet of the client.
    ///
    /// - Parameter now: the time, for NOW().
    mutating func receive(
        _ packet: MySQLPacket,
        now: Date
    ) async throws(MySQLWireError) -> MySQLReply {
        switch phase {
        case .awaitingLogin:
            return logIn(try MySQLLogin(payload: packet.payload), packet)
        case .awaitingSwitchedPassword(var login):
            login.authentication = packet.payload
            login.plugin = MySQLScramble.nativePassword
            return logIn(login, packet)
        case .ready:
            facts.now = now
            return await answer(try MySQLCommand(payload: packet.payload), packet)
        }
    }
}

// MARK: Login

extension MySQLSession {
    private mutating func logIn(_ login: MySQLLogin, _ packet: MySQLPacket) -> MySQLReply {
        var reply = MySQLReply(to: packet)
        guard login.plugin ?? MySQLScramble.nativePassword == MySQLScramble.nativePassword else {
            reply.append(
                MySQLAuthenticationSwitch(
                    plugin: MySQLScramble.nativePassword,
                    scramble: scramble
                ).payload
            )
            phase = .awaitingSwitchedPassword(login)
            return reply
        }
        do {
            try admit(login)
            reply.appendOkay()
        } catch {
            reply.append(error)
            reply.closes = true
        }
        return reply
    }

    private mutating func admit(_ login: MySQLLogin) throws(SQLError) {
        let hasPassword = !login.authentication.isEmpty
        guard login.user == Self.user, !hasPassword else {
            throw .accessDenied(user: login.user, host: facts.host, usedPassword: hasPassword)
        }
        if let database = login.database, !database.isEmpty {
            facts.database = try SampleDatabase.database(database)
        }
        facts.user = login.user
        phase = .ready
    }
}

// MARK: Commands

extension MySQLSession {
    private mutating func answer(
        _ command: MySQLCommand,
        _ packet: MySQLPacket
    ) async -> MySQLReply {
        var reply = MySQLReply(to: packet)
        do {
            try await perform(command, into: &reply)
        } catch {
            return MySQLReply(to: packet, error: error)
        }
        return reply
    }

    private mutating func perform(
        _ command: MySQLCommand,
        into reply: inout MySQLReply
    ) async throws(SQLError) {
        switch command {
        case .quit: reply.closes = true
        case .useDatabase(let name):
            facts.database = try SampleDatabase.database(name)
            reply.appendOkay()
        case .query(let statement): try await run(statement, into: &reply)
        case .listFields(let name):
            reply.appendFields(try await database.columns(of: name, in: nil, for: facts))
        case .statistics: reply.append(Array("Threads: \(registry.sessions.count)".utf8))
        case .ping, .resetConnection: reply.appendOkay()
        case .setOption: reply.appendEndOfFile()
        case .unknown(let code): throw .unknownCommand(code)
        }
    }

    private mutating func run(
        _ statement: String,
        into reply: inout MySQLReply
    ) async throws(SQLError) {
        switch try ClientStatement(parsing: statement) {
        case .query(let query): reply.append(try await database.answer(query, for: facts))
        case .show(let show): reply.append(try await answer(show))
        case .use(let name):
            facts.database = try SampleDatabase.database(name)
            reply.appendOkay()
        case .acknowledge: reply.appendOkay()
        }
    }

    private func answer(_ show: ShowStatement) async throws(SQLError) -> ResultSet {
        let sessions = registry.sessions
        if let (table, name) = show.table {
            _ = try await database.columns(of: table, in: name, for: facts)
        }
        if let query = try show.query(in: facts.database, sessionCount: sessions.count) {
            return try await database.answer(query, for: facts)
        }
        if case .processList = show.subject {
            return .processList(sessions, current: facts.connectionID)
        }
        return .noWarnings
    }
}
