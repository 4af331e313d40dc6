// What people paste between addresses: spaces and dashes beyond ASCII too.

extension Span<UInt8> {
    /// The length of the blank at `offset` in bytes, or 0. No-break spaces, the spaces of
    /// typesetting and a byte order mark within a text are blanks as well.
    package func blankLength(at offset: Int) -> Int {
        switch self[offset] {
        case UInt8(ascii: " "), UInt8(ascii: "\t"): 1
        case 0xc2: hasBytes(0xc2, 0xa0, at: offset) ? 2 : 0
        case 0xe2, 0xe3, 0xef: isWideBlank(at: offset) ? 3 : 0
        default: 0
        }
    }

    /// The length of the hyphen, dash or minus sign at `offset` in bytes, or 0.
    package func dashLength(at offset: Int) -> Int {
        switch self[offset] {
        case UInt8(ascii: "-"): 1
        case 0xe2, 0xef: isWideDash(at: offset) ? 3 : 0
        default: 0
        }
    }

    /// Where the blanks that start at `start` end.
    package func skippingBlanks(from start: Int) -> Int {
        var offset = start
        while offset < count, case let length = blankLength(at: offset), length > 0 {
            offset += length
        }
        return offset
    }

    /// Where the text before `end` ends, without trailing blanks.
    package func skippingBlanks(backTo start: Int, from end: Int) -> Int {
        var end = end
        while end > start, case let length = blankLength(before: end), length > 0 { end -= length }
        return end
    }

    private func blankLength(before end: Int) -> Int {
        (1...3).first { length in
            length <= end && blankLength(at: end - length) == length
        } ?? 0
    }

    /// U+2000…U+200B, U+202F, U+205F, U+3000 and U+FEFF.
    private func isWideBlank(at offset: Int) -> Bool {
        guard offset + 2 < count else { return false }
        switch (self[offset], self[offset + 1], self[offset + 2]) {
        case (0xe2, 0x80, 0x80...0x8b), (0xe2, 0x80, 0xaf), (0xe2, 0x81, 0x9f): return true
        case (0xe3, 0x80, 0x80), (0xef, 0xbb, 0xbf): return true
        default: return false
        }
    }

    /// U+2010…U+2015, U+2212, U+FE63 and U+FF0D.
    private func isWideDash(at offset: Int) -> Bool {
        guard offset + 2 < count else { return false }
        switch (self[offset], self[offset + 1], self[offset + 2]) {
        case (0xe2, 0x80, 0x90...0x95), (0xe2, 0x88, 0x92): return true
        case (0xef, 0xb9, 0xa3), (0xef, 0xbc, 0x8d): return true
        default: return false
        }
    }

    private func hasBytes(_ first: UInt8, _ second: UInt8, at offset: Int) -> Bool {
        offset + 1 < count && self[offset] == first && self[offset + 1] == second
    }

    /// The character that starts at `offset`; `nil` if the bytes are not UTF-8.
    package func character(at offset: Int) -> Unicode.Scalar? {
        let length =
            switch self[offset] {
            case ..<0x80: 1
            case 0xc2...0xdf: 2
            case 0xe0...0xef: 3
            case 0xf0...0xf4: 4
            default: 0
            }
        guard length > 0, offset + length <= count else { return nil }
        let bytes = (offset..<offset + length).map { self[$0] }
        return String(validating: bytes, as: UTF8.self)?.unicodeScalars.first
    }
}
