import Testing

@testable import Sockets

@Suite("A line that is typed unseen")
struct HiddenLineTests {
    private func typed(_ text: String) -> HiddenLine.Progress {
        var line = HiddenLine()
        for byte in text.utf8 {
            let progress = line.type(byte)
            if progress != .unfinished { return progress }
        }
        return .unfinished
    }

    @Test(
        "Whole characters are erased, the line is begun again, and the rest is kept",
        arguments: [
            ("secret\n", "secret"), ("secret\r", "secret"), ("a\u{7f}\u{7f}\u{8}b\n", "b"),
            ("aä漢\u{7f}\n", "aä"), ("aä\u{7f}\u{7f}b\n", "b"), ("abc\u{15}d\n", "d"), ("\n", ""),
            ("a\u{4}", "a"), ("a\tb\u{1b}\n", "a\tb\u{1b}"),
        ]
    )
    func editing(keys: String, line: String) {
        #expect(typed(keys) == .finished(Array(line.utf8)))
    }

    @Test("Who gives up has typed nothing", arguments: ["abc\u{3}", "\u{4}", "abc\u{1c}"])
    func givingUp(keys: String) {
        #expect(typed(keys) == .finished(nil))
    }

    @Test("A line has an end, even without one")
    func limit() {
        #expect(typed("abc") == .unfinished)
        let long = String(repeating: "a", count: 5_000)
        #expect(typed(long) == .finished(Array(repeating: 0x61, count: HiddenLine.byteLimit)))
        var line = HiddenLine()
        #expect(line.type(nil) == .finished(nil))
    }
}
