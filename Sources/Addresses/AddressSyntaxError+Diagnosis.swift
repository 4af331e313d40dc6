// What was probably meant by a text that cannot be parsed.

extension AddressSyntaxError {
    /// The same error of a block or a range, or a better one if other programs accept the form of
    /// `text`.
    func diagnosed(in text: Span<UInt8>) -> AddressSyntaxError {
        guard text.count <= 64, let words = text.validated else { return self }
        switch reason {
        case .hostBits, .netmask, .leadingZero, .missingPrefixLength, .zone, .invertedRange,
            .unfinishedRange:
            return self
        default:
            return Self.otherRange(words) ?? Self.trailingText(words) ?? Self.wildcard(words)
                ?? Self.port(words) ?? shortForm(words) ?? Self.blanks(words) ?? Self.name(words)
                ?? self
        }
    }

    /// The same error of an address with a port.
    func diagnosed(inSocketAddress text: Span<UInt8>) -> AddressSyntaxError {
        guard text.count <= 300, let words = text.validated else { return self }
        if let port = UInt16(words) { return .init(.missingAddress(port: port), at: 0) }
        for every in ["*:", ":"] where words.hasPrefix(every) {
            guard let port = UInt16(words.dropFirst(every.count)) else { continue }
            return .init(.missingAddress(port: port), at: 0)
        }
        if let found = Self.blanks(inSocketAddress: words) { return found }
        let colonCount = words.count { $0 == ":" }
        if colonCount > 1, words.allSatisfy({ $0 == ":" || $0 == "." || $0.isHexDigit }) {
            return .init(.missingBrackets, at: 0)
        }
        return Self.name(words.prefix { $0 != ":" }) ?? self
    }

    /// `10.1.*.*`
    private static func wildcard(_ text: Substring) -> AddressSyntaxError? {
        guard let star = text.utf8.firstIndex(of: UInt8(ascii: "*")) else { return nil }
        let offset = text.utf8.distance(from: text.startIndex, to: star)
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let octets = parts.prefix { $0 != "*" }
        let isPattern = parts.count <= 4 && parts.dropFirst(octets.count).allSatisfy { $0 == "*" }
        let block = isPattern ? CIDRBlock(octets: octets) : nil
        return .init(.wildcard(suggestion: block), at: offset)
    }

    /// `10.0.0.1:3306`, `[2001:db8::1]:3306`
    private static func port(_ text: Substring) -> AddressSyntaxError? {
        if text.hasPrefix("[") { return .init(.brackets, at: 0) }
        guard let colon = text.firstIndex(of: ":") else { return nil }
        // `try?`: what is not an IPv4 address has another error.
        guard (try? IPv4Address(parsing: String(text[..<colon]))) != nil else { return nil }
        return .init(.port, at: text.utf8.distance(from: text.startIndex, to: colon))
    }

    /// `10.1`, `10.1.`, `10/8`
    private func shortForm(_ text: Substring) -> AddressSyntaxError? {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var octets = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        if octets.last == "", octets.count > 1 { octets.removeLast() }
        guard octets.count < 4, let block = CIDRBlock(octets: octets[...]) else { return nil }
        guard parts.count == 2 else {
            guard text.contains(".") else { return nil }
            return .init(.shortForm(suggestion: block), at: offset)
        }
        guard let length = UInt8(parts[1]), length <= 32 else { return nil }
        let whole = CIDRBlock(containing: block.network, prefixLength: length)
        return .init(.shortForm(suggestion: whole), at: offset)
    }

    /// `10.0.0.1-50`
    private static func shortRange(_ text: Substring) -> AddressSyntaxError? {
        let parts = text.filter { $0 != " " }.split(separator: "-")
        // `try?`: what is not an IPv4 address has another error.
        guard parts.count == 2, let last = UInt8(parts[1]),
            let first = try? IPv4Address(parsing: String(parts[0]))
        else { return nil }
        let end = IPv4Address(bits: first.bits & ~0xff | UInt32(last))
        let range = AddressRange(from: .v4(first), through: .v4(end))
        let offset = text.utf8.count - parts[1].utf8.count
        return .init(.shortRange(suggestion: range), at: offset)
    }

    /// A range in a form that other programs accept.
    private static func otherRange(_ text: Substring) -> AddressSyntaxError? {
        shortRange(text) ?? wordRange(text) ?? blockRange(text)
    }

    /// `10.0.0.1 to 10.0.0.9`, `10.0.0.1..10.0.0.9`
    private static func wordRange(_ text: Substring) -> AddressSyntaxError? {
        let words = text.replacing("...", with: "..").replacing("..", with: " .. ")
            .split(whereSeparator: \.isWhitespace)
        guard words.count == 3, AddressRange.words.contains(words[1].lowercased()),
            let range = AddressRange(words[0], words[2])
        else { return nil }
        return .init(.wordRange(suggestion: range), at: words[0].utf8.count)
    }

