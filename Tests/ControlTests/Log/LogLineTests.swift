import Foundation
import Logging
import Settings
import Testing

@testable import Control

@Suite("A line of the gateway's own log")
struct LogLineTests {
    private func line(
        _ message: String,
        _ fields: [(key: String, value: String)] = [],
        as format: LogSettings.Format = .text
    ) -> String {
        let moment = Date(timeIntervalSince1970: 1_795_428_000.125)
        let line = LogLine(moment: moment, level: "warning", message: message, fields: fields)
        return String(decoding: line.bytes(format), as: UTF8.self)
    }

    @Test("As text it is time, level, message and fields")
    func text() {
        let expected = "2026-11-23T10:00:00.125000Z warning listening a=1 b=two words\n"
        #expect(line("listening", [("a", "1"), ("b", "two words")]) == expected)
    }

    @Test("As JSON it is an object of strings")
    func json() {
        let expected = """
            {"time":"2026-11-23T10:00:00.125000Z","level":"warning","message":"say \\"hi\\"","a":"1"}

            """
        #expect(line("say \"hi\"", [("a", "1")], as: .json) == expected)
    }

    @Test("A message of several lines becomes one, without terminal control characters")
    func hostile() {
        let words = "one\ntwo\r\nthree\u{1b}[31m\u{2028}four\0"
        for format in LogSettings.Format.allCases {
            let text = line(words, [("key", words)], as: format)
            #expect(text.utf8.count { $0 == UInt8(ascii: "\n") } == 1)
            #expect(text.hasSuffix("\n"))
            #expect(text.utf8.count { $0 < 0x20 } == 1, "\(format)")
        }
        #expect(!line(words).unicodeScalars.contains("\u{2028}"))
    }

    @Test("Levels of the configuration are levels of the log, most verbose first")
    func levels() {
        let levels = LogSettings.Level.allCases.map { Logger.Level($0) }
        #expect(levels == [.trace, .debug, .info, .notice, .warning, .error])
    }
}
