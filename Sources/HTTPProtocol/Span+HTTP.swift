import Text

/// The part of HTTP's grammar that a message's head needs. Names and tokens are compared
/// case-insensitively (RFC 9110 §5.1).
extension Span<UInt8> {
    public func firstIndex(of byte: UInt8) -> Int? {
        for index in indices where self[index] == byte { return index }
        return nil
    }

    public func lastIndex(of byte: UInt8) -> Int? {
        for index in indices.reversed() where self[index] == byte { return index }
        return nil
    }

    /// Whether it begins with `text`, which must be ASCII; in any case.
    public func hasPrefix(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard length <= count else { return false }
        let letters = unsafe UnsafeBufferPointer(start: text.utf8Start, count: length)
        for index in 0..<length
        where unsafe self[index].lowercased != letters[index].lowercased {
            return false
        }
        return true
    }

    /// Whether `token` is an element of this comma-separated list.
    public func containsToken(_ token: StaticString) -> Bool {
        var start = 0
        while start < count {
            var end = start
            while end < count, self[end] != UInt8(ascii: ",") { end += 1 }
            let element = extracting(trimmed(start..<end))
            if element.count == token.utf8CodeUnitCount, element.hasPrefix(token) { return true }
            start = end + 1
        }
        return false
    }

    /// Whether `token` is the last element of this comma-separated list.
    public func lastToken(is token: StaticString) -> Bool {
        var start = count
        while start > 0, self[start - 1] != UInt8(ascii: ",") { start -= 1 }
        let element = extracting(trimmed(start..<count))
        return element.count == token.utf8CodeUnitCount && element.hasPrefix(token)
    }

    /// The part of `range` without spaces and tabs around it (RFC 9110 §5.6.3).
    public func trimmed(_ range: Range<Int>) -> Range<Int> {
        var range = range
        while !range.isEmpty, self[range.lowerBound].isBlank { range.removeFirst() }
        while !range.isEmpty, self[range.upperBound - 1].isBlank { range.removeLast() }
        return range
    }

    /// The number written in 1 to 18 decimal digits; `nil` for anything else.
    public var decimal: Int? {
        guard (1...18).contains(count) else { return nil }
        var value = 0
        for index in indices {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self[index]) else { return nil }
            value = value * 10 + Int(self[index] - UInt8(ascii: "0"))
        }
        return value
    }

    /// The number written in the 1 to 15 hexadecimal digits at the start; `nil` for none or more.
    public var leadingHexadecimal: (value: Int, digitCount: Int)? {
        var value = 0
        var digitCount = 0
        while digitCount < count, let digit = self[digitCount].hexadecimalDigit {
            guard digitCount < 15 else { return nil }
            value = value << 4 | digit
            digitCount += 1
        }
        return digitCount > 0 ? (value, digitCount) : nil
    }
}

extension UInt8 {
    public var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
}
