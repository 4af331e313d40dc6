import Testing
import Text

@Suite("Numbers and their nouns")
struct PluralTests {
    @Test("One is singular, everything else plural")
    func nouns() {
        #expect(1.of("session") == "1 session")
        #expect(0.of("session") == "0 sessions" && 2.of("query") == "2 queries")
        #expect(2.of("key") == "2 keys" && 2.of("address") == "2 addresses")
        #expect(2.of("match") == "2 matches" && 2.of("prefix") == "2 prefixes")
        #expect(UInt64(1_000).of("echo", written: "1,000") == "1,000 echoes")
        #expect(
            1.of("line", "is", "are") == "1 line is" && 2.of("line", "is", "are") == "2 lines are"
        )
    }
}

@Suite("Numbers as people read them")
struct NumberTests {
    @Test(
        "A decimal has two or three significant digits",
        arguments: [
            (0.0, "0.00"), (0.00942, "0.0094"), (0.05, "0.050"), (0.0996, "0.10"), (0.525, "0.53"),
            (1e-9, "0.0000000010"), (12.34, "12.3"), (99.96, "100"), (1_234.4, "1,234"),
            (-0.05, "-0.050"), (-1_234_567, "-1,234,567"),
        ]
    )
    func decimals(value: Double, text: String) {
        #expect(Numbers.decimal(value) == text)
    }

    @Test(
        "A time has the unit that fits it",
        arguments: [
            (0.5, "0.50 µs"), (999.4, "999 µs"), (999.6, "1.00 ms"), (2_500_000, "2.50 s"),
        ]
    )
    func times(microseconds: Double, text: String) {
        #expect(Numbers.time(microseconds: microseconds) == text)
    }

    @Test(
        "A number of bytes has the unit that fits it",
        arguments: [
            (0.0, "0 B"), (999, "999 B"), (1_500, "1.50 kB"), (-393_216, "-393 kB"),
            (2.5e9, "2.50 GB"),
        ]
    )
    func bytes(count: Double, text: String) {
        #expect(Numbers.bytes(count) == text)
    }
}
