/// What determines the length of a response and whether its connection is kept
/// (RFC 9112 §6.3, §9.3).
public struct HTTPResponseHead: Equatable, Sendable {
    /// The longest header that a response may have, in bytes: as long as curl accepts.
    public static let byteLimit = HTTPSyntaxError.headByteLimit

    /// Three digits (RFC 9110 §15).
    public private(set) var status = 0
    private var minorVersion: UInt8 = 1
    private var contentLength: Int?
    private var hasTransferEncoding = false
    /// Whether the last transfer coding is chunked.
    public private(set) var isChunked = false
    private var hasClose = false
    private var hasKeepAlive = false
    private var byteCount = 0
    /// The field that a folded line continues; `nil` before the first one.
    private var lastField: Field?

    /// The fields that matter here. The value of a length may be on the next line.
    private enum Field: Equatable {
        case connection, contentLength(hasValue: Bool), transferEncoding, other
    }

    /// Reads `HTTP/1.1 200 OK`.
    public init(statusLine line: Span<UInt8>) throws(HTTPSyntaxError) {
        guard line.count >= 12, line.hasPrefix("HTTP/1."), line[8] == UInt8(ascii: " "),
            line[7] == UInt8(ascii: "0") || line[7] == UInt8(ascii: "1"),
            line.count == 12 || line[12] == UInt8(ascii: " "),
            let status = line.extracting(9..<12).decimal, status >= 100
        else { throw .badStatusLine }
        self.status = status
        minorVersion = line[7] - UInt8(ascii: "0")
    }

    /// Reads `Name: value`, or a line that begins with white space and continues the field before
    /// it: servers that fold lines are obsolete, but they exist (RFC 9112 §5.2).
    public mutating func read(field line: Span<UInt8>) throws(HTTPSyntaxError) {
        byteCount += line.count
        guard byteCount <= Self.byteLimit else { throw .headTooLong }
        if !line.isEmpty, line[0].isBlank { return try readContinuation(line) }
        try endField()
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { throw .badField }
        // No white space before the colon (RFC 9112 §5.1).
        for index in 0..<colon where line[index] <= 0x20 || line[index] == 0x7f { throw .badField }
        let field = Self.field(named: line.extracting(0..<colon))
        lastField = field
        if field == .other { return }
        try read(line.extracting(line.trimmed((colon + 1)..<line.count)), of: field)
    }

    /// No field follows: a value that is still missing is an error.
    public mutating func endFields() throws(HTTPSyntaxError) { try endField() }

    private static func field(named name: Span<UInt8>) -> Field {
        switch name.count {
        case 10 where name.hasPrefix("connection"): .connection
        case 14 where name.hasPrefix("content-length"): .contentLength(hasValue: false)
        case 17 where name.hasPrefix("transfer-encoding"): .transferEncoding
        default: .other
        }
    }

    /// A fold counts as a space (§5.2): it separates tokens and ends a number.
    private mutating func readContinuation(_ line: Span<UInt8>) throws(HTTPSyntaxError) {
        guard let lastField else { throw .badField }
        let value = line.extracting(line.trimmed(0..<line.count))
        if lastField != .other, !value.isEmpty { try read(value, of: lastField) }
    }

    private mutating func read(_ value: Span<UInt8>, of field: Field) throws(HTTPSyntaxError) {
        switch field {
        case .connection: readConnection(value)
        case .contentLength(let hasValue): if !value.isEmpty { try readLength(value, hasValue) }
        case .transferEncoding: readEncoding(value)
        case .other: break
        }
    }

    private func endField() throws(HTTPSyntaxError) {
        if lastField == .contentLength(hasValue: false) { throw .badContentLength }
    }

    private mutating func readConnection(_ value: Span<UInt8>) {
        hasClose = hasClose || value.containsToken("close")
        hasKeepAlive = hasKeepAlive || value.containsToken("keep-alive")
    }

    private mutating func readLength(
        _ value: Span<UInt8>,
        _ hasValue: Bool
    ) throws(HTTPSyntaxError) {
        guard !hasValue, let length = value.decimal, contentLength == nil || contentLength == length
        else { throw .badContentLength }
        contentLength = length
        lastField = .contentLength(hasValue: true)
    }

    /// Content codings such as gzip may precede chunked; the content is not looked at (§6.1).
    private mutating func readEncoding(_ value: Span<UInt8>) {
        hasTransferEncoding = true
        isChunked = value.lastToken(is: "chunked")
    }
}

extension HTTPResponseHead {
    /// How the end of the content is recognised.
    public enum Framing: Equatable, Sendable {
        case length(Int)
        case chunked
        case untilEndOfStream
    }

    /// Interim responses announce another one (RFC 9110 §15.2).
    public var isInterim: Bool { (100..<200).contains(status) }

    /// - Throws: if two framings contradict each other, a sign of smuggling (RFC 9112 §6.1).
    public func framing() throws(HTTPSyntaxError) -> Framing {
        if isInterim || status == 204 || status == 304 { return .length(0) }
        if hasTransferEncoding {
            guard isChunked, contentLength == nil, minorVersion == 1 else {
                throw .badTransferEncoding
            }
            return .chunked
        }
        return contentLength.map { .length($0) } ?? .untilEndOfStream
    }

    /// Whether the server accepts another request on this connection.
    public var keepsConnection: Bool {
        hasClose ? false : minorVersion == 1 || hasKeepAlive
    }
}
