/// `HTTP/1.1 200 OK` (RFC 9112 §4).
public struct HTTPStatusLine: Hashable, Sendable {
    /// Three digits from 100 on (RFC 9110 §15).
    public let status: Int
    /// Of HTTP/1: 0 or 1.
    public let minorVersion: UInt8

    /// Reads a line without its end. The space before the reason may be missing; the reason is not
    /// looked at.
    public init(_ line: Span<UInt8>) throws(HTTPSyntaxError) {
        guard line.count >= 12, line.hasPrefix("HTTP/1."), line[8] == UInt8(ascii: " "),
            line[7] == UInt8(ascii: "0") || line[7] == UInt8(ascii: "1"),
            line.count == 12 || line[12] == UInt8(ascii: " "),
            let status = line.extracting(9..<12).decimal, status >= 100
        else { throw .badStatusLine }
        self.status = status
        minorVersion = line[7] - UInt8(ascii: "0")
    }

    /// Before the first line has been read.
    init() {
        (status, minorVersion) = (0, 1)
    }

    /// Another answer follows to the same request (RFC 9110 §15.2).
    public var isInterim: Bool { (100..<200).contains(status) }

    /// A response of this status has no content, whatever its fields are (RFC 9112 §6.3).
    var hasNoContent: Bool { isInterim || status == 204 || status == 304 }
}
