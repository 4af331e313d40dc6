import Foundation
import SeededRandom
import Settings
import Testing

@testable import Control

/// Ways to damage a text that people have thought of, or typed.
private struct Damage {
    /// What does most harm to YAML and to the values in it.
    private static let fragments = [
        "", " ", "\n", "\t", ":", ": ", "- ", "[", "]", "{", "}", ",", "\"", "'", "#", "&a ", "*a",
        "!!str ", "? ", "|\n", "---\n", "...\n", "%YAML 1.2\n", "\u{0}", "\u{2028}", "\r", "<<: ",
    ]
    /// What is sound YAML, and wrong or at a limit as a value.
    private static let words = [
        "~", "-1", "0", "0s", "99999999999999999999", "9223372036854775807d", "8191PiB", "::/0",
        "0.0.0.0/0", "203.0.113.0/33", "/", "é", "\u{E000}", "null", "true", "off", "v2", "[]",
        "{}", "0.0.0.0:0", "127.0.0.1:9030", "private", "azure", "9999-12-31T23:59:60Z", "*",
        "{a: b}", "[[[]]]", "cidr", "listen", "warehouses",
    ]

    var random: SeededGenerator

    mutating func damaged(_ text: String) -> String {
        (0..<Int.random(in: 1...4, using: &random)).reduce(text) { text, _ in
            switch Int.random(in: 0..<8, using: &random) {
            case 0: cut(text)
            case 1, 2: rearranged(text)
            default: reworded(text)
            }
        }
    }

    /// Some characters, anywhere, give way to a fragment.
    private mutating func cut(_ text: String) -> String {
        var scalars = Array(text.unicodeScalars)
        let start = Int.random(in: 0...scalars.count, using: &random)
        let end = min(start + Int.random(in: 0...12, using: &random), scalars.count)
        let fragment = Self.fragments.randomElement(using: &random) ?? ""
        scalars.replaceSubrange(start..<end, with: fragment.unicodeScalars)
        return String(String.UnicodeScalarView(scalars))
    }

    /// A line goes, comes twice, or moves.
    private mutating func rearranged(_ text: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let line = lines.remove(at: Int.random(in: 0..<lines.count, using: &random))
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            lines.insert(line, at: Int.random(in: 0...lines.count, using: &random))
        }
        return lines.joined(separator: "\n")
    }

    /// A key or a value gives way to a word.
    private mutating func reworded(_ text: String) -> String {
        let isWord = { (character: Character) in character.isLetter || character.isNumber }
        guard let start = text.indices.filter({ isWord(text[$0]) }).randomElement(using: &random)
        else { return text }
        let end = text[start...].firstIndex { !isWord($0) && $0 != "." && $0 != "/" }
        let word = Self.words.randomElement(using: &random) ?? ""
        return text.replacingCharacters(in: start..<(end ?? text.endIndex), with: word)
    }
}

@Suite("Configurations damaged at random")
struct MutationTests {
    @Test("Whatever is inserted, removed or moved, the result is findings or a configuration")
    func mutations() throws {
        let seed = UInt64.random(in: .min ... .max)
        print("seed of the damaged configurations: \(seed)")
        var damage = Damage(random: SeededGenerator(seed: seed))
        let folder = try TemporaryFolder(["office.cidrs": "198.51.100.0/24 branch\n"])
        for _ in 0..<2_000 {
            let text = damage.damaged(designExample)
            let loaded = testLoader.decode(text, from: folder.path(of: "sluice.yaml"))
            #expect((loaded.configuration == nil) == !loaded.faults.isEmpty, "seed \(seed)")
            for finding in loaded.findings {
                #expect(!finding.line(in: "f").contains("\n"), "seed \(seed)")
            }
        }
    }
}
