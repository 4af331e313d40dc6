import Text

/// What the fields of a head mean for its message and its connection.
struct HTTPFields: Hashable, Sendable {
    /// How much of what is obsolete or contradictory is accepted.
    enum Grammar: Hashable, Sendable {
        /// For a relay: it and its recipient must never find different ends of one message. So these
        /// are refused, though RFC 9112 would have some of them repaired: a line that begins with
        /// white space; white space before a colon; a name that is empty or not a token; a control
        /// character in a value; a second Content-Length, also of the same value, or one that is not
        /// 1 to 18 digits; a Transfer-Encoding other than one `chunked`, in HTTP/1.0, or with a
        /// Content-Length; a tab next to either value, which some readers (Node's) do not take for
        /// white space; more than 1,000 fields, or 16 connection options that are unknown here.
        case strict
        /// For a client, which talks to servers as they are. Accepted in addition: folded lines
        /// (§5.2); any bytes in values; a Content-Length that is repeated; and codings before
        /// `chunked`.
        case lenient
    }

    /// The most fields of a head.
    static let limit = 1_000
    /// The most connection options other than `close`, `keep-alive` and `upgrade`.
    static let optionLimit = 16

    private let grammar: Grammar
    private(set) var count = 0
    private(set) var contentLength: Int?
    private(set) var isChunked = false
    private(set) var hasClose = false
    private(set) var hasKeepAlive = false
    private(set) var hasUpgradeOption = false
    /// Whether a field claims to know the client, as proxies write them (RFC 7239).
    private(set) var hasForwarding = false
    private(set) var hasUpgrade = false
    /// Whether Upgrade names a version of HTTP, or TLS below it.
    private(set) var offersHTTP = false
    private(set) var hasExpect = false
    private(set) var expectsContinue = false
    /// The value of Host, in the head; only of a request.
    private(set) var host: Range<Int>?
    /// Names in Connection, in the head: an array only for the few heads that have any.
    private(set) var options: [Range<Int>] = []
    private var hasTransferEncoding = false
    /// The field that a folded line continues; `nil` before the first one, and for those that do not
    /// matter.
    private var lastField: Field?

    init(_ grammar: Grammar = .strict) {
        self.grammar = grammar
    }

    /// Reads `Name: value`, which begins at `offset` of the head and is not empty.
    mutating func read(_ line: Span<UInt8>, at offset: Int) throws(HTTPSyntaxError) {
        if line[0].isBlank { return try readContinuation(line) }
        try endField()
        count += 1
        guard count <= Self.limit || grammar == .lenient else { throw .tooManyFields }
        let colon = line.end(from: 0, while: \.isOfToken)
        guard colon > 0, colon < line.count, line[colon] == UInt8(ascii: ":") else {
            throw .badField
        }
        if grammar == .strict { try check(line.extracting((colon + 1)..<line.count)) }
        lastField = Field(line.extracting(0..<colon))
        guard let lastField else { return }
        if grammar == .strict, lastField == .contentLength || lastField == .transferEncoding,
            line.firstIndex(of: UInt8(ascii: "\t"), from: colon + 1) != nil
        {
            throw lastField == .contentLength ? .badContentLength : .badTransferEncoding
        }
        let range = line.trimmed((colon + 1)..<line.count)
        try read(lastField, line.extracting(range), at: offset + range.lowerBound)
    }

    private func check(_ value: Span<UInt8>) throws(HTTPSyntaxError) {
        let end = value.valueEnd(from: 0)
        guard end == value.count else {
            throw value[end] == UInt8(ascii: "\r") ? .bareCarriageReturn : .badValue
        }
    }

    private mutating func read(
        _ field: Field,
        _ value: Span<UInt8>,
        at offset: Int
    ) throws(HTTPSyntaxError) {
        switch field {
        case .host:
            guard host == nil || grammar == .lenient else { throw .duplicateHost }
            host = offset..<(offset + value.count)
        case .contentLength: try readLength(value)
        case .transferEncoding: try readEncoding(value)
        case .connection: try readOptions(value, at: offset)
        case .upgrade:
            hasUpgrade = true
            offersHTTP = offersHTTP || value.namesHTTP
        case .forwarding: hasForwarding = true
        case .expect:
            hasExpect = true
            if value.equals(ignoringCase: "100-continue") { expectsContinue = true }
        }
    }

    private mutating func readLength(_ value: Span<UInt8>) throws(HTTPSyntaxError) {
        // The value may be on the next line.
        if grammar == .lenient, value.isEmpty { return }
        guard let length = value.decimal,
            contentLength == nil || (grammar == .lenient && contentLength == length)
        else { throw .badContentLength }
        contentLength = length
    }