    /// `10.0.0.0/24 - 10.0.1.0/24`
    private static func blockRange(_ text: Substring) -> AddressSyntaxError? {
        let parts = text.filter { !$0.isWhitespace }.split(separator: "-")
        // `try?`, twice: what is not a block has another error.
        guard parts.count == 2, parts.contains(where: { $0.contains("/") }),
            let first = try? AddressRange(parsing: String(parts[0])),
            let last = try? AddressRange(parsing: String(parts[1]))
        else { return nil }
        let range = AddressRange(from: first.first, through: last.last)
        return .init(.blockRange(suggestion: range), at: 0)
    }

    /// `10.0.0.0/8 office`: words after something that can be parsed.
    private static func trailingText(_ text: Substring) -> AddressSyntaxError? {
        for blank in text.indices.reversed() where text[blank].isWhitespace {
            let start = String(text[..<blank])
            let range: AddressRange
            do throws(AddressSyntaxError) {
                // Without a diagnosis, which would look for beginnings in turn.
                range = try AddressRange(undiagnosed: start.utf8.span)
            } catch {
                if case .hostBits = error.reason { return error }
                continue
            }
            let rest = String(text[blank...].drop(while: \.isWhitespace))
            guard !rest.isEmpty else { return nil }
            let offset = text.utf8.count - rest.utf8.count
            if let block = CIDRBlock(containing: range.first, mask: rest.utf8.span) {
                return .init(.netmask(suggestion: block), at: offset)
            }
            return .init(.trailingText(after: start), at: offset)
        }
        return nil
    }

    /// `10. 0.0.0/8`
    private static func blanks(_ text: Substring) -> AddressSyntaxError? {
        let compact = text.filter { !$0.isWhitespace }
        guard compact != text, (try? AddressRange(parsing: compact)) != nil else { return nil }
        return .init(.blanks(suggestion: compact), at: text.firstBlank)
    }

    /// `127.0.0.1 : 3306`, `127.0.0.1:3306 office`
    private static func blanks(inSocketAddress text: Substring) -> AddressSyntaxError? {
        let compact = text.filter { !$0.isWhitespace }
        guard compact != text else { return nil }
        // `try?`, twice: only whether it is one matters.
        if (try? SocketAddress(parsing: compact)) != nil {
            return .init(.blanks(suggestion: compact), at: text.firstBlank)
        }
        let start = String(text.prefix { !$0.isWhitespace })
        guard (try? SocketAddress(parsing: start)) != nil else { return nil }
        return .init(.trailingText(after: start), at: text.firstBlank)
    }

    /// `office.example`
    private static func name(_ text: Substring) -> AddressSyntaxError? {
        let isName = text.allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "-" || $0 == "." || $0 == "_"
        }
        let isOne = isName && text.contains { $0.isLetter }
        return isOne ? .init(.name, at: 0) : nil
    }
}

extension CIDRBlock {
    /// The network of an address' first octets: `10` and `1` are 10.1.0.0/16.
    fileprivate init?(octets: ArraySlice<Substring>) {
        var bits: UInt32 = 0
        for text in octets {
            guard let octet = UInt8(text) else { return nil }
            bits = bits << 8 | UInt32(octet)
        }
        let length = octets.count * 8
        let network = length == 0 ? 0 : bits << UInt32(32 - length)
        self.init(
            containing: .v4(IPv4Address(bits: network)),
            prefixLength: UInt8(clamping: length)
        )
    }
}

extension AddressRange {
    /// What other programs' lists have instead of a range's dash, in lower case.
    package static let words: Set = ["to", "through", "thru", "until", "till", ".."]

    /// `nil` if one of the two is not an address, or they are not a range.
    fileprivate init?(_ first: Substring, _ last: Substring) {
        // `try?`, twice: what is not an address has another error.
        guard let first = try? IPAddress(parsing: String(first)),
            let last = try? IPAddress(parsing: String(last))
        else { return nil }
        self.init(from: first.unmapped, through: last.unmapped)
    }
}

extension StringProtocol {
    /// In UTF-8, from the text's start.
    fileprivate var firstBlank: Int {
        utf8.distance(from: startIndex, to: firstIndex(where: \.isWhitespace) ?? endIndex)
    }
}

extension Span<UInt8> {
    /// The text as a string; `nil` if it is not UTF-8.
    fileprivate var validated: Substring? {
        do {
            return Substring(String(copying: try UTF8Span(validating: self)))
        } catch {
            return nil
        }
    }
}
