import Settings
import Testing

@testable import Control

@Suite("Spaces that YAML does not know")
struct ForeignSpaceTests {
    @Test(
        "A foreign space used as a space is reported with its place",
        arguments: [
            ("warehouses:\n\u{a0}\u{a0}- id: A", 2, 1), ("a:\n  - id: A\n  \u{a0} b: c", 3, 3),
            ("log:\u{a0}{ level: info }", 1, 5), ("log:\n  level\u{a0}: info", 2, 8),
            ("log:\n  level: info\u{a0}", 2, 14), ("log:\n  level:\u{a0}info", 2, 9),
            ("a:\n  -\u{a0}id: A", 2, 4), ("a:\n  -\u{a0}b", 2, 4), ("\u{a0}a: b", 1, 1),
            ("a: \u{3000}b", 1, 4), ("a: [ b,\u{2003}c ]", 1, 8), ("\u{200b}a: b", 1, 1),
            ("a:\n  b: c\n\u{202f} d: e", 3, 1), ("a: \"b\"\n\"c\"\u{a0}: d", 2, 4),
        ]
    )
    func places(yaml: String, line: Int, column: Int) {
        let fault = #expect(throws: YAMLError.self) { try YAMLReader.read(yaml) }
        let words = fault.map { "\($0)" } ?? "no error"
        #expect(fault?.position == SourcePosition(line: line, column: column), "\(words)")
        guard case .foreignSpace? = fault?.reason else {
            Issue.record("\(words)")
            return
        }
        #expect(fault?.description.contains("(U+") == true)
        #expect(fault?.description.contains("replace it with a normal space") == true)
    }

    @Test(
        "Inside text they are accepted",
        arguments: [
            "a: Bureau\u{a0}de Lyon", "a: \"\u{a0}b\u{a0}\"", "a: b # c:\u{a0}d", "'a\u{a0}b': c",
            "a: |\n  b:\u{a0}c\n", "a: 1\u{202f}000",
        ]
    )
    func text(yaml: String) throws {
        _ = try YAMLReader.read(yaml)
    }

    @Test("If quoted text with one is rejected, the message names it")
    func quoted() throws {
        let loaded = try load("log: { level: \"info\u{a0}\" }\nwarehouses: []\n")
        #expect(loaded.faults.first?.message.contains(#"found "info\u{A0}""#) == true)
    }
}
