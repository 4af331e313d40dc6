/// Text in URLs and HTML.
extension StringProtocol {
    /// Percent-encoded except for unreserved characters (RFC 3986 §2.3): one component of a URL.
    public var percentEncoded: String { percentEncoded { $0.isUnreserved } }

    /// Percent-encoded except for the ASCII bytes that `isKept` accepts (RFC 3986 §2.1).
    public func percentEncoded(except isKept: (UInt8) -> Bool) -> String {
        var encoded: [UInt8] = []
        for byte in utf8 {
            if isKept(byte) {
                encoded.append(byte)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += (byte < 16 ? "%0\(digits)" : "%\(digits)").utf8
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// Percent-decoded; `nil` if a percent sign is not followed by two hexadecimal digits.
    public var percentDecoded: String? {
        var bytes: [UInt8] = []
        var rest = Array(utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst()?.hexadecimalDigit,
                let low = rest.popFirst()?.hexadecimalDigit
            else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Safe as the content of an HTML or SVG element and inside a quoted attribute
    /// (HTML Living Standard §13.3).
    public var htmlEscaped: String {
        var escaped = String.UnicodeScalarView()
        // Not by characters: a quote with a combining mark is one, and still ends an attribute.
        for scalar in unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;".unicodeScalars
            case "<": escaped += "&lt;".unicodeScalars
            case ">": escaped += "&gt;".unicodeScalars
            case "\"": escaped += "&quot;".unicodeScalars
            case "'": escaped += "&#39;".unicodeScalars
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
