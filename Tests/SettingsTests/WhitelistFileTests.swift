import Addresses
import CIDRTrie
import Policy
import Settings
import Testing
import Time

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
            decoded.configuration?.policy["AWVA7CM7"].whitelist,
            decoded.findings.map { $0.line(in: "sluice.yaml") }
        )
    }

    private func image(_ text: String) throws -> [UInt8] {
        let list = CIDRList(parsing: Array(text.utf8).span)
        return CompiledTrie(try RuleSet(list.rules)).image()
    }

    @Test("Entries are written as in a list file, or with keys")
    func entries() {
        let entries: ConfigurationNode = [
            "10.0.0.0/8", "192.0.2.7 one address", "!10.1.0.0 - 10.1.0.255 quarantine",
            ["cidr": "127.0.0.1"], ["cidr": "10.2.0.0–10.2.0.255", "action": "deny"],
        ]
        let decoded = SampleTree.public.setting("warehouses[0].whitelist.entries", to: entries)
            .decoded()
        #expect(decoded.findings == [])
        let rules = decoded.configuration?.policy["AWVA7CM7"].whitelist.rules ?? []
        #expect(
            rules.map { "\($0.action) \($0.block) \($0.description)" } == [
                "allow 10.0.0.0/8 ", "allow 192.0.2.7/32 one address",
                "deny 10.1.0.0/24 quarantine", "allow 127.0.0.1/32 ", "deny 10.2.0.0/24 ",
            ]
        )
    }

    @Test("Rules are counted over all whitelists, before they fill the memory")
    func ruleLimit() {
        let range = "::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe\n"
        let files = ["a": Array(range.utf8), "b": Array(range.utf8)]
        let tree = SampleTree.public.setting("warehouses[0].whitelist.files", to: ["a", "b"])
        let now = UnixTime(seconds: 1_767_225_600)
        let decoder = ConfigurationDecoder(now: now, ruleLimit: 300) {
            (path, _) throws(UnreadableFile) in
            .content(files[path] ?? [], nil)
        }
        #expect(decoder.decode(tree).faults.map(\.path) == ["warehouses[0].whitelist.files[1]"])
        #expect(decoder.decode(tree).faults[0].message == "more than 300 whitelist rules")
    }

    @Test("A mapping gives a file an action, and a description for entries without one")
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

    @Test("A compiled list is used unchanged, next to the rules")
    func compiled() throws {
        let (whitelist, findings) = whitelist(
            files: ["big.trie", "small.cidrs"],
            ["big.trie": try image("192.0.2.0/24 lab"), "small.cidrs": Array("10.0.0.0/8".utf8)]
        )
        #expect(findings == [])
        #expect(whitelist?.lists.map(\.name) == [.file("big.trie"), .file("small.cidrs")])
        #expect(whitelist?.rules.map(\.description) == ["lab", ""])
    }

    @Test("A damaged compiled list makes the configuration invalid, with a remedy")
    func damaged() throws {
        var bytes = try image("192.0.2.0/24 lab")
        bytes[bytes.count - 1] ^= 1
        let (whitelist, findings) = whitelist(files: ["big.trie"], ["big.trie": bytes])
        #expect(whitelist == nil)
        #expect(findings.count == 1)
        #expect(findings.first?.contains("warehouses[0].whitelist.files[0]: the compiled") == true)
        #expect(findings.first?.contains("compile it again") == true)
    }

    @Test("A compiled list gets no action or description from the configuration")
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
        #expect(findings.count == 1 && findings[0].contains("did you mean path?"))
        let missing = self.whitelist(files: [["format": "cidrs"]], [:])
        #expect(missing.findings.contains { $0.contains("files[0].path: missing") })
    }

    @Test("A description of a file that looks like an expiry causes a warning")
    func describedExpiry() {
        let described = whitelist(
            files: [["path": "a.cidrs", "description": "until 2027-01-01"]],
            ["a.cidrs": Array("10.0.0.0/8\n".utf8)]
        )
        #expect(described.whitelist != nil)
        #expect(described.findings.count == 1)
        #expect(described.findings.first?.contains("looks like an expiry") == true)
    }

    private static let awsFeed = """
        { "syncToken": "1", "prefixes": [
          { "ip_prefix": "3.5.140.0/22", "region": "eu-west-1", "service": "EC2" },
          { "ip_prefix": "3.4.12.4/32", "region": "eu-west-1", "service": "AMAZON" },
          { "ip_prefix": "3.9.0.0/16", "region": "us-east-1", "service": "EC2" } ] }
        """

    @Test("A cloud's list is recognized by its content, and filtered")
    func feed() {
        let (whitelist, findings) = whitelist(
            files: [["path": "aws.json", "services": ["ec2"], "regions": ["eu-west-1"]]],
            ["aws.json": Array(Self.awsFeed.utf8)]
        )
        #expect(findings == [])
        #expect(whitelist?.rules.map(\.block.description) == ["3.5.140.0/22"])
        #expect(whitelist?.rules.map(\.description) == ["EC2 eu-west-1"])
    }

    @Test(
        "Services that are not in the chosen regions cause a warning: the list would admit no client"
    )
    func filteredOut() {
        let (whitelist, findings) = whitelist(
            files: [["path": "aws.json", "services": ["AMAZON"], "regions": ["us-east-1"]]],
            ["aws.json": Array(Self.awsFeed.utf8)]
        )
        #expect(whitelist?.rules == [])
        #expect(findings.count == 1)
        #expect(findings.first?.contains("both one of these services and one of") == true)
    }

    @Test("An unknown value in a filter causes a warning with a suggestion")
    func unmatchedFilter() {
        let (whitelist, findings) = whitelist(
            files: [["path": "aws.json", "regions": ["eu-west-2", "us-east-1"]]],
            ["aws.json": Array(Self.awsFeed.utf8)]
        )
        #expect(whitelist?.rules.count == 1)
        #expect(findings.count == 1)
        #expect(findings.first?.contains("has the region \"eu-west-2\"") == true)
        #expect(findings.first?.contains("did you mean eu-west-1?") == true)
    }

    @Test("An error in a cloud's list names the entry by its path in the file")
    func invalidFeed() {
        let text = Self.awsFeed.replacing("3.9.0.0/16", with: "3.9.0.1/16")
        let (whitelist, findings) = whitelist(
            files: ["aws.json"],
            ["aws.json": Array(text.utf8)]
        )
        #expect(whitelist == nil)
        #expect(findings.count == 1)
        #expect(findings.first?.hasPrefix("aws.json: error: ") == true)
        #expect(findings.first?.contains("prefixes[2].ip_prefix: \"3.9.0.1/16\": ") == true)
    }

    @Test("A block that a cloud's list allows and another file denies is named by its path, too")
    func contradictedFeed() {
        let files = [
            "aws.json": Array(Self.awsFeed.utf8), "denied": Array("# one\n!3.9.0.0/16".utf8),
        ]
        let first = whitelist(files: ["aws.json", "denied"], files).findings
        #expect(first.count == 1 && first[0].hasPrefix("denied:2:1: error: "))
        #expect(first[0].contains("(see aws.json: prefixes[2].ip_prefix"))
        let last = whitelist(files: ["denied", "aws.json"], files).findings
        #expect(last.count == 1 && last[0].hasPrefix("aws.json: error: "))
        #expect(last[0].contains("prefixes[2].ip_prefix: 3.9.0.0/16 is both allowed and denied"))
        #expect(last[0].contains("(see denied:2)"))
    }

    @Test("A file must have the form that the configuration declares")
    func format() {
        let (aws, awsFindings) = whitelist(
            files: [["path": "list", "format": "aws"]],
            ["list": Array("10.0.0.0/8".utf8)]
        )
        #expect(aws == nil && awsFindings.first?.contains("invalid JSON") == true)
        let (text, findings) = whitelist(
            files: [["path": "list", "services": ["EC2"]]],
            ["list": Array("10.0.0.0/8".utf8)]
        )
        #expect(text == nil)
        #expect(findings.first?.contains("no services or regions") == true)
        let (_, unknown) = whitelist(files: [["path": "list", "format": "awss"]], ["list": []])
        #expect(unknown.first?.contains("cidrs, aws, azure, google or image") == true)
    }
}

extension Whitelist {
    fileprivate var rules: [Rule] { lists.flatMap { Array($0.trie.rules) } }
}
