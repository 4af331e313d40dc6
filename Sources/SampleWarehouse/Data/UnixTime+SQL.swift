import CIDRTrie
import FoundationEssentials
import Time

extension UnixTime {
    /// `2026-01-31 12:00:00`, in UTC, as a DATETIME is written.
    var sqlText: String {
        let style = Date.ISO8601FormatStyle(timeZone: .gmt)
            .year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false)
        return Date(timeIntervalSince1970: Double(seconds)).formatted(style)
    }

    /// The system's clock, in whole seconds.
    static var now: UnixTime {
        UnixTime(seconds: Int64(Date.now.timeIntervalSince1970))
    }
}
