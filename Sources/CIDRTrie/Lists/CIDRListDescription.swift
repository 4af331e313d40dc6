import Addresses

/// What follows the address in a line of a list.
///
/// It is a description only if nothing in it could be a part of the entry: an address, a length or
/// a verdict that were taken for words would admit what the list's author meant to deny. After `#`
/// anything is.
struct CIDRListDescription {
    let action: Action
    private let address: Range<Int>
    private let range: AddressRange

    /// - Parameter address: the place of the entry's address, block or range in its line.
    init(following address: Range<Int>, _ range: AddressRange, action: Action) {
        self.address = address
        self.range = range
        self.action = action
    }

    func text(of line: Span<UInt8>) throws(CIDRListLine.Problem) -> String {
        var start = line.skippingBlanks(from: address.upperBound)
        let isComment = start < line.count && line[start] == UInt8(ascii: "#")
        if start < line.count, line.isCommentMark(at: start) {
            start = line.skippingBlanks(from: start + 1)
        }
        let end = line.skippingBlanks(backTo: start, from: line.count)
        let text = line.extracting(start..<max(start, end))
        if !isComment, !text.isEmpty { try check(text, in: line, at: start) }
        return try Self.string(text, at: start)
    }

    private static func string(
        _ text: Span<UInt8>,
        at start: Int
    ) throws(CIDRListLine.Problem) -> String {
        let string: String
        do {
            string = String(copying: try UTF8Span(validating: text))
        } catch {
            let offset = start + error.byteOffsets.lowerBound
            throw CIDRListLine.Problem(reason: .invalidUTF8, offset: offset)
        }
        if let control = string.unicodeScalars.firstIndex(where: \.isControl) {
            let offset = string.utf8.distance(from: string.startIndex, to: control)
            let scalar = string.unicodeScalars[control]
            throw CIDRListLine.Problem(reason: .controlCharacter(scalar), offset: start + offset)
        }
        return string
    }
}

// MARK: - What is not a description

extension CIDRListDescription {
    private func check(
        _ text: Span<UInt8>,
        in line: Span<UInt8>,
        at start: Int
    ) throws(CIDRListLine.Problem) {
        func error(_ reason: CIDRListError.Reason, at offset: Int = 0) -> CIDRListLine.Problem {
            CIDRListLine.Problem(reason: reason, offset: start + offset)
        }
        guard text.beginsDescription else { throw error(.notADescription) }
        let first = 0..<text.endOfWord(from: 0)
        if text.isAddressLike(first) {
            throw error(netmask(text.extracting(first)) ?? .secondAddress)
        }
        if !hasLength(in: line), text.isNumber(first) {
            throw error(separateLength(text.extracting(first)))
        }
        let secondStart = text.skippingBlanks(from: first.upperBound)
        let second = secondStart..<text.endOfWord(from: secondStart)
        if text.isAddress(second) {
            let range = wordRange(text.extracting(first), to: text.extracting(second))
            throw error(range ?? .secondAddress, at: range == nil ? secondStart : 0)
        }
        if text[text.count - 1] == UInt8(ascii: ";") {
            throw error(.notADescription, at: text.count - 1)
        }
        if text.contradicts(action) { throw error(.otherAction(action)) }
        if text.looksLikeExpiry { throw error(.expiry) }
    }

    /// Whether the entry is a range or has a prefix length.
    private func hasLength(in line: Span<UInt8>) -> Bool {
        address.contains { line[$0] == UInt8(ascii: "/") } || range.first != range.last
    }

    /// `10.0.0.1 to 10.0.0.9`
    private func wordRange(
        _ word: Span<UInt8>,
        to last: Span<UInt8>
    ) -> CIDRListError.Reason? {
        // `try?`: what is not an address ends no range.
        guard AddressRange.words.contains(word.lowercased), range.first == range.last,
            let last = try? IPAddress(parsing: last),
            let meant = AddressRange(from: range.first, through: last.unmapped)
        else { return nil }
        return .address(.wordRange(suggestion: meant))
    }

    /// `10.0.0.0 255.0.0.0`
    private func netmask(_ word: Span<UInt8>) -> CIDRListError.Reason? {
        guard range.first == range.last else { return nil }
        return CIDRBlock(containing: range.first, mask: word).map {
            .address(.netmask(suggestion: $0))
        }
    }

    /// `10.0.0.0 8`
    private func separateLength(_ word: Span<UInt8>) -> CIDRListError.Reason {
        let digits = word.indices.map { Character(Unicode.Scalar(word[$0])) }
        guard let length = UInt8(String(digits)), length <= range.first.family.bitWidth else {
            return .notADescription
        }
        return .separateLength(
            suggestion: CIDRBlock(containing: range.first, prefixLength: length)
        )
    }
}

