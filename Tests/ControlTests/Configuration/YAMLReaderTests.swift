import Settings
import Testing

@testable import Control

@Suite("YAML as a configuration's source")
struct YAMLReaderTests {
    private func tree(_ yaml: String) throws -> ConfigurationNode {
        try YAMLReader.read(yaml)
    }

    private func fault(_ yaml: String) -> YAMLError? {
        #expect(throws: YAMLError.self) { try tree(yaml) }
    }

    private func node(_ content: ConfigurationNode.Content, _ line: Int, _ column: Int)
        -> ConfigurationNode
    {
        ConfigurationNode(content, at: SourcePosition(line: line, column: column))
    }

    @Test("Keys and values come with their places, and scalars as they are written")
    func places() throws {
        let tree = try tree("# comment\na:\n  - off\n  - \"1\"\nbé: 0x1F\n")
        let a = ConfigurationNode.Entry(
            key: "a",
            keyPosition: SourcePosition(line: 2, column: 1),
            value: node(.sequence([node(.scalar("off"), 3, 5), node(.scalar("1"), 4, 5)]), 3, 3)
        )
        let b = ConfigurationNode.Entry(
            key: "bé",
            keyPosition: SourcePosition(line: 5, column: 1),
            value: node(.scalar("0x1F"), 5, 5)
        )
        #expect(tree == node(.mapping([a, b]), 2, 1))
    }

    @Test(
        "A key without a value is empty, a quoted empty text is a text",
        arguments: [
            ("", ConfigurationNode.Content.empty), ("~", .empty), ("null", .empty),
            ("\"\"", .scalar("")), ("\"null\"", .scalar("null")), ("''", .scalar("")),
        ]
    )
    func empty(text: String, content: ConfigurationNode.Content) throws {
        guard case .mapping(let entries) = try tree("a: \(text)").content else {
            Issue.record("no mapping")
            return
        }
        #expect(entries.map(\.value.content) == [content])
    }

    @Test(
        "An empty file is an empty node at its beginning",
        arguments: ["", "\n\n", "# nothing\n"]
    )
    func emptyFile(yaml: String) throws {
        #expect(try tree(yaml) == node(.empty, 1, 1))
    }

    @Test("A key that is given twice is there twice, under its name and at its places")
    func duplicateKeys() throws {
        let keys = ["é: 1", "\"é\": 2", "a: { b: 1, b: 2, b: 3 }", "'é': 4"]
        let tree = try tree(keys.joined(separator: "\n"))
        guard case .mapping(let entries) = tree.content,
            case .mapping(let inner) = entries[2].value.content
        else {
            Issue.record("no mapping")
            return
        }
        #expect(entries.map(\.key) == ["é", "é", "a", "é"])
        #expect(entries.map(\.keyPosition.line) == [1, 2, 3, 4])
        #expect(inner.map(\.key) == ["b", "b", "b"])
        #expect(inner.map(\.keyPosition.column) == [6, 12, 18])
    }

    @Test("Every repeated key is kept, however many there are")
    func manyDuplicateKeys() throws {
        let yaml = (0..<20_000).map { "k\($0): 1\nk\($0): 2" }.joined(separator: "\n")
        guard case .mapping(let entries) = try tree(yaml).content else {
            Issue.record("no mapping")
            return
        }
        #expect(entries.count == 40_000)
    }

    @Test("A syntax error is one error with its place")
    func syntax() {
        #expect(fault("a: [b\nc: d")?.position == SourcePosition(line: 2, column: 2))
        #expect(fault("a: [b\nc")?.position == SourcePosition(line: 1, column: 4))
        #expect(fault("a: b\n\tc: d")?.position == SourcePosition(line: 2, column: 1))
        #expect(fault("a: *nowhere")?.position == SourcePosition(line: 1, column: 4))
        #expect(fault("a: 1\n---\nb: 2")?.position.line == 2)
        #expect(fault("é: 1\nb: \u{1}")?.position == SourcePosition(line: 2, column: 4))
        #expect(fault("[a, b]: c")?.position == SourcePosition(line: 1, column: 1))
    }

    @Test("An alias has its anchor's value, at the anchor's place")
    func alias() throws {
        guard case .mapping(let entries) = try tree("a: &x 5s\nb: *x").content else {
            Issue.record("no mapping")
            return
        }
        #expect(entries.map(\.value) == [node(.scalar("5s"), 1, 4), node(.scalar("5s"), 1, 4)])
    }

    @Test("Aliases that expand to billions of values are an error, found quickly")
    func aliasBomb() {
        let bomb = (1..<30).map { level in
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            return "a\(level): &a\(level) [\(aliases)]"
        }
        let yaml = (["a0: &a0 [x, x]"] + bomb).joined(separator: "\n")
        #expect(fault(yaml)?.reason == .tooManyValues)
    }

    @Test("Values nested too deeply are an error", arguments: [40, 900, 100_000])
    func depth(levels: Int) {
        let brackets = String(repeating: "[", count: levels)
        #expect(fault(brackets + String(repeating: "]", count: levels))?.reason == .tooDeep)
        #expect(fault(brackets)?.reason == .tooDeep)
    }

    @Test(
        "Reading stops at values nested too deeply before the stack overflows",
        arguments: ["- ", "? ", "{a: ", "[{a: [", "&a [", "a:\n "]
    )
    func endless(step: String) {
        let isIndented = step.hasSuffix("\n ")
        let yaml =
            isIndented
            ? (0..<2_000).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
            : String(repeating: step, count: 200_000)
        #expect(fault(yaml) != nil)
    }

