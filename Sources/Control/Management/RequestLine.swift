/// The line with which a request begins, of whose method the HTTP library knows nothing.
///
/// A method is any token (RFC 9110 §9.1); one that is unknown is refused as such, and not as if its
/// request were none.
enum RequestLine {
    /// What bytes are at which the library has found no method that it knows.
    enum Verdict: Equatable {
        /// The line has not ended yet.
        case incomplete
        /// A request of HTTP/1, well formed as far as its first line goes.
        case request(method: String)
        case notHTTP
    }

    /// The longest line that is waited for, in bytes (RFC 9112 §3 recommends 8,000 at least).
    static let byteLimit = 8_192

    /// - Parameter bytes: the request's; they may follow those of earlier ones, each with its empty
    ///   line.
    static func verdict(on bytes: [UInt8]) -> Verdict {
        let line = last(of: bytes)
        guard let end = line.firstIndex(of: UInt8(ascii: "\n")) else {
            let method = line.prefix { $0 != UInt8(ascii: " ") }
            return line.count < byteLimit && method.allSatisfy(isToken) ? .incomplete : .notHTTP
        }
        var words = line[..<end]
        if words.last == UInt8(ascii: "\r") { words.removeLast() }
        let parts = words.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(isToken),
            !parts[1].isEmpty, parts[1].allSatisfy({ (0x21...0x7e).contains($0) }),
            parts[2].elementsEqual("HTTP/1.1".utf8) || parts[2].elementsEqual("HTTP/1.0".utf8)
        else { return .notHTTP }
        return .request(method: String(decoding: parts[0], as: UTF8.self))
    }

    /// What follows the last empty line that is followed by anything.
    private static func last(of bytes: [UInt8]) -> ArraySlice<UInt8> {
        var start = 0
        for index in bytes.indices.dropLast(emptyLine.count) where bytes[index] == emptyLine[0] {
            let end = index + emptyLine.count
            if bytes[index..<end].elementsEqual(emptyLine) { start = end }
        }
        return bytes[start...]
    }

    private static let emptyLine = Array("\r\n\r\n".utf8)

    /// tchar (RFC 9110 §5.6.2)
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
