import GRDB
import MySQLProtocol

/// Why a statement has no answer.
enum SQLError: Error, Equatable {
    case emptyStatement
    case syntax(near: String)
    case unknownDatabase(String)
    case unknownTable(String, database: String)
    case unknownColumn(String)
    case ambiguousColumn(String)
    case unknownVariable(String)
    case unknownFunction(String)
    case wrongArguments(function: String)
    case noDatabaseSelected
    /// A statement that would write, or change the server.
    case readOnly
    case statementTooComplex
    case valueTooLong
    case answerTooLong(limit: Int)
    case outOfMemory
    case statementTimeout
    /// The server is shutting down.
    case interrupted
    case busy
    /// What else SQLite finds, in its own words.
    case other(String)
    case unknownCommand(UInt8)
    case accessDenied(user: String, host: String, usedPassword: Bool)

    static func syntax(near source: Substring) -> SQLError { .syntax(near: String(source)) }
}

// MARK: From SQLite

extension SQLError {
    /// What SQLite reports, in MySQL's terms. SQLite names only a few causes by a code: the rest is
    /// known by its message, whose wording it keeps stable.
    init(_ error: DatabaseError, in session: SessionFacts) {
        switch error.resultCode {
        case .SQLITE_NOMEM: self = .outOfMemory
        case .SQLITE_TOOBIG: self = .valueTooLong
        case .SQLITE_INTERRUPT: self = .interrupted
        case .SQLITE_AUTH: self = .readOnly
        default:
            let message = error.message ?? "SQLite error \(error.resultCode.rawValue)"
            self = Self.known(message, in: session) ?? .other(message)
        }
    }

    private static func known(_ message: String, in session: SessionFacts) -> SQLError? {
        if message == "incomplete input" { return .syntax(near: "") }
        if let near = message.between("near \"", "\": syntax error") { return .syntax(near: near) }
        if let near = message.between("unrecognized token: \"", "\"") { return .syntax(near: near) }
        if let name = message.after("no such table: ") { return missingTable(name, in: session) }
        if let name = message.after("no such column: ") { return .unknownColumn(name) }
        if let name = message.after("ambiguous column name: ") { return .ambiguousColumn(name) }
        if let name = message.after("no such function: ") { return .unknownFunction(name) }
        if let name = message.between("wrong number of arguments to function ", "()") {
            return .wrongArguments(function: name)
        }
        return nil
    }

    private static func missingTable(_ name: String, in session: SessionFacts) -> SQLError {
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
            guard let database = session.database else { return .noDatabaseSelected }
            return .unknownTable(name, database: database)
        }
        guard let database = try? SampleDatabase.database(parts[0]) else {
            // No database of that name: that is the better answer.
            return .unknownDatabase(parts[0])
        }
        return .unknownTable(parts[1], database: database)
    }
}

extension String {
    fileprivate func after(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }

    fileprivate func between(_ prefix: String, _ suffix: String) -> String? {
        guard let rest = after(prefix), rest.hasSuffix(suffix) else { return nil }
        return String(rest.dropLast(suffix.count))
    }
}

// MARK: To MySQL

extension SQLError {
    /// As sent after a greeting.
    var packet: MySQLErrorPacket {
        let (code, state, message) = parts
        return MySQLErrorPacket(code: code, sqlState: state, message: message)
    }

    /// MySQL's number for it.
    var code: UInt16 { parts.code }

    var message: String { parts.message }

    private var parts: (code: UInt16, state: String, message: String) {
        switch self {
        case .emptyStatement: (1065, "42000", "Query was empty")
        case .syntax(""):
            (1064, "42000", "You have an error in your SQL syntax: unexpected end of statement")
        case .syntax(let near):
            (1064, "42000", "You have an error in your SQL syntax near '\(near)'")
        case .unknownDatabase(let name): (1049, "42000", "Unknown database '\(name)'")
        case .unknownTable(let name, let database):
            (1146, "42S02", "Table '\(database).\(name)' doesn't exist")
        case .unknownColumn(let name): (1054, "42S22", "Unknown column '\(name)'")
        case .ambiguousColumn(let name): (1052, "23000", "Column '\(name)' is ambiguous")
        case .unknownVariable(let name): (1193, "HY000", "Unknown system variable '\(name)'")
        case .unknownFunction(let name):
            (1305, "42000", "FUNCTION \(name) does not exist in the sample warehouse")
        case .wrongArguments(let name):
            (1582, "42000", "Incorrect parameter count in the call to function '\(name)'")
        case .noDatabaseSelected: (1046, "3D000", "No database selected")
        case .readOnly: (1290, "HY000", "The sample warehouse is read-only and only runs queries")
        case .other(let message): (1105, "HY000", message)
        case .unknownCommand(let command): (1047, "08S01", "Unknown command \(command)")
        case .accessDenied(let user, let host, let usedPassword):
            (
                MySQLErrorPacket.accessDenied, "28000",
                "Access denied for user '\(user)'@'\(host)' "
                    + "(using password: \(usedPassword ? "YES" : "NO"))"
            )
        case .statementTooComplex, .valueTooLong, .answerTooLong, .outOfMemory, .statementTimeout,
            .interrupted, .busy:
            limitParts
        }
    }

    /// Of what exceeds a limit of the sample warehouse.
    private var limitParts: (code: UInt16, state: String, message: String) {
        switch self {
        case .statementTooComplex: (1064, "42000", "The statement is too complex")
        case .valueTooLong:
            (1301, "HY000", "A value is longer than the sample warehouse allows")
        case .answerTooLong(let limit):
            (1105, "HY000", "The result exceeds \(limit >> 20) MiB; add a LIMIT")
        case .outOfMemory: (1038, "HY001", "Out of memory: the statement needs too much of it")
        case .statementTimeout:
            (
                3024, "HY000",
                "Query execution was interrupted, maximum statement execution time exceeded"
            )
        case .busy: (1041, "HY000", "Too many results are being sent; try again later")
        default: (1317, "70100", "Query execution was interrupted")
        }
    }
}
