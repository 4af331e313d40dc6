import GRDB

/// What a client's statement requests.
enum ClientStatement: Sendable {
    /// For SQLite.
    case query(SQLiteQuery)
    case show(ShowStatement)
    case use(database: String)
    /// Accepted without effect: SET, BEGIN, COMMIT, ROLLBACK.
    case acknowledge

    private static let writing: Set = [
        "alter", "create", "delete", "drop", "insert", "load", "rename", "replace", "truncate",
        "update",
    ]

    /// Reads one statement, which may end with semicolons.
    init(parsing statement: String) throws(SQLError) {
        var tokens = try SQLLexer.tokens(of: statement)[...]
        while let last = tokens.last, last.kind == .blank || last.source == ";" {
            tokens.removeLast()
        }
        tokens = tokens.drop { $0.kind == .blank }
        guard let first = tokens.first else { throw .emptyStatement }
        if let second = tokens.firstIndex(where: { $0.source == ";" && $0.kind == .sign }) {
            throw .syntax(near: tokens[second...].map(\.source).joined().prefix(40))
        }
        switch first.source.lowercased() {
        case "select", "with", "values", "(":
            self = .query(try SQLiteQuery(translating: tokens))
        case "show", "describe", "desc", "explain":
            self = .show(try ShowStatement(parsing: tokens))
        case "use":
            var reader = SQLTokenReader(tokens.dropFirst())
            self = .use(database: try reader.name())
            try reader.finish()
        case "set", "begin", "start", "commit", "rollback":
            self = .acknowledge
        case let keyword where Self.writing.contains(keyword):
            throw .readOnly
        default:
            throw .syntax(near: tokens.map(\.source).joined().prefix(40))
        }
    }
}

/// A query as SQLite reads it, and the values of its parameters.
struct SQLiteQuery: Equatable, Sendable {
    var sql: String
    var arguments: [String: DatabaseValue] = [:]
}

/// How a query of MySQL's dialect becomes one of SQLite's. What is not named here is left to SQLite:
/// clauses, joins, subqueries, window functions, names in backticks.
///
/// | MySQL | SQLite |
/// |---|---|
/// | `"text"`, `'it\'s'` | `'text'`, `'it''s'` |
/// | `# comment`, `/* comment */` | a space |
/// | `@@max_allowed_packet`, `CURRENT_USER` | a parameter with the value |
/// | `@x` | the parameter `@x`, which is NULL |
/// | `CURRENT_TIMESTAMP()` | the function of that name, quoted |
/// | `<=>`, `&&`, `\|\|` | `IS`, `AND`, `OR` |
extension SQLiteQuery {
    private static let operators = ["<=>": " IS ", "&&": " AND ", "||": " OR "]
    /// Keywords in SQLite, and functions in MySQL.
    private static let functionKeywords: Set = [
        "current_date", "current_time", "current_timestamp",
    ]

    init(translating tokens: ArraySlice<SQLToken>) throws(SQLError) {
        sql = ""
        for index in tokens.indices { try append(tokens[index], before: tokens[(index + 1)...]) }
    }

    private mutating func append(
        _ token: SQLToken,
        before rest: ArraySlice<SQLToken>
    ) throws(SQLError) {
        switch token.kind {
        case .blank: sql += token.source.allSatisfy(\.isWhitespace) ? token.source : " "
        case .text(let text): sql += Self.quoted(text)
        case .variable(let name, isSystem: true):
            appendParameter(for: token.source, value: try SystemVariables.value(of: name))
        case .word: appendWord(token, isFunction: rest.isParenthesisNext)
        case .variable, .quotedName: sql += token.source
        case .sign: sql += Self.operators[String(token.source)] ?? String(token.source)
        }
    }

    private mutating func appendWord(_ token: SQLToken, isFunction: Bool) {
        let word = token.source.lowercased()
        if isFunction, Self.functionKeywords.contains(word) {
            sql += "\"\(token.source)\""
        } else if !isFunction, word == "current_user" {
            appendParameter(for: token.source, value: SQLFunctions.currentUser.databaseValue)
        } else {
            sql += token.source
        }
    }

    /// Writes a parameter that carries what it replaces in its name, as SQLite allows for Tcl, so
    /// that a column which is named by it can have the original name.
    private mutating func appendParameter(for source: Substring, value: DatabaseValue) {
        sql += "$p(\(source))"
        arguments["p(\(source))"] = value
    }

    /// A column's name as MySQL gives it: the expression as it was written, or a literal's text.
    static func originalName(_ name: String) -> String {
        if let literal = name.wholeMatch(of: /'((?:[^']|'')*)'/) {
            return String(literal.1).replacing("''", with: "'")
        }
        guard name.contains("$p(") else { return name }
        return name.replacing(/\$p\(([^)]*)\)/) { $0.1 }
    }

    static func quoted(_ text: String) -> String { text.quoted(by: UInt8(ascii: "'")) }
}

extension ArraySlice<SQLToken> {
    fileprivate var isParenthesisNext: Bool { first { $0.kind != .blank }?.source == "(" }
}

extension String {
    /// In SQL's quotes, each of which is doubled inside. By bytes: a quote with a combining mark is
    /// another character, and ends the text all the same.
    func quoted(by quote: UInt8) -> String {
        let inside = utf8.flatMap { $0 == quote ? [quote, quote] : [$0] }
        return String(decoding: [quote] + inside + [quote], as: UTF8.self)
    }
}
