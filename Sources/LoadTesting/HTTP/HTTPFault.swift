/// Why bytes are not an HTTP/1 response. Always the server's fault (RFC 9112).
enum HTTPFault: Error, Equatable {
    case lineTooLong
    case badStatusLine
    case badField
    case headTooLong
    /// Several lengths, or one that is not a number (§6.3).
    case badContentLength
    /// Both a length and a transfer coding, or a last coding other than chunked (§6.1).
    case badTransferEncoding
    case badChunk
    /// Bytes after the end of the response, which nobody asked for.
    case excessBytes
}

extension HTTPFault: CustomStringConvertible {
    var description: String {
        switch self {
        case .lineTooLong: "a line is longer than \(LineCollector.byteLimit) bytes"
        case .badStatusLine: "the first line is not an HTTP/1 status line"
        case .badField: "a header field is malformed"
        case .headTooLong:
            "the header is longer than \(HTTPResponseHead.byteLimit) bytes"
        case .badContentLength: "the content length is malformed"
        case .badTransferEncoding: "the transfer encoding is not supported"
        case .badChunk: "a chunk is malformed"
        case .excessBytes: "bytes follow the end of the response"
        }
    }
}