    private mutating func readEncoding(_ value: Span<UInt8>) throws(HTTPSyntaxError) {
        if grammar == .lenient {
            isChunked = value.lastToken(is: "chunked")
        } else {
            guard !hasTransferEncoding, value.equals(ignoringCase: "chunked") else {
                throw .badTransferEncoding
            }
            isChunked = true
        }
        hasTransferEncoding = true
    }

    private mutating func readOptions(
        _ value: Span<UInt8>,
        at offset: Int
    ) throws(HTTPSyntaxError) {
        var start = 0
        while start < value.count {
            let end = value.firstIndex(of: UInt8(ascii: ","), from: start) ?? value.count
            let range = value.trimmed(start..<end)
            start = end + 1
            let option = value.extracting(range)
            if option.equals(ignoringCase: "close") {
                hasClose = true
            } else if option.equals(ignoringCase: "keep-alive") {
                hasKeepAlive = true
            } else if option.equals(ignoringCase: "upgrade") {
                hasUpgradeOption = true
            } else if !option.isEmpty, grammar == .strict {
                guard options.count < Self.optionLimit else { throw .tooManyOptions }
                options.append((offset + range.lowerBound)..<(offset + range.upperBound))
            }
        }
    }

    /// Checks what only the whole head shows.
    mutating func end(minorVersion: UInt8) throws(HTTPSyntaxError) {
        try endField()
        guard hasTransferEncoding else { return }
        guard contentLength == nil else { throw .conflictingLengths }
        guard isChunked, minorVersion == 1 else { throw .badTransferEncoding }
    }

    /// Whether another message may follow on this connection (RFC 9112 §9.3).
    func keepsConnection(minorVersion: UInt8) -> Bool {
        !hasClose && (minorVersion == 1 || hasKeepAlive)
    }

    /// The length that the fields declare; `nil` for none.
    var body: BodyLength? { isChunked ? .chunked : contentLength.map { .bytes($0) } }
}

// MARK: - Folded lines

extension HTTPFields {
    /// A fold counts as a space (RFC 9112 §5.2): it separates tokens and ends a number.
    private mutating func readContinuation(_ line: Span<UInt8>) throws(HTTPSyntaxError) {
        guard grammar == .lenient, count > 0 else { throw .foldedField }
        let range = line.trimmed(0..<line.count)
        guard let lastField, !range.isEmpty else { return }
        if lastField == .contentLength, contentLength != nil { throw .badContentLength }
        try read(lastField, line.extracting(range), at: range.lowerBound)
    }

    private func endField() throws(HTTPSyntaxError) {
        if lastField == .contentLength, contentLength == nil { throw .badContentLength }
    }
}

extension HTTPFields {
    /// The fields that matter here.
    private enum Field {
        case host, contentLength, transferEncoding, connection, upgrade, expect, forwarding

        init?(_ name: Span<UInt8>) {
            // Most fields are told apart by their length and first letter.
            switch (name.count, name[0] | 0x20) {
            case (4, UInt8(ascii: "h")) where name.hasPrefix("host"): self = .host
            case (6, UInt8(ascii: "e")) where name.hasPrefix("expect"): self = .expect
            case (7, UInt8(ascii: "u")) where name.hasPrefix("upgrade"): self = .upgrade
            case (10, UInt8(ascii: "c")) where name.hasPrefix("connection"): self = .connection
            case (14, UInt8(ascii: "c")) where name.hasPrefix("content-length"):
                self = .contentLength
            case (17, UInt8(ascii: "t")) where name.hasPrefix("transfer-encoding"):
                self = .transferEncoding
            case (9, UInt8(ascii: "f")) where name.isName("forwarded"): self = .forwarding
            case (9, UInt8(ascii: "x")) where name.isName("x-real-ip"): self = .forwarding
            case (15, UInt8(ascii: "x")) where name.isName("x-forwarded-for"):
                self = .forwarding
            case (17, UInt8(ascii: "x")) where name.isName("x-forwarded-proto"):
                self = .forwarding
            default: return nil
            }
        }
    }
}

extension Span<UInt8> {
    /// Whether a value of Upgrade (RFC 9110 §7.8) names a protocol that carries requests again.
    fileprivate var namesHTTP: Bool {
        var start = 0
        while start < count {
            let end = firstIndex(of: UInt8(ascii: ","), from: start) ?? count
            let name = extracting(trimmed(start..<end))
            let slash = name.firstIndex(of: UInt8(ascii: "/")) ?? name.count
            let product = name.extracting(0..<slash)
            if product.equals(ignoringCase: "h2c") || product.equals(ignoringCase: "h2")
                || product.equals(ignoringCase: "http") || product.equals(ignoringCase: "tls")
            {
                return true
            }
            start = end + 1
        }
        return false
    }
}

extension UInt8 {
    /// Whether it may be part of a field's value: not a control character, but a tab
    /// (RFC 9110 §5.5).
    var isOfValue: Bool {
        (self >= 0x20 && self != 0x7f) || self == UInt8(ascii: "\t")
    }
}
