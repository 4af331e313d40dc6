import FoundationEssentials
import GRDB

/// The functions of MySQL that SQLite lacks.
enum SQLFunctions {
    static let currentUser = "\(MySQLSession.user)@%"
    /// Used by the views of unqualified names: `in_current_database(database, table)`.
    static let currentDatabaseCheck = "in_current_database"

    /// All names, in lower case.
    static let names: Set<String> = [
        "concat", "connection_id", "curdate", "current_date", "current_time", "current_timestamp",
        "current_user", "curtime", "database", "found_rows", "if", currentDatabaseCheck,
        "last_insert_id", "now", "row_count", "schema", "session_user", "sysdate", "system_user",
        "unix_timestamp", "user", "utc_timestamp", "version",
    ]

    /// Those that are the same in every session.
    static func installGeneral(on database: Database) {
        let general = [
            DatabaseFunction("concat", pure: true) { values in
                let texts = values.map(\.mysqlText)
                guard !texts.contains(nil) else { return nil }
                return String(decoding: texts.compactMap { $0 }.joined(), as: UTF8.self)
            },
            DatabaseFunction("if", argumentCount: 3, pure: true) { values in
                (Double.fromDatabaseValue(values[0]) ?? 0) != 0 ? values[1] : values[2]
            },
        ]
        for function in general { database.add(function: function) }
        for name in ["trim", "ltrim", "rtrim"] {
            database.add(function: withoutCharacterSet(name))
        }
    }

    /// MySQL has no second argument here, and SQLite's takes quadratic time.
    private static func withoutCharacterSet(_ name: String) -> DatabaseFunction {
        DatabaseFunction(name, argumentCount: 2, pure: true) { _ in
            throw DatabaseError(message: "wrong number of arguments to function \(name)()")
        }
    }

    /// Those that return information about the session. They replace those of the previous session.
    static func install(for session: SessionFacts, on database: Database) {
        for (names, value) in facts(of: session) {
            for name in names {
                database.add(
                    function: DatabaseFunction(name, argumentCount: 0, pure: true) { _ in value }
                )
            }
        }
        database.add(function: check(of: session))
    }

    private static func facts(of session: SessionFacts) -> [([String], DatabaseValue)] {
        let now = session.now.sqlText
        return [
            (["version"], SystemVariables.version.databaseValue),
            (
                ["user", "session_user", "system_user"],
                "\(session.user)@\(session.host)".databaseValue
            ),
            (["current_user"], currentUser.databaseValue),
            (["database", "schema"], session.database.databaseValue),
            (["connection_id"], Int64(session.connectionID).databaseValue),
            (["now", "current_timestamp", "sysdate", "utc_timestamp"], now.databaseValue),
            (["curdate", "current_date"], now.prefix(10).description.databaseValue),
            (["curtime", "current_time"], now.suffix(8).description.databaseValue),
            (["unix_timestamp"], Int64(session.now.timeIntervalSince1970).databaseValue),
            (["last_insert_id", "row_count", "found_rows"], 0.databaseValue),
        ]
    }

    private static func check(of session: SessionFacts) -> DatabaseFunction {
        DatabaseFunction(currentDatabaseCheck, argumentCount: 2, pure: true) { values in
            if String.fromDatabaseValue(values[0]) == session.database { return true }
            let table = String.fromDatabaseValue(values[1]) ?? ""
            // As SQLite itself says it, so that there is one way to read it.
            throw DatabaseError(message: "no such table: \(table)")
        }
    }
}

extension Date {
    /// `2026-01-31 12:00:00`, in UTC, as a DATETIME is written.
    fileprivate var sqlText: String {
        let style = ISO8601FormatStyle(timeZone: .gmt)
            .year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false)
        return formatted(style)
    }
}
