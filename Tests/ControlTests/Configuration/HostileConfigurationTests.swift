import Foundation
import Testing

@testable import Control

/// Files that are meant to take the loader's time, its memory or its stack.
@Suite("Malicious configurations")
struct HostileConfigurationTests {
    private static let size = 512 << 10

    private static func filled(_ piece: String) -> String {
        String(repeating: piece, count: size / piece.utf8.count)
    }

    private static func numbered(_ line: (Int) -> String) -> String {
        (0..<10_000).map(line).joined()
    }

    private static let texts: [String: @Sendable () -> String] = [
        "keys given twice": { numbered { "k\($0): 1\nk\($0): 2\n" } },
        "one key, again and again": { filled("policy: file\n") },
        "aliases of aliases": {
            "a0: &a0 [x]\n" + numbered { "a\($0 + 1): &a\($0 + 1) [*a\($0)]\n" }
        },
        "aliases as keys": {
            "a0: &a0 [x]\n" + (1..<40).map { "a\($0): &a\($0) {? *a\($0 - 1) : 1}\n" }.joined()
        },
        "brackets": { filled("[") },
        "dashes": { filled("- ") },
        "question marks": { filled("? ") },
        "quotes": { filled("\"a\n") },
        "line ends": { "a: b" + filled("\n") },
        "a literal of many lines": { "state: |\n" + filled(" x\n") },
        "unknown keys": { "warehouses: []\n" + numbered { "lisen\($0): 1\n" } },
        "faulty entries": {
            "warehouses:\n- id: A\n  whitelist:\n    entries:\n" + filled("    - x\n")
        },
        "listeners on one port": {
            "warehouses:\n- id: A\n  whitelist: { mode: nowhere }\n  listeners:\n"
                + numbered {
                    "  - { protocol: tcp, listen: 127.\($0 >> 16).\($0 >> 8 & 255).\($0 & 255):99,"
                        + " backends: [ a:1 ] }\n"
                }
        },
        "endpoints without their service": {
            "warehouses:\n- id: A\n  endpointServices:\n"
                + numbered { "  - { id: s\($0), cloud: embedded, region: x }\n" }
                + "  endpoints:\n"
                + numbered { "  - { id: e\($0), cloud: embedded, service: t\($0) }\n" }
        },
    ]

    @Test("Each results in findings", arguments: texts.keys.sorted())
    func harmless(name: String) throws {
        let text = try #require(Self.texts[name]?())
        let loaded = testLoader.decode(text, from: "/nowhere/sluice.yaml")
        #expect((loaded.configuration == nil) == !loaded.faults.isEmpty)
        #expect(loaded.findings.count <= 1_001)
        #expect(loaded.lines.allSatisfy { !$0.contains("\n") })
    }
}
