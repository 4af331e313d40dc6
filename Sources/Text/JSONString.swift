extension [UInt8] {
    /// Appends `text` as a JSON string: in quotes, with escapes (RFC 8259 §7).
    public mutating func append(jsonString text: String) {
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

    /// Escapes everything that could steer a terminal, not only what JSON requires.
    private mutating func append(escaping text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                append(UInt8(ascii: "\\"))
                append(UInt8(ascii: scalar))
            // Of a list's text, every line has one.
            case "\n": append(contentsOf: "\\n".utf8)
            case _ where !scalar.isHarmless:
                for unit in scalar.utf16 {
                    append(contentsOf: "\\u".utf8)
                    append(hexadecimal: unit, digitCount: 4)
                }
            default:
                append(contentsOf: scalar.utf8)
            }
        }
    }
}
