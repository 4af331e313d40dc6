public import Addresses

/// Why a line of a list of blocks cannot be read. The caller prints the file's name.
public struct CIDRListError: Error, Hashable, Sendable {
    public enum Reason: Hashable, Sendable {
        case address(AddressSyntaxError.Reason)
        /// `!` and nothing after it.
        case missingAddress
        /// Another program's syntax before an address; with the line as it should be, if known.
        case foreignSyntax(entry: String?)
        /// Something after the address that is not clearly a description.
        case notADescription
        /// Two addresses on one line.
        case secondAddress
        /// `10.0.0.0 8`
        case separateLength(suggestion: CIDRBlock)
        /// `10.0.0.0/8 deny`, while the entry does the opposite: `action`.
        case otherAction(Action)
        /// `10.0.0.1 until 2027`, which a list does not have.
        case expiry
        /// A character that a terminal might obey, in a description.
        case controlCharacter(Unicode.Scalar)
        case invalidUTF8
        /// The whole file is UTF-16.
        case utf16
        /// More than `limit` bytes.
        case lineTooLong(limit: Int)
        /// More than `limit` lines are wrong; the rest is not read.
        case tooManyErrors(limit: Int)
        /// The list has more than `limit` rules; the rest is not read.
        case tooManyRules(limit: Int)
    }

    /// Counted from 1.
    public var line: Int
    /// Counted from 1, in bytes.
    public var column: Int
    public var reason: Reason
}

extension CIDRListError: CustomStringConvertible {
    /// `12:3: a number with a leading zero is ambiguous`: follows the file's name and a colon.
    public var description: String { "\(line):\(column): \(reason)" }
}

extension CIDRListError.Reason: CustomStringConvertible {
    /// The problem, and what to do about it.
    public var description: String { remedy.map { "\(problem) (\($0))" } ?? problem }

    /// What is wrong.
    public var problem: String {
        switch self {
        case .address(let reason): reason.problem
        case .missingAddress: "'!' must be followed by an address or a block"
        case .foreignSyntax: "an entry begins with its address"
        case .notADescription: "what follows the address is not clearly a description"
        case .secondAddress: "a second address on the line"
        case .separateLength: "a number after the address"
        case .otherAction(let action):
            "the description says otherwise, but the entry would \(action)"
        case .expiry: "this looks like an expiry, but would be a description without effect"
        case .controlCharacter(let scalar):
            "control character 0x\(String(scalar.value, radix: 16)) in the description"
        case .invalidUTF8: "the description is not UTF-8"
        case .utf16: "the file is UTF-16"
        case .lineTooLong(let limit): "the line is longer than \(limit) bytes"
        case .tooManyErrors(let limit): "more than \(limit) invalid lines"
        case .tooManyRules(let limit): "more than \(limit) rules"
        }
    }

    /// What to do about it.
    public var remedy: String? {
        switch self {
        case .address(.unexpectedByte(UInt8(ascii: ","))): "write a space before a description"
        case .address(.unfinishedRange): "write # before a description"
        case .address(let reason): reason.remedy
        case .foreignSyntax(let entry):
            entry.map { "write \($0)" } ?? "one entry per line: an address, then a description"
        case .notADescription: "write # before a description"
        case .secondAddress: "write one entry per line, or # before a description"
        case .separateLength(let block): "write \(block), or # before a description"
        case .otherAction(.allow):
            "write ! before the address to deny it, or # before a description"
        case .otherAction(.deny): "remove the ! to allow it, or write # before a description"
        case .expiry:
            "write an entry with expires in the configuration, such as "
                + "{ cidr: 10.0.0.1, expires: 2027-01-01T00:00:00Z }, or # before a description"
        case .utf16: "save it as UTF-8"
        default: nil
        }
    }
}

extension CIDRListError.Reason {
    /// `deny 10.0.0.0/8;`, `- 10.0.0.0/8`, `"10.0.0.0/8",`: what precedes the address in other
    /// programs' files. `nil` for a line without an address.
    init?(foreign line: Span<UInt8>, from start: Int) {
        var words: [String] = []
        var offset = start
        while offset < line.count, words.count < 4 {
            let end = line.endOfWord(from: offset)
            guard end > offset else { break }
            words.append(String(decoding: (offset..<end).map { line[$0] }, as: UTF8.self))
            offset = line.skippingBlanks(from: end)
        }
        // `try?`, twice: it matters only whether it is one. A line that begins with an address is in the
        // list's own syntax, and what is wrong comes after it: `10.0.0.9 - 10.0.0.1`.
        guard let first = words.first, (try? AddressRange(parsing: first)) == nil else {
            return nil
        }
        let trimmed = words.map { word in
            String(word.drop { !$0.mayBeginAddress }.prefix { $0.mayBeInAddress })
        }
        guard let place = trimmed.firstIndex(where: { (try? AddressRange(parsing: $0)) != nil })
        else { return nil }
        let isDenied = words[..<place].contains { Action.verdicts[$0.lowercased()] == .deny }
        self = .foreignSyntax(entry: (isDenied ? "!" : "") + trimmed[place])
    }
}

extension Character {
    fileprivate var mayBeginAddress: Bool { isHexDigit || self == ":" }
    fileprivate var mayBeInAddress: Bool { mayBeginAddress || "./-".contains(self) }
}
