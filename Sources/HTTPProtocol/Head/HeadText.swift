import Text

/// The bytes of a head that was read: the first line, the fields and the empty line.
///
/// They are walked, not parsed again: that every line has CR LF and every field a colon is known.
struct HeadText: Hashable, Sendable {
    let bytes: [UInt8]

    /// Lends where each field's line, with its end, and its name are, until `body` returns `false`.
    func forEachField(_ body: (_ line: Range<Int>, _ name: Range<Int>) -> Bool) {
        let span = bytes.span
        var start = firstLineEnd
        // The empty line is not a field.
        while start < span.count - 2 {
            let colon = span.firstIndex(of: UInt8(ascii: ":"), from: start) ?? start
            let end = (span.firstIndex(of: UInt8(ascii: "\n"), from: colon) ?? span.count - 1) + 1
            guard body(start..<end, start..<colon) else { return }
            start = end
        }
    }

    /// The value of the first field of this name.
    func value(of name: StaticString) -> Range<Int>? {
        var found: Range<Int>?
        let span = bytes.span
        forEachField { line, fieldName in
            guard span.extracting(fieldName).equals(ignoringCase: name) else { return true }
            found = span.trimmed((fieldName.upperBound + 1)..<(line.upperBound - 2))
            return false
        }
        return found
    }

    func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    /// With another first line, without the fields whose names `isRemoved` returns `true` for, and
    /// with `added` ones at the end. All other lines are the same bytes in the same order.
    func edited(
        firstLine: [UInt8]?,
        removing isRemoved: (Span<UInt8>) -> Bool,
        adding added: [(name: String, value: String)],
        lines: [UInt8] = []
    ) -> [UInt8] {
        let addedCount = added.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + (firstLine?.count ?? 0) + addedCount + lines.count)
        if let firstLine { result += firstLine }
        // What is kept is copied in as few pieces as possible.
        var start = firstLine == nil ? 0 : firstLineEnd
        let span = bytes.span
        forEachField { line, name in
            guard isRemoved(span.extracting(name)) else { return true }
            result += bytes[start..<line.lowerBound]
            start = line.upperBound
            return true
        }
        let end = bytes.count - 2
        result += bytes[start..<end]
        for field in added { result.append(field: field) }
        result += lines
        result += bytes[end...]
        return result
    }

    private var firstLineEnd: Int {
        (bytes.span.firstIndex(of: UInt8(ascii: "\n"), from: 0) ?? bytes.count - 1) + 1
    }
}

extension [UInt8] {
    /// What would be another line, or is not allowed in a field, is left out.
    fileprivate mutating func append(field: (name: String, value: String)) {
        for byte in field.name.utf8 where byte.isOfToken { append(byte) }
        append(UInt8(ascii: ":"))
        append(UInt8(ascii: " "))
        for byte in field.value.utf8 where byte >= 0x20 && byte != 0x7f { append(byte) }
        append(UInt8(ascii: "\r"))
        append(UInt8(ascii: "\n"))
    }
}
