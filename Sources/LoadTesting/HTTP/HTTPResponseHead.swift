/// What decides how long a response is and whether the connection stays (RFC 9112 §6.3, §9.3).
struct HTTPResponseHead: Equatable {
    /// The most header fields that a response may have.
    static let fieldLimit = 100

    /// Three digits.
    private(set) var status = 0
    private var minorVersion: UInt8 = 1
    private var contentLength: Int?
    private(set) var isChunked = false
    private var saysClose = false
    private var saysKeepAlive = false
    private var fieldCount = 0

    /// Reads `HTTP/1.1 200 OK`.
    init(statusLine line: Span<UInt8>) throws(HTTPFault) {
        guard line.count >= 12, line.hasPrefix("HTTP/1."), line[8] == UInt8(ascii: " "),
            line[7] == UInt8(ascii: "0") || line[7] == UInt8(ascii: "1"),
            line.count == 12 || line[12] == UInt8(ascii: " "),
            let status = line.extracting(9..<12).decimal, status >= 100
        else { throw .badStatusLine }
        self.status = status
        minorVersion = line[7] - UInt8(ascii: "0")
    }

    /// Reads `Name: value`.
    mutating func take(field line: Span<UInt8>) throws(HTTPFault) {
        fieldCount += 1
        guard fieldCount <= Self.fieldLimit else { throw .tooManyFields }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { throw .badField }
        // No white space before the colon, nor at the line's start (RFC 9112 §5.1, §5.2).
        for index in 0..<colon where line[index] <= 0x20 || line[index] == 0x7f { throw .badField }
        let value = line.extracting(line.trimmed((colon + 1)..<line.count))
        switch colon {
        case 10 where line.hasPrefix("connection"): takeConnection(value)
        case 14 where line.hasPrefix("content-length"): try takeLength(value)
        case 17 where line.hasPrefix("transfer-encoding"): try takeEncoding(value)
        default: break
        }
    }

    private mutating func takeConnection(_ value: Span<UInt8>) {
        saysClose = saysClose || value.containsToken("close")
        saysKeepAlive = saysKeepAlive || value.containsToken("keep-alive")
    }

    private mutating func takeLength(_ value: Span<UInt8>) throws(HTTPFault) {
        guard let length = value.decimal, contentLength == nil || contentLength == length
        else { throw .badContentLength }
        contentLength = length
    }

    private mutating func takeEncoding(_ value: Span<UInt8>) throws(HTTPFault) {
        guard !isChunked, value.count == 7, value.hasPrefix("chunked") else {
            throw .badTransferEncoding
        }
        isChunked = true
    }
}

extension HTTPResponseHead {
    /// How the end of the content is found.
    enum Framing: Equatable {
        case length(Int)
        case chunked
        case untilEndOfStream
    }

    /// Interim responses announce another one (RFC 9110 §15.2).
    var isInterim: Bool { (100..<200).contains(status) }

    /// - Throws: where two framings contradict each other: a sign of smuggling (RFC 9112 §6.1).
    func framing() throws(HTTPFault) -> Framing {
        if isInterim || status == 204 || status == 304 { return .length(0) }
        if isChunked {
            guard contentLength == nil, minorVersion == 1 else { throw .badTransferEncoding }
            return .chunked
        }
        return contentLength.map { .length($0) } ?? .untilEndOfStream
    }

    /// Whether the server will take another request on this connection.
    var keepsConnection: Bool {
        saysClose ? false : minorVersion == 1 || saysKeepAlive
    }
}
