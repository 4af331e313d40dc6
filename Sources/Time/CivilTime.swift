/// A date and time of day in UTC, in the proleptic Gregorian calendar (ISO 8601).
///
/// The arithmetic is Howard Hinnant's, "chrono-Compatible Low-Level Date Algorithms" (2013): years
/// begin in March, so that the leap day is the last one, and 400 years make an era.
public struct CivilTime: Hashable, Sendable {
    public var year: Int64
    /// 1…12.
    public var month: Int64
    /// 1…31.
    public var day: Int64
    public var hour: Int64
    public var minute: Int64
    public var second: Int64

    private static let secondsPerDay: Int64 = 86_400
    private static let daysPerEra: Int64 = 146_097
    /// From 0000-03-01 to 1970-01-01.
    private static let daysBeforeUnixEpoch: Int64 = 719_468

    /// The moment `seconds` after 1970-01-01T00:00:00Z. Anything earlier than 9·10^15 s before it,
    /// in the year −285 million, is treated as that moment.
    public init(unixSeconds seconds: Int64) {
        let clamped = max(seconds, -9_000_000_000_000_000)
        let days = Self.floorDivide(clamped, Self.secondsPerDay)
        let rest = clamped - days * Self.secondsPerDay
        (hour, minute, second) = (rest / 3_600, rest % 3_600 / 60, rest % 60)
        let shifted = days + Self.daysBeforeUnixEpoch
        let era = Self.floorDivide(shifted, Self.daysPerEra)
        let dayOfEra = shifted - era * Self.daysPerEra
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    init(year: Int64, month: Int64, day: Int64, hour: Int64, minute: Int64, second: Int64) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// Seconds since 1970-01-01T00:00:00Z. The fields must be within their ranges, the year within
    /// 0…9999.
    var unixSeconds: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = Self.floorDivide(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let shiftedMonth = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * shiftedMonth + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * Self.daysPerEra + dayOfEra - Self.daysBeforeUnixEpoch
        return days * Self.secondsPerDay + hour * 3_600 + minute * 60 + second
    }

    static func dayCount(year: Int64, month: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func isLeap(_ year: Int64) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    private static func floorDivide(_ dividend: Int64, _ divisor: Int64) -> Int64 {
        let quotient = dividend / divisor
        return dividend % divisor < 0 ? quotient - 1 : quotient
    }
}
