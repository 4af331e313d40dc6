/// A piece of a statement.
struct SQLToken: Equatable, Sendable {
    enum Kind: Equatable, Sendable {
        /// White space or a comment.
        case blank
        /// A keyword, a name or a number, as written.
        case word
        /// A name in backticks, without them: never a keyword.
        case quotedName(String)
        /// A literal in quotes, decoded.
        case text(String)
        /// `@@name`, `@@session.name` or `@name`, in lower case, without the `@@` and the scope.
        case variable(String, isSystem: Bool)
        /// Any other character, or one of the operators that MySQL writes by several.
        case sign
    }

    var kind: Kind
    /// As written.
    var source: Substring

    /// Whether this is the keyword or name `word`, given in lower case.
    func isWord(_ word: String) -> Bool { kind == .word && source.lowercased() == word }
}

/// Splits a statement into tokens by MySQL's rules, which differ from SQLite's in quotes, escapes,
/// comments and variables.
struct SQLLexer {
    /// The most tokens that a statement may have.
    static let tokenLimit = 50_000
    private static let operators = ["<=>", "&&", "||"]
    /// These would be something else in SQLite.
    private static let foreignSigns = Set(#"?:[]{}$\"#.utf8 + [0])

    private var rest: Substring.UTF8View

    /// All tokens of `statement`; together they are the whole of it.
    static func tokens(of statement: String) throws(SQLError) -> [SQLToken] {
        var lexer = SQLLexer(rest: statement[...].utf8)
        var tokens: [SQLToken] = []
        while let first = lexer.rest.first {
            guard tokens.count < tokenLimit else { throw .statementTooComplex }
            let start = lexer.rest
            let kind = try lexer.take(startingWith: first)
            tokens.append(SQLToken(kind: kind, source: Substring(start[..<lexer.rest.startIndex])))
        }
        return tokens
    }

    private mutating func take(startingWith first: UInt8) throws(SQLError) -> SQLToken.Kind {
        switch first {
        case _ where try takeBlank(): return .blank
        case UInt8(ascii: "'"), UInt8(ascii: "\""): return .text(try takeQuoted(by: first))
        case UInt8(ascii: "`"): return .quotedName(try takeQuoted(by: first))
        case UInt8(ascii: "@"): return try takeVariable()
        case _ where Self.foreignSigns.contains(first): throw syntaxError
        case _ where first.isWordByte:
            _ = takeWord()
            return .word
        default:
            let sign = Self.operators.first { rest.starts(with: $0.utf8) }
            rest = rest.dropFirst(sign?.utf8.count ?? 1)
            return .sign
        }
    }

    /// Takes white space or a comment, if the rest begins with one.
    private mutating func takeBlank() throws(SQLError) -> Bool {
        let blanks = rest.prefix { $0 == 0x20 || (0x09...0x0d).contains($0) }
        if !blanks.isEmpty {
            rest = rest[blanks.endIndex...]
        } else if rest.starts(with: "/*".utf8) {
            try takeBlockComment()
        } else if isAtLineComment {
            rest = rest.drop { $0 != UInt8(ascii: "\n") }
        } else {
            return false
        }
        return true
    }

    /// `#`, or `--` before white space or the end.
    private var isAtLineComment: Bool {
        if rest.first == UInt8(ascii: "#") { return true }
        guard rest.starts(with: "--".utf8) else { return false }
        return rest.dropFirst(2).first.map { $0 <= 0x20 } ?? true
    }

    private mutating func takeBlockComment() throws(SQLError) {
        let start = rest
        rest = rest.dropFirst(2)
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "*"), rest.first == UInt8(ascii: "/") else { continue }
            rest.removeFirst()
            return
        }
        rest = start
        throw syntaxError
    }

    /// A text or name in quotes. A doubled quote stands for one; so does one after a backslash,
    /// except in names.
    private mutating func takeQuoted(by quote: UInt8) throws(SQLError) -> String {
        let start = rest
        rest.removeFirst()
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == quote {
                guard rest.first == quote else { return String(decoding: bytes, as: UTF8.self) }
                rest.removeFirst()
                bytes.append(quote)
            } else if byte == UInt8(ascii: "\\"), quote != UInt8(ascii: "`") {
                bytes += Self.unescaped(rest.popFirst())
            } else if byte != 0 {
                bytes.append(byte)
            }
        }
        rest = start
        throw syntaxError
    }

    /// What a backslash and `byte` stand for (MySQL reference manual, "String Literals"). `\%` and
    /// `\_` keep the backslash, for LIKE; SQLite's texts have no NUL.
    private static func unescaped(_ byte: UInt8?) -> [UInt8] {
        switch byte {
        case nil, UInt8(ascii: "0"): []
        case UInt8(ascii: "n"): [0x0a]
        case UInt8(ascii: "r"): [0x0d]
        case UInt8(ascii: "t"): [0x09]
        case UInt8(ascii: "b"): [0x08]
        case UInt8(ascii: "Z"): [0x1a]
        case let byte? where byte == UInt8(ascii: "%") || byte == UInt8(ascii: "_"):
            [UInt8(ascii: "\\"), byte]
        case let byte?: [byte]
        }
    }

    private mutating func takeVariable() throws(SQLError) -> SQLToken.Kind {
        let start = rest
        let isSystem = rest.starts(with: "@@".utf8)
        rest = rest.dropFirst(isSystem ? 2 : 1)
        var name = takeWord().lowercased()
        if isSystem, ["session", "global", "local"].contains(name), rest.first == UInt8(ascii: ".")
        {
            rest.removeFirst()
            name = takeWord().lowercased()
        }
        guard !name.isEmpty else {
            rest = start
            throw syntaxError
        }
        return .variable(name, isSystem: isSystem)
    }

    private mutating func takeWord() -> Substring {
        let word = rest.prefix(while: \.isWordByte)
        rest = rest[word.endIndex...]
        return Substring(word)
    }

    private var syntaxError: SQLError { .syntax(near: String(Substring(rest).prefix(40))) }
}

extension UInt8 {
    /// Letters, digits, `_` and `$`; and everything that is not ASCII.
    fileprivate var isWordByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }
}
