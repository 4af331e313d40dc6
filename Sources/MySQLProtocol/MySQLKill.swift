/// The first byte of a packet that a client sends with sequence number 0 after its login
/// (MySQL source documentation, "Command Phase").
public enum MySQLCommand {
    /// COM_QUERY: a statement, after attributes if the capabilities have `queryAttributes`.
    public static let query: UInt8 = 0x03
    /// COM_PROCESS_KILL: a thread's id in 4 bytes.
    public static let processKill: UInt8 = 0x0c
    /// COM_CHANGE_USER: another login on the same connection; begins with the user and a zero.
    public static let changeUser: UInt8 = 0x11
}

/// A statement that ends another session, or what it is doing: `KILL 7`, `KILL QUERY 7`,
/// `KILL HARD CONNECTION 7` (MySQL manual, "KILL Statement"; MariaDB, "KILL").
///
/// Blanks, comments, case and a final semicolon are as in any statement. Other forms name no thread,
/// or one that only the server can determine: `KILL QUERY ID 7`, `KILL USER u`, `KILL 3+4`,
/// `KILL @a`. They are not read, and neither is what is inside of comments that the server executes
/// (`/*!`, `/*M!`) or followed by another statement.
public struct MySQLKillStatement: Hashable, Sendable {
    /// Whether only the session's statement is ended, not the session itself.
    public let endsQueryOnly: Bool
    public let threadID: UInt32
    /// Where the number is in the statement.
    public let digits: Range<Int>

    /// Reads a statement; `nil` if it is another one.
    public init?(_ statement: Span<UInt8>) {
        var reader = StatementReader()
        guard reader.word(of: statement) == .kill else { return nil }
        var next = reader.word(of: statement)
        if next == .hard || next == .soft { next = reader.word(of: statement) }
        let isQuery = next == .query
        if isQuery || next == .connection { next = reader.word(of: statement) }
        guard case .number(let id, let digits) = next, reader.isAtEnd(of: statement) else {
            return nil
        }
        endsQueryOnly = isQuery
        threadID = id
        self.digits = digits
    }

    /// Whether a statement that starts with this byte can be a KILL: a K, or what may come before
    /// one.
    public static func mayBegin(with byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "K"), UInt8(ascii: "k"), UInt8(ascii: "/"), UInt8(ascii: "-"),
            UInt8(ascii: "#"):
            true
        default: byte.isBlank
        }
    }
}

/// Reads the words of a statement, in which only some are of interest.
private struct StatementReader {
    enum Word: Equatable {
        case kill, hard, soft, connection, query
        case number(UInt32, digits: Range<Int>)
        /// Anything else.
        case other
    }

    private static let words: [(letters: [UInt8], word: Word)] = [
        (Array("kill".utf8), .kill), (Array("hard".utf8), .hard), (Array("soft".utf8), .soft),
        (Array("connection".utf8), .connection), (Array("query".utf8), .query),
    ]

    private var position = 0

    mutating func word(of statement: Span<UInt8>) -> Word {
        guard skipBlanks(of: statement) else { return .other }
        let start = position
        while position < statement.count, statement[position].isPartOfWord { position += 1 }
        let range = start..<position
        if let number = Self.number(statement, range) { return .number(number, digits: range) }
        return Self.words.first { Self.matches($0.letters, statement, range) }?.word ?? .other
    }

    /// Only semicolons, blanks and comments are left.
    mutating func isAtEnd(of statement: Span<UInt8>) -> Bool {
        while skipBlanks(of: statement) {
            guard position < statement.count else { return true }
            guard statement[position] == UInt8(ascii: ";") else { return false }
            position += 1
        }
        return false
    }

    private static func number(_ statement: Span<UInt8>, _ range: Range<Int>) -> UInt32? {
        guard !range.isEmpty, range.count <= 20 else { return nil }
        var number: UInt64 = 0
        for index in range {
            let digit = statement[index] &- UInt8(ascii: "0")
            guard digit < 10, number <= UInt64(UInt32.max) else { return nil }
            number = number * 10 + UInt64(digit)
        }
        return UInt32(exactly: number)
    }

    private static func matches(
        _ letters: [UInt8],
        _ statement: Span<UInt8>,
        _ range: Range<Int>
    ) -> Bool {
        guard range.count == letters.count else { return false }
        return letters.indices.allSatisfy {
            statement[range.lowerBound + $0].lowercasedASCII == letters[$0]
        }
    }

    /// Skips blanks and comments.
    ///
    /// - Returns: `false` at a comment that is executed, or that does not end.
    private mutating func skipBlanks(of statement: Span<UInt8>) -> Bool {
        while position < statement.count {
            switch statement[position] {
            case let byte where byte.isBlank: position += 1
            case UInt8(ascii: "#"): skipLine(of: statement)
            case UInt8(ascii: "-") where isDashComment(in: statement): skipLine(of: statement)
            case UInt8(ascii: "/") where byte(1, of: statement) == UInt8(ascii: "*"):
                guard skipComment(of: statement) else { return false }
            default: return true
            }
        }
        return true
    }

    /// Two dashes start a comment if a blank or the end follows.
    private func isDashComment(in statement: Span<UInt8>) -> Bool {
        byte(1, of: statement) == UInt8(ascii: "-") && byte(2, of: statement)?.isBlank != false
    }

    private func byte(_ offset: Int, of statement: Span<UInt8>) -> UInt8? {
        position + offset < statement.count ? statement[position + offset] : nil
    }

    private mutating func skipLine(of statement: Span<UInt8>) {
        while position < statement.count, statement[position] != UInt8(ascii: "\n") {
            position += 1
        }
    }

    private mutating func skipComment(of statement: Span<UInt8>) -> Bool {
        let kind = byte(2, of: statement)
        let isExecuted =
            kind == UInt8(ascii: "!")
            || kind == UInt8(ascii: "M") && byte(3, of: statement) == UInt8(ascii: "!")
        guard !isExecuted else { return false }
        position += 2
        while position + 1 < statement.count {
            if statement[position] == UInt8(ascii: "*"), byte(1, of: statement) == UInt8(ascii: "/")
            {
                position += 2
                return true
            }
            position += 1
        }
        return false
    }
}

extension UInt8 {
    /// Space, tab, line feed, vertical tab, form feed, carriage return.
    fileprivate var isBlank: Bool { self == 0x20 || (0x09...0x0d).contains(self) }

    fileprivate var lowercasedASCII: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }

    /// A letter, a digit, `_`, `$`, or a byte of a longer character.
    fileprivate var isPartOfWord: Bool {
        switch lowercasedASCII {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }
}
