import Core
import SeededRandom
import Testing
import Yams

/// Two readers that know nothing of each other: ours and libyaml, by way of Yams.
@Suite("YAML, read side by side with libyaml")
struct YAMLComparisonTests {
    private static let samples = [
        """
        # comment
        a: 1
        b:
        - x
        - y: z
          w: |
            literal
             more

          v: >-
            folded
            text

            paragraph
        c: {d: [e, 'f''g', "h\\n\\u00e9"], i: }
        """,
        """
        - &x a
        - *x
        - - b
          - c
        -
          - d
        - ? k
          : v
        - !!str 5
        - "several
          lines

          more"
        - plain
          text

          line # comment
        """,
        """
        a: b
         c

         d
        e: 'x
          y'
        f: &a
          g: h
        i: *a
        j: [a, b
        , c]
        k: {x: 1,
         y: 2}
        """,
        """
        warehouses:
          - id: A
            whitelist: { entries: [ { cidr: 10.0.0.0/8 }, 192.0.2.0/24 ] }
            listeners:
              - { protocol: mysql, listen: 0.0.0.0:9030, backends: [ db:3306 ] }
        """,
    ]

    private static let fragments = [
        "", " ", "\n", ":", ": ", "- ", "[", "]", "{", "}", ",", "\"", "'", "#", " # c", "&b ",
        "*x", "!!str ", "? ", "|\n", ">-\n", "---\n", "...\n", "\r", "\\", "  ", "\n  ", "\n\n",
        "x", "~", "null", "''", "%", "@", "a: b", "\n- ", "é", "|2", "[::]:9030",
    ]

    private static func damaged(
        _ text: String,
        _ random: inout SeededGenerator
    ) -> String {
        var scalars = Array(text.unicodeScalars)
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            let start = Int.random(in: 0...scalars.count, using: &random)
            let removed = [0, 0, 0, 1, 2, 9].randomElement(using: &random) ?? 0
            let fragment = fragments.randomElement(using: &random) ?? ""
            let end = min(start + removed, scalars.count)
            scalars.replaceSubrange(start..<end, with: fragment.unicodeScalars)
        }
        return String(String.UnicodeScalarView(scalars))
    }

    @Test("What both read, they read alike, with the same places")
    func comparison() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        var alike = 0
        for _ in 0..<4_000 {
            let sample = Self.samples.randomElement(using: &random) ?? ""
            let text = Self.damaged(sample, &random)
            // `try?`: what one of the two refuses says nothing here; refusals have their own tests.
            guard let ours = try? YAMLReader.read(text),
                let root = try? Yams.compose(yaml: text, .basic),
                let theirs = Self.outline(root)
            else { continue }
            #expect(Self.outline(ours) == theirs, "seed \(seed): \(text.debugDescription)")
            alike += 1
        }
        #expect(alike > 800, "seed \(seed)")
    }

    @Test("Of the samples nothing is refused")
    func samples() throws {
        for sample in Self.samples {
            let root = try #require(try Yams.compose(yaml: sample, .basic))
            #expect(Self.outline(try YAMLReader.read(sample)) == Self.outline(root))
        }
    }

    /// Which of them are null is a matter of tags, and has tests of its own.
    private static let nulls = ["", "~", "null", "Null", "NULL"]

    /// A tree with its places; those of empty nodes are a convention, and left out.
    private static func outline(_ node: ConfigurationNode) -> String {
        let place = "@\(node.position.line):\(node.position.column)"
        switch node.content {
        case .empty: return "null"
        case .scalar(let text): return nulls.contains(text) ? "null" : text.debugDescription + place
        case .sequence(let elements):
            return "[\(elements.map(outline).joined(separator: ","))]" + place
        case .mapping(let entries):
            let pairs = entries.map { entry in
                let position = entry.keyPosition
                return entry.key.debugDescription
                    + "@\(position.line):\(position.column):" + outline(entry.value)
            }
            return "{\(pairs.joined(separator: ","))}" + place
        }
    }

    /// `nil` for what only libyaml takes for a configuration: collections as keys.
    private static func outline(_ node: Node) -> String? {
        let place = node.mark.map { "@\($0.line):\($0.column)" } ?? ""
        switch node {
        case .scalar(let scalar):
            return nulls.contains(scalar.string)
                ? "null" : scalar.string.debugDescription + place
        case .sequence(let sequence):
            let elements = sequence.compactMap(outline)
            guard elements.count == sequence.count else { return nil }
            return "[\(elements.joined(separator: ","))]" + place
        case .mapping(let mapping):
            let pairs = mapping.compactMap { key, value -> String? in
                guard case .scalar(let name) = key, let mark = key.mark,
                    let value = outline(value)
                else { return nil }
                return "\(name.string.debugDescription)@\(mark.line):\(mark.column):\(value)"
            }
            guard pairs.count == mapping.count else { return nil }
            return "{\(pairs.joined(separator: ","))}" + place
        case .alias:
            return nil
        }
    }
}
