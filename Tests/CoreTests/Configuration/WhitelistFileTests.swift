import CIDRTrie
import Core
import Testing

@Suite("The files of a whitelist")
struct WhitelistFileTests {
    private func whitelist(
        files: ConfigurationNode,
        _ contents: [String: [UInt8]]
    ) -> (whitelist: Whitelist?, findings: [String]) {
        let root = SampleTree.public
            .setting("warehouses[0].whitelist", to: ["mode": "specific", "files": files])
        let decoded = root.decoded(files: contents)
        return (
            decoded.configuration?.warehouses[0].whitelist,
            decoded.findings.map { $0.line(in: "sluice.yaml") }
        )
    }

    private func image(_ text: String) throws -> [UInt8] {
        let list = CIDRList(parsing: Array(text.utf8).span)
        return CompiledTrie(try RuleSet(list.rules)).image()
    }

    @Test("A mapping gives a file an action and words for entries that have none")
    func mapping() throws {
        let (whitelist, findings) = whitelist(
            files: [
                "everybody.cidrs",
                ["path": "scanners.cidrs", "action": "deny", "description": "scanners"],
            ],
            [
                "everybody.cidrs": Array("10.0.0.0/8 all".utf8),
                "scanners.cidrs": Array("10.1.0.0/24\n!10.2.0.0/24 the worst".utf8),
            ]
        )
        #expect(findings == [])
        #expect(whitelist?.rules.map(\.action) == [.allow, .deny, .deny])
        #expect(whitelist?.rules.map(\.description) == ["all", "scanners", "the worst"])
    }

    @Test("A compiled list is taken as it is, beside the rules")
    func compiled() throws {
        let (whitelist, findings) = whitelist(
            files: ["big.trie", "small.cidrs"],
            ["big.trie": try image("192.0.2.0/24 lab"), "small.cidrs": Array("10.0.0.0/8".utf8)]
        )
        #expect(findings == [])
        #expect(whitelist?.rules.count == 1)
        #expect(whitelist?.lists.map { $0.rules.map(\.description) } == [["lab"]])
    }

    @Test("A damaged compiled list keeps the configuration from being served, and says what to do")
    func damaged() throws {
        var bytes = try image("192.0.2.0/24 lab")
        bytes[bytes.count - 1] ^= 1
        let (whitelist, findings) = whitelist(files: ["big.trie"], ["big.trie": bytes])
        #expect(whitelist == nil)
        #expect(findings.count == 1)
        #expect(findings.first?.contains("warehouses[0].whitelist.files[0]: the compiled") == true)
        #expect(findings.first?.contains("compile it again") == true)
    }

    @Test("A compiled list takes no action or words from the configuration")
    func compiledWithAction() throws {
        let (whitelist, findings) = whitelist(
            files: [["path": "big.trie", "action": "deny"]],
            ["big.trie": try image("192.0.2.0/24 lab")]
        )
        #expect(whitelist == nil)
        #expect(findings.first?.contains("has its own actions") == true)
    }

    @Test("A file's mapping needs a path and knows its keys")
    func keys() {
        let (whitelist, findings) = whitelist(files: [["pth": "a.cidrs"]], [:])
        #expect(whitelist == nil)
        #expect(findings.contains { $0.contains("files[0].path: missing") })
        #expect(findings.contains { $0.contains("did you mean path?") })
    }
}
