import MySQLProtocol
import Traffic

extension MySQLSession {
    /// Answers one command: in full, or by an ERR packet.
    mutating func answer(
        _ command: MySQLCommand,
        _ packet: MySQLPacket,
        _ sessions: [SessionFacts]
    ) -> MySQLReply {
        var reply = MySQLReply(to: packet)
        let executor = QueryExecutor(catalog: catalog, session: facts, sessions: sessions)
        do {
            try perform(command, by: executor, into: &reply)
        } catch {
            reply.append(error)
        }
        return reply
    }

    private mutating func perform(
        _ command: MySQLCommand,
        by executor: QueryExecutor,
        into reply: inout MySQLReply
    ) throws(SQLError) {
        switch command {
        case .quit: reply.closes = true
        case .useDatabase(let name): try use(try executor.existing(name), into: &reply)
        case .query(let statement): try run(statement, by: executor, into: &reply)
        case .listFields(let name):
            reply.appendFields(of: try executor.table(TableName(database: nil, table: name)))
        case .statistics: reply.append(Array("Threads: \(executor.sessions.count)".utf8))
        case .ping, .resetConnection: reply.appendOkay()
        case .setOption: reply.appendEndOfFile()
        case .unknown(let code): throw .unknownCommand(code)
        }
    }

    private mutating func run(
        _ statement: String,
        by executor: QueryExecutor,
        into reply: inout MySQLReply
    ) throws(SQLError) {
        switch try executor.execute(try SQLParser.parse(statement)) {
        case .table(let table): reply.append(table)
        case .acknowledged: reply.appendOkay()
        case .databaseChanged(let database): try use(database, into: &reply)
        }
    }

    private mutating func use(_ database: String, into reply: inout MySQLReply) throws(SQLError) {
        facts.database = database
        reply.appendOkay()
    }
}
