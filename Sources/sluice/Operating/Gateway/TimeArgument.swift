import ArgumentParser
import Control
import Settings
import Text
import Time

/// A time on the command line, as a duration from now or as a date: `90d`, `2027-01-01T00:00:00Z`.
enum TimeArgument {
    /// A time to come.
    static func future(_ text: String) throws -> UnixTime {
        try future(text, now: .systemTime)
    }

    static func future(_ text: String, now: UnixTime) throws -> UnixTime {
        let time = try time(text) { UnixTime(seconds: now.seconds + $0) }
        guard time > now else { throw ValidationError("\(time.rfc3339) is in the past") }
        return time
    }

    /// A time that has passed: a duration counts backward.
    static func past(_ text: String) throws -> UnixTime {
        let now = UnixTime.systemTime
        return try time(text) { UnixTime(seconds: now.seconds - $0) }
    }

    private static func time(
        _ text: String,
        after duration: (Int64) -> UnixTime
    ) throws -> UnixTime {
        // More than a thousand years is a slip, and could overflow.
        let limit = Duration.seconds(1_000 * 366 * 86_400)
        if let span = Duration(written: text), span <= limit {
            return duration(span.components.seconds)
        }
        do throws(RFC3339Error) {
            return try UnixTime(rfc3339: text)
        } catch {
            throw ValidationError(
                "invalid time \(text.quoted)"
                    + " (expected a duration such as 24h or 90d, or a time such as"
                    + " 2027-01-31T23:59:59Z)"
            )
        }
    }
}
