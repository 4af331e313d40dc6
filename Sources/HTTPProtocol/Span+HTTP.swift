import Text

/// The part of HTTP's grammar that a message's head needs. Names and tokens are compared
/// case-insensitively (RFC 9110 §5.1).
extension Span<UInt8> {
    public func firstIndex(of byte: UInt8) -> Int? {
        for index in indices where self[index] == byte { return index }
        return nil
    }

    /// The first `byte` at `start` or after it.
    func firstIndex(of byte: UInt8, from start: Int) -> Int? {
        let pattern = UInt64(repeating: byte)
        let words = wordsEnd(from: start) { ($0 ^ pattern).hasZeroByte }
        let end = end(from: words) { $0 != byte }
        return end < count ? end : nil
    }

    /// Where the bytes of a field's value from `start` on end.
    func valueEnd(from start: Int) -> Int {
        let (space, delete) = (UInt64(repeating: 0x20), UInt64(repeating: 0x7f))
        let words = wordsEnd(from: start) { $0.hasByte(below: space) || ($0 ^ delete).hasZeroByte }
        return end(from: words, while: \.isOfValue)
    }

    /// Skips eight bytes at a time, up to the first eight that `mayEnd` returns `true` for, or the last
    /// few bytes.
    @inline(__always)
    private func wordsEnd(from start: Int, _ mayEnd: (UInt64) -> Bool) -> Int {
        var index = start
        while index &+ 8 <= count {
            let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            if mayEnd(word) { return index }
            index &+= 8
        }
        return index
    }

    /// Where the bytes from `start` on end that `isOfPart` returns `true` for.
    @inline(__always)
    func end(from start: Int, while isOfPart: (UInt8) -> Bool) -> Int {
        let rest = extracting(start..<count)
        var index = 0
        // Without checks for an overflow that cannot happen: every byte of a head passes here.
        while index < rest.count, isOfPart(rest[index]) { index &+= 1 }
        return start &+ index
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
        let beginning = extracting(0..<length)
        var index = 0
        while index < beginning.count {
            let (byte, letter) = unsafe (beginning[index], letters[index])
            if byte != letter, byte.lowercased != letter.lowercased { return false }
            index &+= 1
        }
        return true
    }

    /// Whether it is `text`, which must be ASCII; in any case.
    public func equals(ignoringCase text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && hasPrefix(text)
    }

    /// Whether it is `name`, a field's, as servers may read it that make variables of fields: they do not
    /// tell `_` from `-` (RFC 3875 §4.1.18).
    public func isName(_ name: StaticString) -> Bool {
        let length = name.utf8CodeUnitCount
        guard length == count else { return false }
        let letters = unsafe UnsafeBufferPointer(start: name.utf8Start, count: length)
        for index in indices {
            let byte = self[index] == UInt8(ascii: "_") ? UInt8(ascii: "-") : self[index].lowercased
            guard unsafe byte == letters[index].lowercased else { return false }
        }
        return true
    }

    /// Whether it is `other` in any case of ASCII letters.
    func equals(ignoringCase other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index].lowercased != other[index].lowercased {
            return false
        }
        return true
    }

    /// Whether it is `text`, which must be ASCII, in the same case.
    func equals(exactly text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard length == count else { return false }
        let letters = unsafe UnsafeBufferPointer(start: text.utf8Start, count: length)
        for index in 0..<length where unsafe self[index] != letters[index] { return false }
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

    /// Whether it may be part of a token: letters, digits and some punctuation (RFC 9110 §5.6.2).
    var isOfToken: Bool {
        // One bit for each character: ! # $ % & ' * + - . 0-9, and A-Z ^ _ ` a-z | ~.
        let low: UInt64 = 0x03ff_6cfa_0000_0000
        let high: UInt64 = 0x57ff_ffff_c7ff_fffe
        let bits = self < 0x40 ? low : high
        return self < 0x80 && bits >> UInt64(self & 0x3f) & 1 == 1
    }

    /// Whether it may be part of a request's target here: all but controls, spaces and the mark of a
    /// fragment. Old clients send bytes that are not ASCII, and characters that should be
    /// percent-encoded.
    var isOfTarget: Bool { self > 0x20 && self != 0x7f && self != UInt8(ascii: "#") }
}

/// Eight bytes at once (Hacker's Delight, §6-1).
extension UInt64 {
    fileprivate init(repeating byte: UInt8) {
        self = UInt64(byte) &* 0x0101_0101_0101_0101
    }

    fileprivate var hasZeroByte: Bool { hasByte(below: 0x0101_0101_0101_0101) }

    /// Whether a byte is less than the one of 1 to 128 that `limits` repeats.
    fileprivate func hasByte(below limits: UInt64) -> Bool {
        (self &- limits) & ~self & 0x8080_8080_8080_8080 != 0
    }
}