    @Test("A chain of aliases is as deep as its value")
    func aliasChain() {
        let chain = (1..<20_000).map { "a\($0): &a\($0) [*a\($0 - 1)]\n" }
        #expect(fault("a0: &a0 [x]\n" + chain.joined())?.reason == .tooDeep)
    }

    @Test("A mapping with keys from a chain of aliases is rejected at its first alias")
    func aliasesAsKeys() {
        let levels = (1..<30).map { "a\($0): &a\($0) {? *a\($0 - 1) : x, ? [*a\($0 - 1)] : y}\n" }
        #expect(fault("a0: &a0 [x]\n" + levels.joined())?.reason == .aliasAsKey)
    }

    @Test("There are at most a million values, and those of an alias count each time")
    func values() {
        #expect(fault(String(repeating: "- a\n", count: 1_000_001))?.reason == .tooManyValues)
        let list = "- &a [" + String(repeating: "x,", count: 1_000) + "]\n"
        #expect(fault(list + String(repeating: "- *a\n", count: 1_000))?.reason == .tooManyValues)
    }

    @Test(
        "A common mistake that YAML would misread is an error that shows what to write instead",
        arguments: [
            ("a: *:9030", "0.0.0.0:9030"), ("a: [::]:9030", "write \"[::]:9030\""),
            ("{ a: [::1]:80 }", "write \"[::1]:80\""), ("a: 1\n\tb: 2", "indent with spaces"),
            ("a:9030\nb: 1", "indentation"), ("b: 1\na:9030", "a: 9030"),
            ("a: office: Lisbon", "in quotes"), ("- !10.0.0.1/32", "\"!10.0.0.1/32\""),
            ("- !10.0.0.0/8 guests", "\"!10.0.0.0/8 guests\""), ("a: [ * ]", "\"*\""),
            ("a: @b", "in quotes"), ("a: `b`", "in quotes"), ("a: %b", "in quotes"),
            ("a: \"C:\\d\"", "single quotes"), ("a: - b", "next line"),
            ("a:\n  - b\n c: d", "align"), ("a: 'b' c", "in quotes"),
            ("a: 1\n- b", "below its key"), ("a: 1\n--- \nb: 1", "one document"),
            ("a: [ ::/0 ]", "in quotes"), ("a: [fd00::]", "in quotes"), (": a", "missing key"),
            ("a: 1\n...\n%TAG ! x", "one document"), ("a: { b: c\n d: e }", "a comma or }"),
            ("%TAG !a! b\n---\na: 1", "directive"), ("&a &b c", "one anchor"),
            ("- a\nb: c", "list item"), ("a:\n - b\n c", "list item"),
            ("a: |x\n b", "after | or >"), ("[", "never closed"),
            ("a: 127.0.0.1 : 3306", "write 127.0.0.1:3306"),
            ("- a: db :3306\n  b: c : d", "in quotes"),
            ("{ a: 127.0.0.1: 3306 }", "write 127.0.0.1:3306"),
            ("a: 127.0.0.1:", "add a port: 127.0.0.1:9030"),
            ("a: { b: db : 3306, c: d }", "write db:3306"),
            ("a: 'b", "never closed"), ("a: { b: 1", "never closed"), ("a: [b}", "or ]"),
        ]
    )
    func remedies(yaml: String, words: String) {
        let found = fault(yaml).map { "\($0)" } ?? ""
        #expect(found.contains(words), "\(found)")
        #expect(!found.contains("\n"))
    }

    @Test(
        "Scalars in quotes and in blocks are folded as YAML says",
        arguments: [
            ("\"a\\tb\\u00e9\\x41\"", "a\tbéA"), ("'it''s'", "it's"),
            ("\"a\n  b\n\n  c\"", "a b\nc"),
            ("\"a\\\n  b\"", "ab"), ("\"a\\\n\n  b\"", "a\nb"),
            ("|\n  a\n   b\n\n  c\n", "a\n b\n\nc\n"),
            (">-\n  a\n  b\n\n  c\n", "a b\nc"), ("|+\n  a\n\n", "a\n\n"), ("|2\n   a", " a"),
            ("a\n  b\n\n  c", "a b\nc"), ("a#b # c", "a#b"), ("http://x:80/", "http://x:80/"),
            ("!!str 5", "5"), ("! null", "null"), ("::/0", "::/0"),
        ]
    )
    func scalars(yaml: String, text: String) throws {
        guard case .mapping(let entries) = try tree("k: \(yaml)").content else {
            Issue.record("no mapping")
            return
        }
        #expect(entries.map(\.value.content) == [.scalar(text)])
    }

    @Test("Carriage returns end lines, alone and before line feeds")
    func carriageReturns() throws {
        #expect(try tree("a: 1\rb:\r\n- 2\r") == tree("a: 1\nb:\n- 2\n"))
    }

    @Test(
        "A terminal control character or an ambiguous line end is an error",
        arguments: ["\u{0}", "\u{1b}", "\u{7f}", "\u{85}", "\u{9b}", "\u{2028}", "\u{FEFF}"]
    )
    func characters(character: String) {
        let found = fault("a: 1\nb: x\(character)y")
        #expect(found?.position == SourcePosition(line: 2, column: 5))
    }
}
