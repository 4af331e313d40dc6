/// A string as JSON writes it: in quotes, with escapes (RFC 8259 §7).
struct JSONStringLiteral: CustomStringConvertible {
    let description: String

    init(_ text: String) {
        description = "\"" + text.unicodeScalars.map(Self.escaped).joined() + "\""
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        case "\u{0}"..<" ":
            let hexadecimal = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
        default: return String(scalar)
        }
    }
}
