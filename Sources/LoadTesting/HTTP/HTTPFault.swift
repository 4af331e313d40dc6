/// Why bytes are no HTTP/1 response. Always the server's fault (RFC 9112).
enum HTTPFault: Error, Equatable {
    case lineTooLong
    case bareLineFeed
    case badStatusLine
    case badField
    case tooManyFields
    /// Several lengths, or one that is no number (§6.3).
    case badContentLength
    /// Both a length and a transfer coding, or a coding other than chunked (§6.1).
    case badTransferEncoding
    case badChunk
    /// Bytes behind the response's end, where nothing was asked for.
    case excessBytes
}

extension HTTPFault: CustomStringConvertible {
    var description: String {
        switch self {
        case .lineTooLong: "a line is longer than \(LineCollector.byteLimit) bytes"
        case .bareLineFeed: "a line does not end in CR LF"
        case .badStatusLine: "the first line is not that of an HTTP/1 response"
        case .badField: "a header field is malformed"
        case .tooManyFields: "the head has more than \(HTTPResponseHead.fieldLimit) fields"
        case .badContentLength: "the content length is malformed"
        case .badTransferEncoding: "the transfer encoding is not understood"
        case .badChunk: "a chunk is malformed"
        case .excessBytes: "bytes follow the end of the response"
        }
    }
}
