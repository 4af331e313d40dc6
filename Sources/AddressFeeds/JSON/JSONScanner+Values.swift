// MARK: - Values

extension JSONScanner {
    /// Passes over any value.
    mutating func skip() throws(FeedFault) {
        guard let first = peek() else { throw expected("a value") }
        switch first {
        case UInt8(ascii: "{"):
            guard try enterObject() else { return }
            while try nextKey() != nil { try skip() }
        case UInt8(ascii: "["):
            guard try enterArray() else { return }
            while try nextElement() { try skip() }
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        default: throw expected("a value")
        }
    }

    private mutating func word(_ word: StaticString) throws(FeedFault) {
        let expectedBytes = Array(word.description.utf8)
        guard bytes[index...].starts(with: expectedBytes) else { throw expected("a value") }
        index += expectedBytes.count
    }

    /// RFC 8259 §6.
    private mutating func number() throws(FeedFault) {
        _ = take("-")
        if current == UInt8(ascii: "0") { index += 1 } else { try digits() }
        if current == UInt8(ascii: ".") {
            index += 1
            try digits()
        }
        guard current == UInt8(ascii: "e") || current == UInt8(ascii: "E") else { return }
        index += 1
        if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { index += 1 }
        try digits()
    }

    private mutating func digits() throws(FeedFault) {
        let start = index
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            index += 1
        }
        if index == start { throw fault("expected a digit") }
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }
}

// MARK: - Strings

extension JSONScanner {
    /// A string's value; its quote comes next (RFC 8259 §7).
    mutating func string() throws(FeedFault) -> String {
        let opening = fault("the string is not UTF-8")
        index += 1
        var value: [UInt8] = []
        var start = index
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                value += bytes[start..<index]
                index += 1
                guard let text = String(validating: value, as: UTF8.self) else { throw opening }
                return text
            case UInt8(ascii: "\\"):
                value += bytes[start..<index]
                value += try escape()
                start = index
            case 0..<0x20: throw fault("a control character in a string")
            default: index += 1
            }
        }
        throw fault("a string without its closing quote")
    }

    /// The UTF-8 of one escape; its backslash comes next.
    private mutating func escape() throws(FeedFault) -> [UInt8] {
        let start = self
        index += 1
        guard let byte = current else { throw start.fault("an escape is cut off") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0c]
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return Array(String(Character(try codePoint(start.place))).utf8)
        default: throw start.fault("no such escape")
        }
    }

    /// A code point, or two that are one together (surrogates).
    private mutating func codePoint(_ place: FeedPlace) throws(FeedFault) -> Unicode.Scalar {
        let first = try hexadecimal(place)
        if let scalar = Unicode.Scalar(first) { return scalar }
        let low = FeedFault(place: place, message: "half of a surrogate pair")
        guard (0xd800..<0xdc00).contains(first), current == UInt8(ascii: "\\") else { throw low }
        index += 1
        guard current == UInt8(ascii: "u") else { throw low }
        index += 1
        let second = try hexadecimal(place)
        guard (0xdc00..<0xe000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
        else { throw low }
        return scalar
    }

    private mutating func hexadecimal(_ place: FeedPlace) throws(FeedFault) -> UInt32 {
        let digits = bytes[index...].prefix(4)
        guard digits.count == 4, digits.allSatisfy(\.isHexadecimalDigit),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw FeedFault(place: place, message: "\\u needs four hexadecimal digits") }
        index += 4
        return value
    }
}

extension UInt8 {
    fileprivate var isHexadecimalDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
