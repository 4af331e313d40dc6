import Text

/// Finds the host that a request is for (RFC 9112 §3.2) in a head that arrives in pieces of any size.
///
/// It reads strictly: what a backend could read in another way (two Host fields, white space before
/// a colon, a folded line, a lone LF) is malformed.
public struct RequestHostReader: Sendable {
    public enum Progress: Hashable, Sendable {
        case incomplete
        /// The host in lower case, without the port and a final dot; `nil` if the request names none.
        case complete(host: String?)
        case malformed(String)
    }

    /// Of the whole head, in bytes.
    public static let byteLimit = 65_536
    private static let longestHost = 255

    private var lines = LineCollector(.strict, byteLimit: Self.byteLimit)
    private var byteCount = 0
    private var hasRequestLine = false
    /// The authority of a target in absolute form, which the Host field must not change.
    private var target: String?
    private var field: String?

    public init() {}

    /// Reads the client's next bytes, at least one. Bytes after the head are not looked at.
    public mutating func receive(_ bytes: Span<UInt8>) -> Progress {
        var position = 0
        do throws(HTTPSyntaxError) {
            while true {
                var reader = self
                let start = position
                let isEnd = try lines.nextLine(of: bytes, from: &position) {
                    (line) throws(HTTPSyntaxError) in
                    try reader.read(line)
                }
                byteCount += position - start
                guard byteCount <= Self.byteLimit else { throw .headTooLong }
                guard let isEnd else { return .incomplete }
                (hasRequestLine, target, field) = (
                    reader.hasRequestLine, reader.target, reader.field
                )
                if isEnd { return .complete(host: Self.name(in: target ?? field)) }
            }
        } catch {
            return .malformed("the request's head is malformed: \(error)")
        }
    }

    /// - Returns: whether the head ends with this line.
    private mutating func read(_ line: Span<UInt8>) throws(HTTPSyntaxError) -> Bool {
        guard hasRequestLine else {
            // An empty line before a request is skipped (RFC 9112 §2.2).
            guard !line.isEmpty else { return false }
            try readRequestLine(line)
            hasRequestLine = true
            return false
        }
        guard !line.isEmpty else { return true }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { throw .badField }
        for index in 0..<colon where line[index] <= 0x20 || line[index] >= 0x7f { throw .badField }
        guard colon == 4, line.hasPrefix("host") else { return false }
        guard field == nil else { throw .badField }
        let value = line.extracting(line.trimmed((colon + 1)..<line.count))
        field = try Self.text(value)
        return false
    }

    /// `method SP request-target SP HTTP-version` (RFC 9112 §3).
    private mutating func readRequestLine(_ line: Span<UInt8>) throws(HTTPSyntaxError) {
        guard let first = line.firstIndex(of: UInt8(ascii: " ")), first > 0 else {
            throw .badRequestLine
        }
        let rest = line.extracting((first + 1)..<line.count)
        guard let second = rest.firstIndex(of: UInt8(ascii: " ")), second > 0 else {
            throw .badRequestLine
        }
        let version = rest.extracting((second + 1)..<rest.count)
        guard version.count == 8, version.hasPrefix("HTTP/1.") else { throw .badRequestLine }
        target = try Self.authority(in: rest.extracting(0..<second))
    }

    /// The host and port of a target in absolute form; `nil` for other forms.
    private static func authority(in target: Span<UInt8>) throws(HTTPSyntaxError) -> String? {
        let start: Int
        if target.hasPrefix("http://") {
            start = 7
        } else if target.hasPrefix("https://") {
            start = 8
        } else {
            return nil
        }
        var end = start
        while end < target.count, !"/?#".utf8.contains(target[end]) { end += 1 }
        let authority = target.extracting(start..<end)
        let at = authority.lastIndex(of: UInt8(ascii: "@")).map { $0 + 1 } ?? 0
        return try text(authority.extracting(at..<authority.count))
    }

    private static func text(_ bytes: Span<UInt8>) throws(HTTPSyntaxError) -> String {
        guard bytes.count <= longestHost + 6 else { throw .badField }
        var text: [UInt8] = []
        for index in bytes.indices {
            guard (0x21...0x7e).contains(bytes[index]) else { throw .badField }
            text.append(bytes[index])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Without the port: `db.example:8030`, `[2001:db8::1]:80`.
    private static func name(in authority: String?) -> String? {
        guard let authority, !authority.isEmpty else { return nil }
        var name = Array(authority.utf8).map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
        if name.first != UInt8(ascii: "["), let colon = name.lastIndex(of: UInt8(ascii: ":")) {
            name.removeSubrange(colon...)
        }
        if name.last == UInt8(ascii: ".") { name.removeLast() }
        return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
    }
}
