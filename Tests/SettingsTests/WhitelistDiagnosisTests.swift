import Addresses
import CIDRTrie
import Settings
import Testing

@Suite("Warnings about a valid whitelist")
struct WhitelistDiagnosisTests {
    private func warnings(_ entries: ConfigurationNode, files: [String: String] = [:]) -> [String] {
        var whitelist: ConfigurationNode = ["mode": "specific", "entries": entries]
        if !files.isEmpty {
            let names = files.keys.sorted().map { ConfigurationNode(stringLiteral: $0) }
            whitelist = whitelist.setting("files", to: ConfigurationNode(list: names))
        }
        let root = SampleTree.public.setting("warehouses[0].whitelist", to: whitelist)
        let decoded = root.decoded(files: files)
        #expect(decoded.faults == [])
        return decoded.warnings.map { "\($0.path): \($0.message)" }
    }

    private let entries = "warehouses[0].whitelist.entries"

    @Test("In mode anywhere, entries have an effect if one of them denies")
    func anywhere() {
        func warnings(_ action: ConfigurationNode, mode: ConfigurationNode) -> [String] {
            let entries: ConfigurationNode = [
                ["cidr": "10.0.0.0/8", "action": action], ["cidr": "10.1.0.0/16"],
            ]
            return SampleTree.public
                .setting("warehouses[0].whitelist", to: ["mode": mode, "entries": entries])
                .decoded().warnings.map(\.path)
        }
        #expect(warnings("deny", mode: "anywhere") == [])
        #expect(warnings("allow", mode: "anywhere") == [entries])
        #expect(warnings("deny", mode: "nowhere") == [entries])
    }

    @Test("An entry that a wider one makes redundant is named, with the wider one")
    func redundant() {
        let found = warnings([["cidr": "10.0.0.0/8"], ["cidr": "10.1.0.0/16"]])
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("\(entries)[1].cidr: 10.1.0.0/16 is redundant") == true)
        #expect(found.first?.contains("covered by 10.0.0.0/8") == true)
        #expect(found.first?.contains("entries[0].cidr") == true)
    }

    @Test("An entry that longer prefixes cover completely is named")
    func shadowed() {
        let found = warnings([
            ["cidr": "10.0.0.0/8"],
            ["cidr": "10.0.0.0/9", "action": "deny"],
            ["cidr": "10.128.0.0/9", "action": "deny"],
        ])
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("\(entries)[0].cidr: 10.0.0.0/8 is redundant") == true)
        #expect(found.first?.contains("longer prefixes cover") == true)
    }

    @Test("An entry that denies addresses that no entry admits is named")
    func alreadyDenied() {
        let found = warnings([["cidr": "10.0.0.0/8"], ["cidr": "11.0.0.0/8", "action": "deny"]])
        #expect(found.count == 1)
        #expect(found.first?.contains("no other entry admits") == true)
    }

    @Test(
        "Halves that together cover a family admit all clients, like 0.0.0.0/0",
        arguments: [
            [["cidr": "0.0.0.0/1"], ["cidr": "128.0.0.0/1"]] as ConfigurationNode,
            [["cidr": "0.0.0.0/0"]] as ConfigurationNode,
        ]
    )
    func everybody(entries: ConfigurationNode) {
        let found = warnings(entries)
        #expect(found.count == 1)
        #expect(found.first?.contains("any IPv4 address is admitted") == true)
        #expect(found.first?.contains("does not cover IPv6") == true)
    }

    @Test(
        "Admitting all but a few addresses causes the same warning as admitting all",
        arguments: [
            ([["cidr": "0.0.0.0/0"], ["cidr": "10.0.0.1", "action": "deny"]], "nearly any IPv4"),
            (["0.0.0.0/1", "128.0.0.0 - 255.255.255.254"], "nearly any IPv4"),
            (["0.0.0.0/0", "!0.0.0.0/2"], "75% of all IPv4"),
            (["2000::/3"], "any IPv6 address"), (["::/0", "!fe80::/10"], "any IPv6 address"),
        ] as [(ConfigurationNode, String)]
    )
    func nearlyEverybody(entries: ConfigurationNode, words: String) {
        let found = warnings(entries)
        #expect(found.count == 1)
        #expect(found.first?.contains("\(words)") == true, "\(found)")
    }

    @Test("Compiled lists are considered together with the entries, including their denials")
    func compiledLists() throws {
        func image(_ text: String) throws -> [UInt8] {
            CompiledTrie(try RuleSet(CIDRList(parsing: text.utf8.span).rules)).image()
        }
        func found(_ lists: [String], entries: ConfigurationNode) throws -> [String] {
            let names = lists.indices.map { ConfigurationNode(stringLiteral: "\($0).trie") }
            let root = SampleTree.public.setting(
                "warehouses[0].whitelist",
                to: ["entries": entries, "files": ConfigurationNode(list: names)]
            )
            let files = Dictionary(
                uniqueKeysWithValues: try lists.enumerated().map { ("\($0).trie", try image($1)) }
            )
            return root.decoded(files: files).warnings.map(\.message)
        }
        let half = try found(["0.0.0.0/1"], entries: ["128.0.0.0/1"])
        #expect(half.count == 1 && half[0].hasPrefix("any IPv4 address is admitted"), "\(half)")
        let denied = try found(["0.0.0.0/1\n128.0.0.0/1", "!0.0.0.0/1\n!128.0.0.0/2"], entries: [])
        #expect(denied == [])
    }

    @Test("Both families open to all are one warning")
    func everybodyOfBoth() {
        let found = warnings([["cidr": "0.0.0.0/0"], ["cidr": "::/0"]])
        #expect(found == ["warehouses[0].whitelist: every address is admitted"])
    }

    @Test("The first redundant line of a file is named, with the number of others")
    func inFiles() {
        let found = warnings(
            [["cidr": "10.0.0.0/8"]],
            files: ["big.cidrs": "192.0.2.0/24\n10.9.0.0/16\n10.1.0.0/16\n10.2.0.0/16"]
        )
        #expect(found.count == 1)
        #expect(found.first?.contains("10.9.0.0/16 is redundant") == true)
        #expect(found.first?.contains("so are 2 others in this file") == true)
    }

    @Test("A list without errors causes no warning")
    func sound() {
        let found = warnings([
            ["cidr": "10.0.0.0/8"], ["cidr": "10.1.0.0/16", "action": "deny"],
            ["cidr": "10.1.1.0/24"], ["cidr": "2001:db8::/32"],
        ])
        #expect(found == [])
    }
}
