import Testing
import Text

@testable import Text
@testable import Time

@Suite("The calendar")
struct CivilTimeTests {
    private static let secondsPerDay: Int64 = 86_400

    @Test("Every day of 1600 years follows the day before it")
    func everyDay() {
        var expected = CivilTime(year: 1199, month: 12, day: 31, hour: 0, minute: 0, second: 0)
        var seconds = expected.unixSeconds
        while expected.year < 2800 {
            expected = Self.dayAfter(expected)
            seconds += Self.secondsPerDay
            let time = CivilTime(unixSeconds: seconds)
            guard time == expected, time.unixSeconds == seconds else {
                Issue.record("\(time) in place of \(expected)")
                return
            }
        }
    }

    /// By the rule that every child learns.
    private static func dayAfter(_ time: CivilTime) -> CivilTime {
        let isLeap = time.year % 4 == 0 && (time.year % 100 != 0 || time.year % 400 == 0)
        let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var next = time
        next.day += 1
        if next.day > lengths[Int(time.month) - 1] { (next.month, next.day) = (time.month + 1, 1) }
        if next.month > 12 { (next.year, next.month) = (time.year + 1, 1) }
        return next
    }

    @Test("Hours, minutes and seconds divide a day, before 1970 too")
    func timeOfDay() {
        for day in [-2, -1, 0, 1] as [Int64] {
            for second in stride(from: 0, to: Self.secondsPerDay, by: 61) {
                let time = CivilTime(unixSeconds: day * Self.secondsPerDay + second)
                #expect(time.hour * 3_600 + time.minute * 60 + time.second == second)
                #expect((0..<60).contains(time.minute) && (0..<60).contains(time.second))
            }
        }
    }

    @Test("The earliest and latest times have a date too")
    func extremes() {
        #expect(CivilTime(unixSeconds: .max).year == 292_277_026_596)
        let earliest = CivilTime(unixSeconds: .min)
        #expect(earliest == CivilTime(unixSeconds: -9_000_000_000_000_000))
        #expect(earliest.year < -285_000_000)
    }

    @Test("Microseconds are written with six digits, and a moment before 1970 as 1970")
    func microseconds() {
        #expect(LogText.timestamp(microseconds: 0) == "1970-01-01T00:00:00.000000Z")
        #expect(LogText.timestamp(microseconds: 1) == "1970-01-01T00:00:00.000001Z")
        #expect(LogText.timestamp(microseconds: -1) == "1970-01-01T00:00:00.000000Z")
        #expect(
            LogText.timestamp(microseconds: 1_795_428_000_123_456) == "2026-11-23T10:00:00.123456Z"
        )
    }
}
