extension [UInt8] {
    /// Appends `text` as JSON writes it: in quotes, with escapes (RFC 8259 §7).
    package mutating func append(jsonString text: String) {
        append(UInt8(ascii: "\""))
        if Self.isPlain(text.utf8.span) {
            append(contentsOf: text.utf8)
        } else {
            append(escaping: text)
        }
        append(UInt8(ascii: "\""))
    }

    private static func isPlain(_ text: Span<UInt8>) -> Bool {
        for index in text.indices where !isPlain(text[index]) { return false }
        return true
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// What could steer a terminal that shows the text is escaped, not what must be alone.
    private mutating func append(escaping text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                append(UInt8(ascii: "\\"))
                append(UInt8(ascii: scalar))
            case _ where !scalar.isHarmless:
                for unit in scalar.utf16 { append(escapeOf: unit) }
            default:
                append(contentsOf: scalar.utf8)
            }
        }
    }

    private mutating func append(escapeOf unit: UInt16) {
        append(contentsOf: "\\u".utf8)
        for shift in [12, 8, 4, 0] as [UInt16] {
            append(Self.hexadecimalDigit(UInt8(truncatingIfNeeded: unit >> shift) & 15))
        }
    }

    private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
