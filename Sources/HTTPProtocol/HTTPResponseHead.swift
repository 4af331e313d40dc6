/// What determines the length of a response and whether its connection is kept
/// (RFC 9112 §6.3, §9.3), read leniently for a client: see ``HTTPFields/Grammar``.
struct HTTPResponseHead: Equatable, Sendable {
    /// How the end of the content is recognised.
    enum Framing: Equatable {
        case length(Int)
        case chunked
        case untilEndOfStream
    }

    private(set) var statusLine = HTTPStatusLine()
    private var fields = HTTPFields(.lenient)
    private var byteCount = 0

    var status: Int { statusLine.status }

    mutating func read(statusLine line: Span<UInt8>) throws(HTTPSyntaxError) {
        self = HTTPResponseHead()
        statusLine = try HTTPStatusLine(line)
    }

    mutating func read(field line: Span<UInt8>) throws(HTTPSyntaxError) {
        byteCount += line.count
        guard byteCount <= HTTPSyntaxError.headByteLimit else { throw .headTooLong }
        try fields.read(line, at: 0)
    }

    /// No field follows.
    ///
    /// - Throws: if two framings contradict each other, a sign of smuggling (RFC 9112 §6.1).
    mutating func end() throws(HTTPSyntaxError) -> Framing {
        if statusLine.hasNoContent { return .length(0) }
        try fields.end(minorVersion: statusLine.minorVersion)
        if fields.isChunked { return .chunked }
        return fields.contentLength.map { .length($0) } ?? .untilEndOfStream
    }

    /// Whether the server accepts another request on this connection.
    var keepsConnection: Bool { fields.keepsConnection(minorVersion: statusLine.minorVersion) }
}
