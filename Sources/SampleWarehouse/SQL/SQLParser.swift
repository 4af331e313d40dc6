/// Reads one statement, by recursive descent; expressions do not nest, so neither does the stack.
struct SQLParser {
    private var tokens: ArraySlice<SQLToken>

    /// Reads `statement`, which may end with a semicolon.
    static func parse(_ statement: String) throws(SQLError) -> SQLStatement {
        var parser = SQLParser(tokens: try SQLLexer.tokens(of: statement)[...])
        let parsed = try parser.statement()
        while parser.take(sign: ";") {}
        guard parser.tokens.isEmpty else { throw parser.syntaxError }
        return parsed
    }

    private mutating func statement() throws(SQLError) -> SQLStatement {
        let keyword = try word().lowercased()
        switch keyword {
        case "select":
            return .select(try select())
        case "show":
            return .show(try show())
        case "describe", "desc", "explain":
            return .show(.columns(try tableName()))
        case "use":
            return .use(database: try name())
        case "set", "begin", "start", "commit", "rollback":
            tokens = []
            return .acknowledge
        case "insert", "update", "delete", "replace", "create", "drop", "alter", "truncate", "load":
            throw .readOnly(keyword.uppercased())
        default:
            throw .syntax(near: keyword)
        }
    }

    // MARK: What the statements are made of

    var syntaxError: SQLError {
        let near = tokens.prefix(5).map(\.source).joined(separator: " ")
        return .syntax(near: String(near.prefix(40)))
    }

    var next: SQLToken? { tokens.first }

    /// Whether the tokens after the next begin with `sign`.
    func isFollowed(bySign sign: String) -> Bool {
        tokens.dropFirst().first?.kind == .sign(sign)
    }

    mutating func advance() -> SQLToken? { tokens.popFirst() }

    /// The statement's text from `start` up to the next token.
    func source(from start: SQLToken) -> String {
        let end = tokens.first?.source.startIndex ?? start.source.base.endIndex
        let source = start.source.base[start.source.startIndex..<end]
        return String(source.reversed().drop { $0.isWhitespace || $0 == ";" }.reversed())
    }

    /// Takes the next token if it is the keyword `keyword`, in any case.
    mutating func take(_ keyword: String) -> Bool {
        guard case .word(let word)? = tokens.first?.kind, word.lowercased() == keyword else {
            return false
        }
        tokens.removeFirst()
        return true
    }

    mutating func take(sign: String) -> Bool {
        guard tokens.first?.kind == .sign(sign) else { return false }
        tokens.removeFirst()
        return true
    }

    mutating func require(_ keyword: String) throws(SQLError) {
        guard take(keyword) else { throw syntaxError }
    }

    mutating func require(sign: String) throws(SQLError) {
        guard take(sign: sign) else { throw syntaxError }
    }

    mutating func word() throws(SQLError) -> String {
        guard case .word(let word)? = tokens.first?.kind else { throw syntaxError }
        tokens.removeFirst()
        return word
    }

    /// A name with or without backticks.
    mutating func name() throws(SQLError) -> String {
        guard case .quotedName(let name)? = tokens.first?.kind else { return try word() }
        tokens.removeFirst()
        return name
    }

    mutating func text() throws(SQLError) -> String {
        guard case .text(let text)? = tokens.first?.kind else { throw syntaxError }
        tokens.removeFirst()
        return text
    }

    /// A number from 0 on.
    mutating func count() throws(SQLError) -> Int {
        guard case .number(let number)? = tokens.first?.kind else { throw syntaxError }
        tokens.removeFirst()
        return Int(clamping: number)
    }

    /// `table` or `database.table`.
    mutating func tableName() throws(SQLError) -> TableName {
        let first = try name()
        guard take(sign: ".") else { return TableName(database: nil, table: first) }
        return TableName(database: first, table: try name())
    }
}
