import Testing
import Text

@testable import Settings
@testable import Text
@testable import Traffic

@Suite("Scalars of a configuration file")
struct ScalarTests {
    @Test(
        "A duration is a sum of whole amounts with units, the largest first",
        arguments: [
            ("5s", Duration.seconds(5)), ("200ms", .milliseconds(200)), ("9h", .seconds(32_400)),
            ("1h30m", .seconds(5_400)), ("2d", .seconds(172_800)), ("0s", .zero),
            ("1m1s1ms", .milliseconds(61_001)),
        ]
    )
    func duration(text: String, expected: Duration) throws {
        #expect(try Duration(configurationText: text) == expected)
    }

    @Test(
        "An invalid duration is rejected with the expected form",
        arguments: [
            "", "5", "s", "5 s", "-5s", "+5s", "1.5s", "5sec", "30m1h", "1s1s", "5S", "٣s",
            "9223372036854775807d", "99999999999999999999s", "9223372036854775807ms1s",
        ]
    )
    func noDuration(text: String) {
        #expect(throws: ScalarError.self) { try Duration(configurationText: text) }
    }

    @Test("For a duration without a unit, the unit is suggested")
    func bareDuration() {
        let fault = #expect(throws: ScalarError.self) { try Duration(configurationText: "30") }
        #expect(fault?.remedy == "add a unit: 30s")
    }

    @Test(
        "A duration is shown in the form in which it is written",
        arguments: ["9h", "1h30m", "5s", "200ms", "0s", "365d", "1d1ms"]
    )
    func durationText(text: String) throws {
        #expect(try Duration(configurationText: text).configurationText == text)
    }

    @Test(
        "A size is a whole number with a binary unit",
        arguments: [("64KiB", 65_536), ("1MiB", 1_048_576), ("4096B", 4_096), ("1KiB1B", 1_025)]
    )
    func size(text: String, bytes: Int) throws {
        #expect(try ByteCount(configurationText: text).bytes == bytes)
    }

    @Test(
        "An invalid size is rejected, decimal units too",
        arguments: ["", "64", "64KB", "64kib", "-1KiB", "1.5MiB", "9223372036854775807GiB"]
    )
    func noSize(text: String) {
        #expect(throws: ScalarError.self) { try ByteCount(configurationText: text) }
    }

    @Test(
        "A backend is an address or a host name, and a port",
        arguments: [
            "127.0.0.1:3306", "[2001:db8::1]:3306", "fe-1.warehouse.internal:9030",
            "doris_fe:9030", "localhost:1", "db.internal.:9030",
        ]
    )
    func backend(text: String) throws {
        #expect(try BackendAddress(configurationText: text).description == text)
    }

    @Test(
        "An invalid backend is rejected",
        arguments: [
            "", "fe-1", ":3306", "fe-1:", "fe-1:0", "fe-1:65536", "fe-1:+80", "127.0.0.1",
            "127.0.0.300:80", "2001:db8::1:3306", "a:b:80", "-fe:80", "fe..internal:80",
            "fe 1:80", "[::1]", "10.0.0.1:0", "db..:80",
        ]
    )
    func noBackend(text: String) {
        #expect(throws: ScalarError.self) { try BackendAddress(configurationText: text) }
    }

    @Test("Free text is one line of at most 1024 bytes")
    func freeText() throws {
        #expect(try String(configurationText: "Büro, 2. Stock") == "Büro, 2. Stock")
        #expect(throws: ScalarError.self) { try String(configurationText: "a\nb") }
        #expect(throws: ScalarError.self) { try String(configurationText: "a\u{1b}[2J") }
        #expect(throws: ScalarError.self) {
            try String(configurationText: String(repeating: "a", count: 1_025))
        }
    }

    @Test("A text in a message is quoted, on one line, and cut")
    func quoting() {
        #expect("a\"b\n".quoted == #""a\"b\n""#)
        #expect(String(repeating: "a", count: 100).quoted.count == 67)
    }
}

@Suite("Suggestions for mistyped words")
struct SuggestionTests {
    static let keys = ["listen", "link", "backends", "proxyProtocol", "reject"]

    @Test(
        "For a word that is one typo away from a known one, that one is suggested",
        arguments: [
            ("lisen", "listen"), ("listenn", "listen"), ("lsiten", "listen"), ("Listen", "listen"),
            ("backend", "backends"), ("proxy-protocol", "proxyProtocol"), ("lonk", "link"),
        ]
    )
    func close(word: String, expected: String) {
        #expect(Suggestion.closest(to: word, among: Self.keys) == expected)
    }

    @Test(
        "For a word that resembles none, nothing is suggested",
        arguments: ["", "whitelist", "x", "tls", String(repeating: "listen", count: 100)]
    )
    func far(word: String) {
        #expect(Suggestion.closest(to: word, among: Self.keys) == nil)
    }
}
