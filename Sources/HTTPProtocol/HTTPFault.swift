/// Why bytes are not an HTTP/1 message. Always the sender's fault (RFC 9112).
package enum HTTPFault: Error, Hashable, Sendable {
    /// The longest head, and the longest trailer, in bytes.
    package static let headByteLimit = 307_200

    case lineTooLong
    /// A line ends in LF without CR (§2.2).
    case bareLineFeed
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
    package var description: String {
        switch self {
        case .lineTooLong: "a line is longer than \(LineCollector.byteLimit) bytes"
        case .bareLineFeed: "a line ends in LF without CR"
        case .badStatusLine: "the first line is not an HTTP/1 status line"
        case .badField: "a header field is malformed"
        case .headTooLong:
            "the header is longer than \(HTTPFault.headByteLimit) bytes"
        case .badContentLength: "the content length is malformed"
        case .badTransferEncoding: "the transfer encoding is not supported"
        case .badChunk: "a chunk is malformed"
        case .excessBytes: "bytes follow the end of the response"
        }
    }
}
