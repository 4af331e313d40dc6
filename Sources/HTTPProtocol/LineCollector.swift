/// Finds the lines of a stream that arrives in pieces.
///
/// A line that arrives in one piece is not copied; of any other, the beginning is kept.
public struct LineCollector: Hashable, Sendable {
    /// What ends a line (RFC 9112 §2.2).
    public enum LineEnd: Hashable, Sendable {
        /// Only CR LF: a relay must read a message exactly as its recipient does.
        case strict
        /// LF alone too, which a recipient may accept and old servers send.
        case lenient
    }

    /// The longest line that is accepted by default, in bytes, its end included: as long as curl
    /// accepts.
    public static let byteLimit = 102_400

    private let lineEnd: LineEnd
    private let byteLimit: Int
    private var beginning: [UInt8] = []

    /// - Parameter byteLimit: the longest line that is accepted, in bytes, its end included.
    public init(_ lineEnd: LineEnd, byteLimit: Int = Self.byteLimit) {
        self.lineEnd = lineEnd
        self.byteLimit = byteLimit
    }

    /// Reads bytes from `position` on until a line ends, and lends the line to `body`.
    ///
    /// - Returns: what `body` returned; `nil` if the line continues in the next piece.
    /// - Throws: if a line is too long, or `body` throws.
    public mutating func nextLine<Result>(
        of bytes: Span<UInt8>,
        from position: inout Int,
        _ body: (Span<UInt8>) throws(HTTPSyntaxError) -> Result
    ) throws(HTTPSyntaxError) -> Result? {
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
        guard beginning.count + position - start < byteLimit else {
            throw .lineTooLong(limit: byteLimit)
        }
        guard position < bytes.count else {
            keep(bytes.extracting(start..<position))
            return nil
        }
        position += 1
        guard beginning.isEmpty else {
            keep(bytes.extracting(start..<position))
            defer { beginning.removeAll(keepingCapacity: true) }
            return try lend(beginning.span, body)
        }
        return try lend(bytes.extracting(start..<position), body)
    }

    private mutating func keep(_ bytes: Span<UInt8>) {
        for index in bytes.indices { beginning.append(bytes[index]) }
    }

    /// Lends a line, which ends in LF, without its end.
    private func lend<Result>(
        _ line: Span<UInt8>,
        _ body: (Span<UInt8>) throws(HTTPSyntaxError) -> Result
    ) throws(HTTPSyntaxError) -> Result {
        var end = line.count - 1
        if end > 0, line[end - 1] == UInt8(ascii: "\r") {
            end -= 1
        } else if lineEnd == .strict {
            throw .bareLineFeed
        }
        return try body(line.extracting(0..<end))
    }
}

/// Why bytes are not an HTTP/1 message. Always the sender's error (RFC 9112).
public enum HTTPSyntaxError: Error, Hashable, Sendable {
    /// The longest head, and the longest trailer, in bytes.
    public static let headByteLimit = 307_200

    case lineTooLong(limit: Int)
    /// A line ends in LF without CR (§2.2).
    case bareLineFeed
    case badStatusLine
    case badRequestLine
    case badField
    case headTooLong
    /// Several lengths, or one that is not a number (§6.3).
    case badContentLength
    /// Both a length and a transfer coding, or a last coding other than chunked (§6.1).
    case badTransferEncoding
    case badChunk
    /// Bytes after the end of the response: nothing was requested.
    case excessBytes
}

extension HTTPSyntaxError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .lineTooLong(let limit): "a line is longer than \(limit) bytes"
        case .bareLineFeed: "a line ends in LF without CR"
        case .badStatusLine: "the first line is not an HTTP/1 status line"
        case .badRequestLine: "the first line is not an HTTP/1 request line"
        case .badField: "a header field is malformed"
        case .headTooLong:
            "the header is longer than \(HTTPSyntaxError.headByteLimit) bytes"
        case .badContentLength: "the content length is malformed"
        case .badTransferEncoding: "the transfer encoding is not supported"
        case .badChunk: "a chunk is malformed"
        case .excessBytes: "bytes follow the end of the response"
        }
    }
}
