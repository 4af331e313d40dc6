import HTTPProtocol
import Text

/// The JSON with which a load, or a front end's list of backends, is answered.
///
/// Nothing but single values is read and replaced, so that all else is passed on byte for byte.
struct LoadAnswer {
    private(set) var content: [UInt8]

    init(_ content: [UInt8]) {
        self.content = content
    }

    /// The longest status that is recorded, in bytes.
    private static let statusByteLimit = 64

    /// The load's own status, such as `Success` or `Label Already Exists`. HTTP's says nothing of it.
    var status: String? {
        guard let range = stringValue(of: "Status") ?? stringValue(of: "status"),
            range.count <= Self.statusByteLimit,
            content[range].allSatisfy({ (0x20..<0x7f).contains($0) && $0 != UInt8(ascii: "\\") })
        else { return nil }
        return String(decoding: content[range], as: UTF8.self)
    }

    /// Replaces `ErrorURL`.
    ///
    /// - Returns: whether it was there.
    mutating func replaceErrorURL(_ replacement: (String) -> String?) -> Bool {
        guard let range = stringValue(of: "ErrorURL"), !range.isEmpty else { return false }
        // Some writers of JSON escape slashes.
        let text = String(decoding: content[range], as: UTF8.self).filter { $0 != "\\" }
        guard let replaced = replacement(text) else { return false }
        content.replaceSubrange(range, with: replaced.utf8)
        return true
    }

    /// Replaces each backend's address and HTTP port by those of the gateway.
    ///
    /// - Returns: whether there was one.
    mutating func replaceBackends(host: String, port: String) -> Bool {
        var replaced = self
        guard replaced.replace(host, { $0.stringValue(of: "ip", from: $1) }),
            replaced.replace(port, { $0.number(of: "http_port", from: $1) })
        else { return false }
        self = replaced
        return true
    }

    /// Replaces all that `find` finds, in one pass.
    ///
    /// - Returns: whether there was one, and not so many that the answer would become too long.
    private mutating func replace(
        _ text: String,
        _ find: (LoadAnswer, Int) -> Range<Int>?
    ) -> Bool {
        var result: [UInt8] = []
        var start = 0
        while let range = find(self, start), result.count <= Self.longestList {
            result += content[start..<range.lowerBound]
            result += text.utf8
            start = range.upperBound
        }
        guard start > 0, result.count <= Self.longestList else { return false }
        content = result + content[start...]
        return true
    }

    /// Of a list of backends after its addresses were replaced, in bytes.
    private static let longestList = 4 << 20

    /// Where the value of the first `"key": "…"` is, without its quotes.
    private func stringValue(of key: String, from start: Int = 0) -> Range<Int>? {
        var start = start
        while let colon = colon(after: key, from: start) {
            start = colon
            let first = skipBlanks(from: colon)
            guard first < content.count, content[first] == UInt8(ascii: "\"") else { continue }
            var end = first + 1
            while end < content.count, content[end] != UInt8(ascii: "\"") {
                end += content[end] == UInt8(ascii: "\\") ? 2 : 1
            }
            guard end < content.count else { return nil }
            return (first + 1)..<end
        }
        return nil
    }

    private func number(of key: String, from start: Int) -> Range<Int>? {
        var start = start
        while let colon = colon(after: key, from: start) {
            start = colon
            let first = skipBlanks(from: colon)
            let end = content[first...].firstIndex { !(0x30...0x39).contains($0) } ?? content.count
            if end > first { return first..<end }
        }
        return nil
    }

    /// The position behind `"key":`, where the key is not a part of a string.
    private func colon(after key: String, from start: Int) -> Int? {
        let name = Array("\"\(key)\"".utf8)
        var position = start
        while position + name.count < content.count {
            let end = position + name.count
            let isEscaped = position > 0 && content[position - 1] == UInt8(ascii: "\\")
            if !isEscaped, content[position..<end].elementsEqual(name) {
                let colon = skipBlanks(from: end)
                if colon < content.count, content[colon] == UInt8(ascii: ":") { return colon + 1 }
            }
            position += 1
        }
        return nil
    }

    private func skipBlanks(from start: Int) -> Int {
        content[start...].firstIndex { !($0.isBlank || $0 == 0x0a || $0 == 0x0d) } ?? content.count
    }
}
