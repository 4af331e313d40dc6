import Foundation
import SeededRandom
import TestInputs
import Testing
import Text

@Suite("Text in logs and terminals")
struct EscapingTests {
    @Test(
        "A JSON string is read back as it was, by another implementation",
        arguments: SeededGenerator.seeds
    )
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let text = generator.hostileText()
            let json = LogText.jsonString(text)
            #expect(json.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }, "seed \(seed)")
            let value = try JSONDecoder().decode(String.self, from: Data(json.utf8))
            #expect(value == text, "seed \(seed)")
        }
    }

    @Test("Control characters are escaped by their numbers, but a line feed, quote and backslash")
    func escapes() {
        #expect(LogText.jsonString("a\nb") == #""a\nb""#)
        for code in 0..<0x20 as Range<UInt8> where code != 0x0a {
            let digits = String(code, radix: 16)
            let padded = String(repeating: "0", count: 4 - digits.count) + digits
            #expect(LogText.jsonString(String(UnicodeScalar(code))) == "\"\\u\(padded)\"")
        }
        #expect(LogText.jsonString("\u{7f}") == "\"\\u007f\"")
        #expect(LogText.jsonString("\"\\/") == "\"\\\"\\\\/\"")
        #expect(LogText.jsonString("") == "\"\"")
        #expect(LogText.jsonString("größer 😀") == "\"größer 😀\"")
    }

    @Test("In a line of text, line ends and terminal control characters become spaces")
    func harmless() {
        #expect(LogText.harmless("plain, 😀 größer") == "plain, 😀 größer")
        #expect(LogText.harmless("a\nb\r\nc\td\0e") == "a b  c d e")
        #expect(LogText.harmless("\u{1b}[2J\u{9b}31m") == " [2J 31m")
        #expect(LogText.harmless("a\u{202e}b\u{200b}c\u{2028}d\u{2029}e\u{feff}f") == "a b c d e f")
    }

    @Test("Whatever the text, the harmless form is one line", arguments: SeededGenerator.seeds)
    func oneLine(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let text = generator.hostileText()
            let harmless = LogText.harmless(text)
            #expect(harmless.unicodeScalars.count == text.unicodeScalars.count, "seed \(seed)")
            let breaks = harmless.filter(\.isNewline)
            #expect(breaks == "", "seed \(seed)")
            #expect(LogText.harmless(harmless) == harmless, "seed \(seed)")
        }
    }

    @Test("For a terminal, control characters are made visible, and nothing is lost")
    func visible() {
        let hostile = "a\u{1b}[2J\u{9b}31m\u{202e}b\r\u{7f}\tc\n😀"
        #expect(
            LogText.visible(hostile, keepsLines: true)
                == #"a\u{1b}[2J\u{9b}31m\u{202e}b\u{d}\u{7f}"# + "\tc\n😀"
        )
        #expect(
            LogText.visible("x\ny\tz", keepsLines: false) == #"x\u{a}y\u{9}z"#,
            "no text looks like a line of its own"
        )
        #expect(LogText.visible("plain", keepsLines: false) == "plain")
    }

    @Test("JSON for a terminal is the same value", arguments: SeededGenerator.seeds)
    func visibleJSON(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let text = generator.hostileText() + "\u{9b}\u{202e}\u{e0001}"
            let encoder = JSONEncoder()
            encoder.outputFormatting = .prettyPrinted
            let json = String(decoding: try encoder.encode(["key": text]), as: UTF8.self)
            let visible = LogText.visibleJSON(json)
            let lines = visible.split(separator: "\n").map(String.init)
            #expect(lines.allSatisfy { LogText.harmless($0) == $0 }, "seed \(seed)")
            let value = try JSONDecoder().decode([String: String].self, from: Data(visible.utf8))
            #expect(value == ["key": text], "seed \(seed)")
        }
    }

    @Test("A JSON string cannot control a terminal either")
    func jsonString() {
        #expect(LogText.jsonString("\u{9b}\u{202e}\u{e0001}") == #""\u009b\u202e\udb40\udc01""#)
    }
}

@Suite("Text in URLs, HTML and shells")
struct WebTextTests {
    @Test("Percent-encoding keeps unreserved characters, and decoding undoes it")
    func percent() {
        #expect("a-b._~/ ö\u{0}".percentEncoded == "a-b._~%2F%20%C3%B6%00")
        #expect("a-b._~%2F%20%C3%B6%00".percentDecoded == "a-b._~/ ö\u{0}")
        #expect("/a b?c=%20".percentEncoded(except: \.isVisible) == "/a%20b?c=%20")
    }

    @Test(
        "A percent sign without two hexadecimal digits is an error",
        arguments: ["%", "a%4", "%4g"]
    )
    func cutPercent(text: String) {
        #expect(text.percentDecoded == nil)
    }

    @Test("Escaped HTML has no special characters")
    func html() {
        #expect("<a href='x'>&\"".htmlEscaped == "&lt;a href=&#39;x&#39;&gt;&amp;&quot;")
        // With a combining mark after it, each of them is another character, but no other mark-up.
        let marked = "\"\u{301}<\u{301}&\u{301}'\u{301}>\u{301}"
        #expect(
            Array(marked.htmlEscaped.utf8)
                == Array("&quot;\u{301}&lt;\u{301}&amp;\u{301}&#39;\u{301}&gt;\u{301}".utf8)
        )
    }

    @Test("Invisible, control and direction-changing characters are shown as numbers")
    func quoted() {
        #expect(
            "a\u{1b}[2J\u{202e}b\u{a0}c\u{200b}".quoted == #""a\u{1B}[2J\u{202E}b\u{A0}c\u{200B}""#
        )
        #expect("é 漢".quoted == "\"é 漢\"")
    }

    @Test("A word that a shell would split or expand is quoted")
    func shell() {
        #expect("a/b:c@d=1,2%".shellQuoted == "a/b:c@d=1,2%")
        #expect("".shellQuoted == "''")
        #expect("it's $HOME".shellQuoted == #"'it'\''s $HOME'"#)
        // With a combining mark after it, it is another character, and still ends the word.
        #expect(Array("'\u{301}".shellQuoted.utf8) == Array("''\\''\u{301}'".utf8))
    }
}
