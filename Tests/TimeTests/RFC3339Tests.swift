import CIDRTrie
import SeededRandom
import Testing
import Time

@Suite("RFC 3339 dates and times")
struct RFC3339Tests {
    @Test("Dates agree with another implementation", arguments: KnownTimes.all)
    func known(text: String, seconds: Int64) throws {
        #expect(UnixTime(seconds: seconds).rfc3339 == text)
        #expect(try UnixTime(rfc3339: text).seconds == seconds)
    }

    @Test("What was written is read again", arguments: SeededGenerator.seeds)
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        // The years 0000 to 9999.
        let range: ClosedRange<Int64> = -62_167_219_200...253_402_300_799
        for _ in 0..<5_000 {
            let time = UnixTime(seconds: .random(in: range, using: &generator))
            #expect(try UnixTime(rfc3339: time.rfc3339) == time, "seed \(seed)")
        }
    }

    @Test(
        "An offset is subtracted",
        arguments: [
            ("2027-01-31T23:59:59+00:00", "2027-01-31T23:59:59Z"),
            ("2027-01-31T23:59:59-00:00", "2027-01-31T23:59:59Z"),
            ("2027-02-01T00:59:59+01:00", "2027-01-31T23:59:59Z"),
            ("2027-01-31T20:29:59-03:30", "2027-01-31T23:59:59Z"),
            ("1970-01-01T00:00:00+23:59", "1969-12-31T00:01:00Z"),
            ("2000-02-29T23:30:00-01:00", "2000-03-01T00:30:00Z"),
        ]
    )
    func offsets(text: String, utc: String) throws {
        #expect(try UnixTime(rfc3339: text) == UnixTime(rfc3339: utc))
    }

    @Test("Letters may be lower case, a fraction is dropped, a leap second becomes the next minute")
    func leniency() throws {
        let time = try UnixTime(rfc3339: "2016-12-31T23:59:59Z")
        #expect(try UnixTime(rfc3339: "2016-12-31t23:59:59z") == time)
        #expect(try UnixTime(rfc3339: "2016-12-31T23:59:59.999999999999999999999999Z") == time)
        #expect(try UnixTime(rfc3339: "2016-12-31T23:59:60Z").seconds == time.seconds + 1)
    }

    @Test(
        "Text that does not have the form of a time is malformed",
        arguments: [
            "", "2027", "2027-01-31", "2027-01-31 23:59:59Z", "2027-01-31T23:59:59",
            "2027-01-31T23:59Z", "2027-1-31T23:59:59Z", "27-01-31T23:59:59Z",
            "2027-01-31T23:59:59.Z", "2027-01-31T23:59:59,5Z", "2027-01-31T23:59:59ZZ",
            "2027-01-31T23:59:59+0100", "2027-01-31T23:59:59+1:00", "2027-01-31T23:59:59+01",
            " 2027-01-31T23:59:59Z", "2027-01-31T23:59:59Z ", "+2027-01-31T23:59:59Z",
            "２０２７-01-31T23:59:59Z", "2027-01-31T23:59:59Z\0", "12027-01-31T23:59:59Z",
            "2027/01/31T23:59:59Z", "20270131T235959Z", "2027-01-31T-1:59:59Z",
        ]
    )
    func malformed(text: String) {
        #expect(throws: RFC3339Error.malformed) { try UnixTime(rfc3339: text) }
    }

    @Test(
        "A day, a time or an offset that does not exist is out of range",
        arguments: [
            "2027-00-01T00:00:00Z", "2027-13-01T00:00:00Z", "2027-01-00T00:00:00Z",
            "2027-01-32T00:00:00Z", "2027-04-31T00:00:00Z", "2027-06-31T00:00:00Z",
            "2027-09-31T00:00:00Z", "2027-11-31T00:00:00Z", "2027-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2000-02-30T00:00:00Z",
            "2027-01-01T24:00:00Z", "2027-01-01T00:60:00Z", "2027-01-01T00:00:61Z",
            "2027-01-01T00:00:00+24:00", "2027-01-01T00:00:00-00:60",
        ]
    )
    func outOfRange(text: String) {
        #expect(throws: RFC3339Error.outOfRange) { try UnixTime(rfc3339: text) }
    }

    @Test("A text cut anywhere is malformed")
    func cut() {
        let text = "2027-01-31T23:59:59+01:00"
        for length in 0..<text.count {
            #expect(throws: RFC3339Error.malformed) {
                try UnixTime(rfc3339: String(text.prefix(length)))
            }
        }
    }

    @Test("Each error describes what is expected")
    func descriptions() {
        #expect("\(RFC3339Error.malformed)".contains("2027-01-31T23:59:59Z"))
        #expect("\(RFC3339Error.outOfRange)" == "no such date or time of day")
    }
}
