/// Why bytes are not an HTTP/1 message. Always the sender's error (RFC 9112).
public enum HTTPSyntaxError: Error, Hashable, Sendable {
    /// The longest head of a response, and the longest trailer, in bytes.
    public static let headByteLimit = 307_200

    case lineTooLong(limit: Int)
    /// A line ends in LF without CR (§2.2).
    case bareLineFeed
    /// A CR that LF does not follow (§2.2).
    case bareCarriageReturn
    case badStatusLine
    /// Not three parts with one space between them, as in HTTP/0.9 (§3).
    case badRequestLine
    /// Not a token, or too long (§3.1).
    case badMethod
    /// CONNECT: the gateway is not a forward proxy (RFC 9110 §9.3.6).
    case unsupportedMethod
    /// A target with a control character or a fragment, or of no form for this method (§3.2).
    case badTarget
    case targetTooLong
    /// Neither HTTP/1.0 nor HTTP/1.1: also the preface of HTTP/2 (§2.3).
    case unsupportedVersion
    /// No colon, an empty name, or one that is not a token: white space before the colon (§5.1).
    case badField
    /// A line that begins with white space (§5.2, §2.2).
    case foldedField
    /// A control character in a field's value (RFC 9110 §5.5).
    case badValue
    case tooManyFields
    /// Not a host with an optional port (RFC 9110 §7.2).
    case badHost
    case duplicateHost
    /// HTTP/1.1 without Host (§3.2).
    case missingHost
    /// A target in absolute form for another host than the Host field's (§3.2.2).
    case hostMismatch
    /// More than a few connection options (RFC 9110 §7.6.1).
    case tooManyOptions
    case headTooLong
    /// Several lengths, or one that is not a number (§6.3).
    case badContentLength
    /// A coding other than chunked, or one where there may be none (§6.1).
    case badTransferEncoding
    /// Both a length and a transfer coding (§6.1).
    case conflictingLengths
    case badChunk
    /// A field after the last chunk that may only be in a head (RFC 9110 §6.5.1).
    case badTrailer
    /// Bytes after the end of the response: nothing was requested.
    case excessBytes
}

extension HTTPSyntaxError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .lineTooLong(let limit): "a line is longer than \(limit) bytes"
        case .bareLineFeed: "a line ends in LF without CR"
        case .bareCarriageReturn: "a CR is not followed by LF"
        case .badStatusLine: "the first line is not an HTTP/1 status line"
        case .badRequestLine: "the first line is not an HTTP/1 request line"
        case .badMethod: "the first bytes are not an HTTP method"
        case .unsupportedMethod: "the method CONNECT is not supported"
        case .badTarget: "the request's target is malformed"
        case .targetTooLong: "the request's target is too long"
        case .unsupportedVersion: "the version is neither HTTP/1.0 nor HTTP/1.1"
        case .badField: "a header field is malformed"
        case .foldedField: "a header line begins with white space"
        case .badValue: "the value of a header field has a control character"
        case .tooManyFields: "the header has too many fields"
        case .badHost: "the host is malformed"
        case .duplicateHost: "there are several Host fields"
        case .missingHost: "the Host field is missing"
        case .hostMismatch: "the target's host and the Host field's differ"
        case .tooManyOptions: "the Connection field has too many options"
        case .headTooLong: "the header is too long"
        case .badContentLength: "the content length is malformed"
        case .badTransferEncoding: "the transfer encoding is not supported"
        case .conflictingLengths: "there are a content length and a transfer encoding"
        case .badChunk: "a chunk is malformed"
        case .badTrailer: "a trailer field is not allowed after a body"
        case .excessBytes: "bytes follow the end of the response"
        }
    }
}
