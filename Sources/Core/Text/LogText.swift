/// Pieces of log lines, without Foundation.
public enum LogText {
    /// `2026-11-23T10:00:00.123456Z` (RFC 3339 §5.6).
    public static func timestamp(microseconds: Int64) -> String {
        var bytes: [UInt8] = []
        bytes.append(rfc3339Microseconds: microseconds)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text in quotes, with escapes (RFC 8259 §7).
    public static func jsonString(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.append(jsonString: text)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text for a line that people read: each character that could end the line, move the
    /// terminal's cursor or turn the direction of writing becomes a space.
    ///
    /// What a backend or a client has sent may stand in it.
    public static func harmless(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { result.append(scalar.isHarmless ? scalar : " ") }
        return String(result)
    }
}

extension Unicode.Scalar {
    fileprivate var isHarmless: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
