import Text
import Time

/// The field Retry-After (RFC 9110 §10.2.3): seconds, or a date.
enum RetryAfter {
    /// Authorities wait for days at most; more is treated as this, in seconds.
    static let longest: Int64 = 86_400

    /// - Returns: `nil` if it is neither; never before `now`.
    static func time(_ field: String, at now: UnixTime) -> UnixTime? {
        let text = field.trimmed
        let rest: Int64
        if (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            rest = Int64(text) ?? longest
        } else if let date = date(text) {
            rest = date.seconds - now.seconds
        } else {
            return nil
        }
        return UnixTime(seconds: now.seconds + min(max(rest, 0), longest))
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, the only form that servers send (RFC 9110 §5.6.7).
    private static func date(_ text: String) -> UnixTime? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[1].utf8.count == 2, parts[5] == "GMT",
            let index = months.firstIndex(of: String(parts[2]))
        else { return nil }
        let month = index < 9 ? "0\(index + 1)" : "\(index + 1)"
        // `try?`: what is not a date has no effect.
        return try? UnixTime(rfc3339: "\(parts[3])-\(month)-\(parts[1])T\(parts[4])Z")
    }
}

extension String {
    /// Without spaces and tabs around it.
    fileprivate var trimmed: String {
        var rest = unicodeScalars[...]
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return String(rest)
    }
}
