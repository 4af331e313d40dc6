/// A cursor over a statement's tokens, without blanks: each call consumes what it returns.
struct SQLTokenReader {
    private var tokens: ArraySlice<SQLToken>

    init(_ tokens: ArraySlice<SQLToken>) {
        self.tokens = tokens.drop { $0.kind == .blank }
    }

    var syntaxError: SQLError { .syntax(near: tokens.map(\.source).joined().prefix(40)) }

    mutating func takeAny() -> SQLToken? {
        let token = tokens.popFirst()
        tokens = tokens.drop { $0.kind == .blank }
        return token
    }

    mutating func takeRest() -> ArraySlice<SQLToken> {
        defer { tokens = [] }
        return tokens
    }

    /// Takes the next token if it is the keyword `word`, given in lower case.
    mutating func take(_ word: String) -> Bool { take(oneOf: [word]) != nil }

    /// Consumes the next token if it is one of the keywords `words`, and returns it.
    mutating func take(oneOf words: [String]) -> String? {
        let word = words.first { tokens.first?.isWord($0) == true }
        if word != nil { _ = takeAny() }
        return word
    }

    /// A name, with or without backticks.
    mutating func name() throws(SQLError) -> String {
        let name: String
        switch tokens.first?.kind {
        case .quotedName(let quoted)?: name = quoted
        case .word?: name = tokens.first.map { String($0.source) } ?? ""
        default: throw syntaxError
        }
        _ = takeAny()
        return name
    }

    mutating func text() throws(SQLError) -> String {
        guard case .text(let text)? = tokens.first?.kind else { throw syntaxError }
        _ = takeAny()
        return text
    }

    /// `table` or `database.table`.
    mutating func tableName() throws(SQLError) -> (table: String, database: String?) {
        let first = try name()
        guard tokens.first?.source == "." else { return (first, nil) }
        _ = takeAny()
        return (try name(), first)
    }

    /// `FROM database` or `IN database`, if it comes next.
    mutating func database() throws(SQLError) -> String? {
        take(oneOf: ["from", "in"]) == nil ? nil : try name()
    }

    /// Fails unless everything was taken.
    func finish() throws(SQLError) {
        guard tokens.isEmpty else { throw syntaxError }
    }
}
