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
}
