import Core
import Testing

@testable import Control

/// Small, fast and the same everywhere (Steele, Lea, Flood 2014), so that a seed repeats a run.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

@Suite("Configurations damaged at random")
struct MutationTests {
    /// What does most harm to YAML and to the values in it.
    private static let fragments = [
        "", " ", "\n", "\t", ":", ": ", "- ", "[", "]", "{", "}", ",", "\"", "'", "#", "&a ", "*a",
        "!!str ", "? ", "|\n", ">\n", "---\n", "...\n", "%YAML 1.2\n", "~", "-1", "0", "0s",
        "99999999999999999999", "9223372036854775807d", "::/0", "0.0.0.0/0", "/", "é", "\u{0}",
        "\u{E000}", "\u{2028}", "\r", "null", "<<: ", "warehouses:\n", "true",
    ]

    @Test("Whatever is put in, removed or moved, the answer is findings or a configuration")
    func mutations() throws {
        let seed = UInt64.random(in: .min ... .max)
        print("seed of the damaged configurations: \(seed)")
        var random = SplitMix64(state: seed)
        let folder = try TemporaryFolder(["office.cidrs": "198.51.100.0/24 branch\n"])
        for _ in 0..<2_000 {
            let text = Self.damaged(designExample, with: &random)
            let loaded = testLoader.decode(text, from: folder.path(of: "sluice.yaml"))
            #expect((loaded.configuration == nil) == !loaded.faults.isEmpty, "seed \(seed)")
            for finding in loaded.findings {
                #expect(!finding.line(in: "f").contains("\n"), "seed \(seed)")
            }
        }
    }

    private static func damaged(
        _ text: String,
        with random: inout SplitMix64
    ) -> String {
        var scalars = Array(text.unicodeScalars)
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let start = Int.random(in: 0...scalars.count, using: &random)
            let length = Int.random(in: 0...12, using: &random)
            let end = min(start + length, scalars.count)
            let fragment = fragments.randomElement(using: &random) ?? ""
            scalars.replaceSubrange(start..<end, with: fragment.unicodeScalars)
        }
        return String(String.UnicodeScalarView(scalars))
    }
}
