import Core
import Testing

@testable import Control

@Suite("YAML as a configuration's source")
struct YAMLTests {
    private func tree(_ yaml: String) throws -> ConfigurationNode {
        var text = YAMLText(yaml)
        return try text.tree()
    }

    private func fault(_ yaml: String) -> YAMLFault? {
        #expect(throws: YAMLFault.self) { try tree(yaml) }
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

    @Test("So many repeated keys that reading would take long end it with the first that is left")
    func manyDuplicateKeys() {
        let yaml = (0..<100).map { "k\($0): 1\nk\($0): 2" }.joined(separator: "\n")
        #expect(fault(yaml)?.message.contains("is given twice") == true)
    }

    @Test("A syntax error is one fault with its place")
    func syntax() {
        #expect(fault("a: [b\nc: d")?.position == SourcePosition(line: 2, column: 2))
        #expect(fault("a: b\n\tc: d")?.position?.line == 2)
        #expect(fault("a: *nowhere")?.position == SourcePosition(line: 1, column: 4))
        #expect(fault("a: 1\n---\nb: 2")?.position?.line == 2)
        #expect(fault("é: 1\nb: \u{1}")?.position == SourcePosition(line: 2, column: 4))
        #expect(fault("[a, b]: c")?.position == SourcePosition(line: 1, column: 1))
    }

    @Test("An alias stands for its anchor's value, at the anchor's place")
    func alias() throws {
        guard case .mapping(let entries) = try tree("a: &x 5s\nb: *x").content else {
            Issue.record("no mapping")
            return
        }
        #expect(entries.map(\.value) == [node(.scalar("5s"), 1, 4), node(.scalar("5s"), 1, 4)])
    }

    @Test("Aliases of aliases that stand for billions of values are a fault, and soon")
    func aliasBomb() {
        let bomb = (1..<30).map { level in
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            return "a\(level): &a\(level) [\(aliases)]"
        }
        let yaml = (["a0: &a0 [x, x]"] + bomb).joined(separator: "\n")
        #expect(fault(yaml)?.message.contains("more values") == true)
    }

    @Test("Values nested too deep are a fault", arguments: [40, 900, 100_000])
    func depth(levels: Int) {
        let brackets = String(repeating: "[", count: levels)
        #expect(fault(brackets + String(repeating: "]", count: levels)) != nil)
        #expect(fault(brackets) != nil)
    }
}