extension Span<UInt8> {
    /// Whether the text begins as words do, and not with a comma or another separator.
    fileprivate var beginsDescription: Bool {
        guard let first = character(at: 0) else { return true }
        switch first.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            return true
        case .decimalNumber, .letterNumber, .otherNumber, .otherSymbol, .currencySymbol: return true
        case .openPunctuation, .initialPunctuation: return true
        case .control, .format, .lineSeparator, .paragraphSeparator: return true  // Reported later.
        default: return "\"'@*&_+<".unicodeScalars.contains(first)
        }
    }

    /// Whether the word is an address, or looks like a part of one.
    fileprivate func isAddressLike(_ word: Range<Int>) -> Bool {
        let word = trimmed(word)
        let isDotted = word.contains { self[$0] == UInt8(ascii: ".") }
        let isPart = isDotted && word.allSatisfy { self[$0].isDigitOrDot }
        return isPart || isAddress(word)
    }

    /// Whether the word is a whole address, block or range.
    fileprivate func isAddress(_ word: Range<Int>) -> Bool {
        let word = trimmed(word)
        let mayBe = word.contains {
            self[$0] == UInt8(ascii: ".") || self[$0] == UInt8(ascii: ":")
        }
        // `try?`: it matters only whether it is one.
        return mayBe && (try? AddressRange(parsing: extracting(word))) != nil
    }

    fileprivate func isNumber(_ word: Range<Int>) -> Bool {
        word.allSatisfy { self[$0].isDigitOrDot && self[$0] != UInt8(ascii: ".") }
    }

    /// The word without quotes, brackets and commas around it.
    private func trimmed(_ word: Range<Int>) -> Range<Int> {
        var word = word
        while let first = word.first, self[first].isAroundWords { word.removeFirst() }
        while let last = word.last, self[last].isAroundWords { word.removeLast() }
        return word
    }

    /// Whether the whole text is a verdict, and not the one of the entry.
    fileprivate func contradicts(_ action: Action) -> Bool {
        guard count <= 12 else { return false }
        return Action.verdicts[lowercased].map { $0 != action } ?? false
    }

    /// Whether the text mentions a day after which the entry is not to apply.
    fileprivate var looksLikeExpiry: Bool { DescribedExpiry.isFound(in: lowercased) }

    fileprivate var lowercased: String {
        String(decoding: indices.map { self[$0] }, as: UTF8.self).lowercased()
    }
}

extension Range<Int> {
    fileprivate mutating func removeFirst() { self = lowerBound + 1..<upperBound }
    fileprivate mutating func removeLast() { self = lowerBound..<upperBound - 1 }
}

extension UInt8 {
    fileprivate var isDigitOrDot: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) || self == UInt8(ascii: ".")
    }

    fileprivate var isAroundWords: Bool { "\"'()[]<>,;=.".utf8.contains(self) }
}

extension Action {
    /// Words for an action in other programs' lists.
    package static let verdicts: [String: Action] = [
        "deny": .deny, "denied": .deny, "reject": .deny, "rejected": .deny, "block": .deny,
        "blocked": .deny, "drop": .deny, "dropped": .deny, "ban": .deny, "banned": .deny,
        "forbid": .deny, "forbidden": .deny, "refuse": .deny, "blacklist": .deny, "denylist": .deny,
        "whitelist": .allow, "allowlist": .allow,
        "allow": .allow, "allowed": .allow, "permit": .allow, "permitted": .allow,
        "accept": .allow, "accepted": .allow, "pass": .allow, "ok": .allow,
    ]
}

extension Unicode.Scalar {
    /// What a terminal might obey, or what hides the order of the characters around it: controls
    /// (ISO 6429), line separators and the marks of bidirectional text that reorder it.
    fileprivate var isControl: Bool {
        switch value {
        case 0x09: false
        case 0..<0x20, 0x7f...0x9f, 0x2028, 0x2029, 0x202a...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}

/// Recognizes a description that reads like an expiry: `expires 2027-01-01`, `guests until 2027`.
///
/// Only a key of the configuration makes an entry expire, so an entry with such a description would
/// stay active.
package enum DescribedExpiry {
    private static let words: Set<Substring> = [
        "expire", "expires", "expiry", "expiring", "expiration", "until", "till", "til", "exp",
        "ends", "end", "ttl", "through", "thru",
    ]

    /// - Parameter text: in lower case.
    package static func isFound(in text: String) -> Bool {
        let parts = text.split { $0.isWhitespace || ":=,;()".contains($0) }
        if let first = parts.first, isDay(first) { return true }
        return parts.indices.contains { index in
            guard words.contains(parts[index]) else { return false }
            return parts[(index + 1)...].prefix(3).contains { $0.hasYear || isDay($0) }
        }
    }

    /// `2027-01-01`, `2027-01-01t00`, `01.02.2027`, `1/2/2027`.
    private static func isDay(_ word: Substring) -> Bool {
        let parts = word.prefix { $0 != "t" }.split { "-./".contains($0) }
        return parts.count == 3 && parts.allSatisfy { $0.allSatisfy(\.isASCIIDigit) }
            && (parts[0].isYear || parts[2].isYear)
    }
}

extension Substring {
    fileprivate var isYear: Bool { count == 4 && hasPrefix("20") && allSatisfy(\.isASCIIDigit) }

    fileprivate var hasYear: Bool {
        split { !$0.isASCIIDigit }.contains { $0.isYear }
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
