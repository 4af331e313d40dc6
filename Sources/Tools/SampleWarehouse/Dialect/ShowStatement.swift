import GRDB

/// `SHOW` and `DESCRIBE`.
struct ShowStatement: Sendable {
    enum Subject: Sendable {
        case databases
        case tables(database: String?)
        case columns(table: String, database: String?)
        case createTable(String, database: String?)
        case variables
        case status
        case processList
        case warnings
    }

    var subject: Subject
    /// SHOW FULL: with more columns.
    var isFull = false
    /// `LIKE 'pattern'` or `WHERE condition`, for the rows to show.
    private var filter = Filter.none

    private enum Filter {
        case none
        case like(String)
        case condition(SQLiteQuery)
    }

    init(parsing tokens: ArraySlice<SQLToken>) throws(SQLError) {
        var reader = SQLTokenReader(tokens)
        guard reader.take("show") else {
            // DESCRIBE, DESC or EXPLAIN.
            _ = reader.takeAny()
            let (table, database) = try reader.tableName()
            subject = .columns(table: table, database: database)
            try reader.finish()
            return
        }
        while let scope = reader.take(oneOf: ["full", "session", "global"]) {
            if scope == "full" { isFull = true }
        }
        subject = try Self.subject(&reader)
        filter = try Self.filter(&reader)
    }

    private static func subject(_ reader: inout SQLTokenReader) throws(SQLError) -> Subject {
        let start = reader
        switch try reader.name().lowercased() {
        case "databases", "schemas": return .databases
        case "tables": return .tables(database: try reader.database())
        case "columns", "fields":
            guard reader.take(oneOf: ["from", "in"]) != nil else { throw reader.syntaxError }
            let (table, database) = try reader.tableName()
            return .columns(table: table, database: try reader.database() ?? database)
        case "create":
            guard reader.take("table") else { throw reader.syntaxError }
            let (table, database) = try reader.tableName()
            return .createTable(table, database: database)
        case "variables": return .variables
        case "status": return .status
        case "processlist": return .processList
        case "warnings", "errors": return .warnings
        default: throw start.syntaxError
        }
    }

    private static func filter(_ reader: inout SQLTokenReader) throws(SQLError) -> Filter {
        if reader.take("where") {
            return .condition(try SQLiteQuery(translating: reader.takeRest()))
        }
        let filter = reader.take("like") ? Filter.like(try reader.text()) : .none
        try reader.finish()
        return filter
    }
}

// MARK: As queries

extension ShowStatement {
    /// The table that must exist, and its database if one is named.
    var table: (name: String, database: String?)? {
        switch subject {
        case .columns(let table, let database), .createTable(let table, let database):
            (table, database)
        default: nil
        }
    }

    /// The statement as a query of `information_schema`; `nil` for what is not in it.
    ///
    /// - Parameters:
    ///   - current: the session's current database.
    ///   - sessionCount: for SHOW STATUS.
    func query(in current: String?, sessionCount: Int) throws(SQLError) -> SQLiteQuery? {
        switch subject {
        case .databases: filtered(Self.databases, by: "Database")
        case .tables(let database): try tables(of: database ?? current)
        case .columns(let table, let database):
            filtered(columns(of: table, in: database ?? current), by: "Field")
        case .createTable(let table, let database):
            filtered(Self.definition(of: table, in: database ?? current), by: "Table")
        case .variables: filtered(Self.variables, by: "Variable_name")
        case .status: filtered(Self.status(sessionCount: sessionCount), by: "Variable_name")
        case .processList, .warnings: nil
        }
    }

    private func filtered(_ sql: String, by firstColumn: String) -> SQLiteQuery {
        switch filter {
        case .none:
            SQLiteQuery(sql: sql)
        case .like(let pattern):
            SQLiteQuery(
                sql: #"SELECT * FROM (\#(sql)) WHERE "\#(firstColumn)" LIKE $pattern ESCAPE '\'"#,
                arguments: ["pattern": pattern.databaseValue]
            )
        case .condition(let condition):
            SQLiteQuery(
                sql: "SELECT * FROM (\(sql)) WHERE \(condition.sql)",
                arguments: condition.arguments
            )
        }
    }

    private static let databases = """
        SELECT schema_name AS "Database" FROM information_schema.schemata ORDER BY 1
        """

    private func tables(of database: String?) throws(SQLError) -> SQLiteQuery {
        guard let database else { throw .noDatabaseSelected }
        let known = try SampleDatabase.database(database)
        let type = isFull ? ", table_type AS Table_type" : ""
        let sql = """
            SELECT table_name AS "Tables_in_\(known)"\(type) FROM information_schema.tables
            WHERE table_schema = '\(known)' ORDER BY 1
            """
        return filtered(sql, by: "Tables_in_\(known)")
    }

    private func columns(of table: String, in database: String?) -> String {
        let collation = "iif(data_type = 'varchar', 'utf8mb4_general_ci', NULL)"
        return """
            SELECT column_name AS "Field", column_type AS "Type",
                \(isFull ? "\(collation) AS \"Collation\"," : "")
                is_nullable AS "Null", column_key AS "Key", column_default AS "Default",
                extra AS "Extra" \(isFull ? ", 'select' AS \"Privileges\", '' AS \"Comment\"" : "")
            \(Self.source(table, in: database))
            """
    }

    private static func definition(of table: String, in database: String?) -> String {
        """
        SELECT table_name AS "Table", 'CREATE TABLE `' || table_name || '` (
        ' || group_concat('  `' || column_name || '` ' || column_type || ' NOT NULL', ',
        ') || '
        )' AS "Create Table" FROM (SELECT * \(source(table, in: database))) GROUP BY 1
        """
    }

    private static func source(_ table: String, in database: String?) -> String {
        """
        FROM information_schema.columns
        WHERE table_schema = \(SQLiteQuery.quoted(database ?? ""))
            AND table_name = \(SQLiteQuery.quoted(table))
        ORDER BY ordinal_position
        """
    }

    private static let variables = """
        SELECT variable_name AS Variable_name, variable_value AS Value
        FROM information_schema.session_variables ORDER BY 1
        """

    private static func status(sessionCount: Int) -> String {
        "SELECT 'Threads_connected' AS Variable_name, '\(sessionCount)' AS Value"
    }
}

// MARK: Without a query

extension ResultSet {
    static let noWarnings = ResultSet(columns: [
        Column(name: "Level", type: .text), Column(name: "Code", type: .integer),
        Column(name: "Message", type: .text),
    ])

    /// SHOW PROCESSLIST, as the session `current` sees it.
    static func processList(_ sessions: [SessionFacts], current: UInt32) -> ResultSet {
        ResultSet(
            columns: [
                Column(name: "Id", type: .integer), Column(name: "User", type: .text),
                Column(name: "Host", type: .text), Column(name: "db", type: .text),
                Column(name: "Command", type: .text),
            ],
            rows: sessions.map { session in
                [
                    Int64(session.connectionID).databaseValue, session.user.databaseValue,
                    session.host.databaseValue, session.database.databaseValue,
                    (session.connectionID == current ? "Query" : "Sleep").databaseValue,
                ]
            }
        )
    }
}
