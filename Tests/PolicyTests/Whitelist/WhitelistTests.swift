import Addresses
import CIDRTrie
import Configurations
import Policy
import SeededRandom
import Testing
import Time

@Suite("A whitelist of several lists")
struct WhitelistTests {
    private let now = UnixTime(seconds: 1_795_428_000)

    private func rules(_ text: String) -> [Rule] {
        Array(CIDRList(parsing: Array(text.utf8).span).rules)
    }

    private func action(_ address: String, rules text: String, lists: [String]) throws -> Action {
        let lists = try lists.map { CompiledTrie(try RuleSet(rules($0))) }
        let whitelist = Whitelist(mode: .specific, rules: rules(text), lists: lists)
        return try whitelist.match(for: IPAddress(parsing: address), at: now)?.action ?? .deny
    }

    @Test("The longest prefix decides, whichever list it is in")
    func longest() throws {
        let lists = ["!10.1.0.0/16", "10.1.1.0/24 lab"]
        #expect(try action("10.1.1.1", rules: "10.0.0.0/8", lists: lists) == .allow)
        #expect(try action("10.1.2.1", rules: "10.0.0.0/8", lists: lists) == .deny)
        #expect(try action("10.2.0.1", rules: "10.0.0.0/8", lists: lists) == .allow)
        let whitelist = Whitelist(
            mode: .specific,
            rules: rules("10.0.0.0/8"),
            lists: try lists.map { CompiledTrie(try RuleSet(rules($0))) }
        )
        let address = try IPAddress(parsing: "10.1.1.1")
        let match = try #require(whitelist.match(for: address, at: now))
        #expect(whitelist.description(of: match) == "lab")
    }

    @Test("If two lists disagree about a block, the one that denies decides, in either order")
    func tie() throws {
        let (allow, deny) = ("10.0.0.0/8", "!10.0.0.0/8")
        #expect(try action("10.0.0.1", rules: allow, lists: [deny]) == .deny)
        #expect(try action("10.0.0.1", rules: deny, lists: [allow]) == .deny)
        #expect(try action("10.0.0.1", rules: "", lists: [allow, deny]) == .deny)
    }

    @Test("An address in no list is denied, and without any list no client is admitted")
    func unmatched() throws {
        #expect(try action("11.0.0.1", rules: "10.0.0.0/8", lists: ["12.0.0.0/8"]) == .deny)
        #expect(try action("11.0.0.1", rules: "", lists: []) == .deny)
        #expect(try action("12.0.0.1", rules: "", lists: ["12.0.0.0/8"]) == .allow)
    }

    @Test("Several lists decide like one list with all their rules")
    func asOne() throws {
        var generator = SeededGenerator(seed: 47)
        for _ in 0..<200 {
            let blocks = try Set((0..<12).map { _ in try CIDRBlock.random(using: &generator) })
            let all = blocks.map {
                Rule(block: $0, action: Bool.random(using: &generator) ? .allow : .deny)
            }
            let parts = (0..<3).map { part in all.enumerated().filter { $0.offset % 3 == part } }
                .map { $0.map(\.element) }
            let one = CompiledTrie(try RuleSet(all))
            let several = Whitelist(
                mode: .specific,
                rules: parts[0],
                lists: try parts.dropFirst().map { CompiledTrie(try RuleSet($0)) }
            )
            for bits in UInt32(0)..<256 {
                let address = IPAddress.v4(IPv4Address(bits: 10 << 24 | bits))
                let expected = one.decision(for: address, at: now).rule
                let match = several.match(for: address, at: now)
                #expect(match?.block == expected?.block && match?.action == expected?.action)
            }
        }
    }
}

extension CIDRBlock {
    /// One of the blocks inside 10.0.0.0/24.
    fileprivate static func random(using generator: inout SeededGenerator) throws -> CIDRBlock {
        let length = UInt8.random(in: 24...32, using: &generator)
        let bits = UInt32.random(in: 0..<256, using: &generator)
        let address = IPAddress.v4(IPv4Address(bits: 10 << 24 | bits))
        return CIDRBlock(containing: address, prefixLength: length)
    }
}
