/// Cuts a statement into tokens. Comments and white space fall away.
struct SQLLexer {
    private var rest: Substring

    init(_ statement: String) {
        rest = statement[...]
    }

    /// All tokens of `statement`.
    static func tokens(of statement: String) throws(SQLError) -> [SQLToken] {
        var lexer = SQLLexer(statement)
        var tokens: [SQLToken] = []
        while let token = try lexer.next() { tokens.append(token) }
        return tokens
    }

    private mutating func next() throws(SQLError) -> SQLToken? {
        try skipBlanksAndComments()
        guard let first = rest.first else { return nil }
        let start = rest
        let kind = try kind(startingWith: first)
        return SQLToken(kind: kind, source: start[..<rest.startIndex])
    }

    private mutating func kind(startingWith first: Character) throws(SQLError) -> SQLToken.Kind {
        switch first {
        case "'", "\"": .text(try quoted(by: first))
        case "`": .quotedName(try quoted(by: first))
        case "@": try variable()
        case _ where first.isNumber: try number()
        case _ where first.isWordCharacter: .word(String(takeWord()))
        default: try sign()
        }
    }

    private mutating func skipBlanksAndComments() throws(SQLError) {
        while let first = rest.first {
            if first.isWhitespace {
                rest.removeFirst()
            } else if rest.hasPrefix("#") || rest.hasPrefix("-- ") || rest == "--" {
                rest = rest.drop { !$0.isNewline }
            } else if rest.hasPrefix("/*") {
                guard let end = rest.dropFirst(2).firstRange(of: "*/") else { throw syntaxError }
                rest = rest[end.upperBound...]
            } else {
                return
            }
        }
    }

    /// A text in quotes; a doubled quote or a backslash makes the next character plain.
    private mutating func quoted(by quote: Character) throws(SQLError) -> String {
        let start = rest
        rest.removeFirst()
        var text = ""
        while let character = rest.popFirst() {
            if character == quote {
                guard rest.first == quote else { return text }
                rest.removeFirst()
                text.append(quote)
            } else if character == "\\", quote != "`" {
                if let escaped = rest.popFirst() { text.append(Self.unescaped(escaped)) }
            } else {
                text.append(character)
            }
        }
        throw .syntax(near: String(start.prefix(40)))
    }

    private static func unescaped(_ character: Character) -> Character {
        switch character {
        case "n": "\n"
        case "r": "\r"
        case "t": "\t"
        case "0": "\0"
        default: character
        }
    }

    private mutating func variable() throws(SQLError) -> SQLToken.Kind {
        let isSystem = rest.hasPrefix("@@")
        rest.removeFirst(isSystem ? 2 : 1)
        var name = takeWord()
        if isSystem, ["session", "global", "local"].contains(name.lowercased()), rest.first == "." {
            rest.removeFirst()
            name = takeWord()
        }
        guard !name.isEmpty else { throw syntaxError }
        return .variable(name.lowercased(), isSystem: isSystem)
    }

    private mutating func number() throws(SQLError) -> SQLToken.Kind {
        let digits = rest.prefix { $0.isWordCharacter }
        guard let number = Int64(digits) else { throw syntaxError }
        rest.removeFirst(digits.count)
        return .number(number)
    }

    private mutating func sign() throws(SQLError) -> SQLToken.Kind {
        let signs = ["<=", ">=", "<>", "!=", "(", ")", ",", ".", "*", "=", "<", ">", ";", "-", "+"]
        guard let sign = signs.first(where: rest.hasPrefix) else { throw syntaxError }
        rest.removeFirst(sign.count)
        return .sign(sign)
    }

    private mutating func takeWord() -> Substring {
        let word = rest.prefix { $0.isWordCharacter }
        rest.removeFirst(word.count)
        return word
    }

    private var syntaxError: SQLError { .syntax(near: String(rest.prefix(40))) }
}

extension Character {
    fileprivate var isWordCharacter: Bool { isLetter || isNumber || self == "_" || self == "$" }
}
