import GRDB

/// The sample data, in one SQLite connection in memory.
///
/// Statements run one at a time, on the connection's own queue: no event loop and no task waits for
/// one of them. A client's statement is confined by the ``SQLiteSandbox``.
final class SampleDatabase: Sendable {
    /// From a statement's arrival to its last row, waiting for others included.
    static let statementTimeout = Duration.seconds(5)
    /// What the fields of an answer may take together, in bytes.
    static let answerLimit = 4 << 20

    private let queue: DatabaseQueue
    private let sandbox = SQLiteSandbox()
    private let statementTimeout: Duration

    init(statementTimeout: Duration = SampleDatabase.statementTimeout) throws {
        self.statementTimeout = statementTimeout
        queue = try DatabaseQueue()
        try queue.writeWithoutTransaction { [sandbox] database in
            try SampleData.install(on: database)
            SQLFunctions.installGeneral(on: database)
            sandbox.install(on: database)
        }
    }

    /// Runs a client's query.
    func answer(
        _ query: SQLiteQuery,
        for session: SessionFacts
    ) async throws(SQLError) -> ResultSet {
        let deadline = ContinuousClock.now + statementTimeout
        do {
            return try await queue.writeWithoutTransaction { [sandbox] database in
                SQLFunctions.install(for: session, on: database)
                return try sandbox.confine(until: deadline) {
                    let statement = try database.makeStatement(sql: query.sql)
                    statement.setUncheckedArguments(StatementArguments(query.arguments))
                    return try ResultSet(running: statement, byteLimit: Self.answerLimit)
                }
            }
        } catch let error as SQLError {
            throw error
        } catch let error as DatabaseError {
            throw SQLError(error, in: session)
        } catch {
            throw .interrupted
        }
    }

    /// The columns of a table, if it exists.
    ///
    /// - Parameter database: the session's current database if `nil`.
    func columns(
        of table: String,
        in database: String?,
        for session: SessionFacts
    ) async throws(SQLError) -> [ResultSet.Column] {
        guard let database = database ?? session.database else { throw .noDatabaseSelected }
        let name = [database, table].map { $0.quoted(by: UInt8(ascii: "`")) }
            .joined(separator: ".")
        return try await answer(SQLiteQuery(sql: "SELECT * FROM \(name) LIMIT 0"), for: session)
            .columns
    }

    /// The database of that name, which is case-insensitive, as it is written in the sample data.
    static func database(_ name: String) throws(SQLError) -> String {
        guard let database = SampleData.databases.first(where: { $0 == name.lowercased() }) else {
            throw .unknownDatabase(name)
        }
        return database
    }

    /// Adds a stream load to `demo.stream_loads` and returns its number.
    func record(_ load: StreamLoad) async throws -> Int64 {
        try await queue.write { try load.record(on: $0) }
    }
}

/// One finished stream load. The rows themselves are counted, not stored.
struct StreamLoad: Equatable, Sendable {
    var label: String
    var target: TableName
    var rowCount: Int
    var byteCount: Int
}

extension StreamLoad {
    /// Only the latest loads are listed.
    static let listedCount: Int64 = 1_000

    /// Adds the load to `demo.stream_loads` and returns its number, counted from 1.
    func record(on database: Database) throws -> Int64 {
        let last = try Int64.fetchOne(database, sql: "SELECT MAX(id) FROM demo.stream_loads")
        let id = (last ?? 0) + 1
        try database.execute(
            sql: "INSERT INTO demo.stream_loads VALUES (?, ?, ?, ?, ?, datetime('now'))",
            arguments: [id, label, "\(target.database).\(target.table)", rowCount, byteCount]
        )
        try database.execute(
            sql: "DELETE FROM demo.stream_loads WHERE id <= ?",
            arguments: [id - Self.listedCount]
        )
        return id
    }
}
