import Addresses
import Testing
import Time

@testable import CIDRTrie

@Suite("The compiled trie")
struct CompiledTrieTests {
    @Test("The longest matching prefix decides, wherever it is in the list")
    func longestMatch() throws {
        let trie = try CompiledTrie(rules: "10.1.2.0/24", "!10.1.0.0/16", "10.0.0.0/8")
        #expect(trie.match(for: try IPAddress(parsing: "10.1.2.3")) == 0)
        #expect(trie.verdict(for: try IPAddress(parsing: "10.1.2.3")) == .allow)
        #expect(trie.verdict(for: try IPAddress(parsing: "10.1.3.1")) == .deny)
        #expect(trie.match(for: try IPAddress(parsing: "10.2.0.0")) == 2)
    }

    @Test("An address that no rule matches is denied")
    func noMatch() throws {
        let trie = try CompiledTrie(rules: "10.0.0.0/8")
        #expect(trie.match(for: try IPAddress(parsing: "11.0.0.0")) == nil)
        #expect(trie.verdict(for: try IPAddress(parsing: "9.255.255.255")) == .deny)
        #expect(CompiledTrie.empty.verdict(for: try IPAddress(parsing: "::1")) == .deny)
    }

    @Test("0.0.0.0/0 does not cover IPv6, nor ::/0 IPv4")
    func families() throws {
        let v4 = try CompiledTrie(rules: "0.0.0.0/0")
        #expect(v4.verdict(for: try IPAddress(parsing: "255.255.255.255")) == .allow)
        #expect(v4.verdict(for: try IPAddress(parsing: "::1")) == .deny)
        let v6 = try CompiledTrie(rules: "::/0")
        #expect(v6.verdict(for: try IPAddress(parsing: "10.0.0.1")) == .deny)
    }

    @Test("A rule applies until its expiry; then the one around it does")
    func expiry() throws {
        var list = Array(
            CIDRList(parsing: "10.0.0.0/8\n!10.1.0.0/16\n10.1.2.0/24".utf8.span).rules
        )
        list[1].expiry = UnixTime(seconds: 100)
        list[2].expiry = UnixTime(seconds: 50)
        let trie = CompiledTrie(try RuleSet(list))
        let address = try IPAddress(parsing: "10.1.2.3")
        #expect(trie.decision(for: address, at: UnixTime(seconds: 49)).rule == list[2])
        #expect(trie.decision(for: address, at: UnixTime(seconds: 50)) == Decision(by: list[1]))
        #expect(trie.decision(for: address, at: UnixTime(seconds: 99)).action == .deny)
        #expect(trie.decision(for: address, at: UnixTime(seconds: 100)).action == .allow)
        #expect(trie.match(for: address, at: UnixTime(seconds: 100)) == 0)
        #expect(trie.match(for: address) == 2)
    }

    @Test("The same block allowed and denied is an error that names both places")
    func conflict() throws {
        let error = #expect(throws: RuleConflict.self) {
            try CompiledTrie(rules: "10.0.0.0/8", "192.0.2.0/24", "!10.0.0.0/8")
        }
        let block = try CIDRBlock(parsing: "10.0.0.0/8")
        #expect(error?.clashes == [.init(block: block, first: 0, second: 2)])
        #expect(error?.description == "rules 1 and 3 contradict each other about 10.0.0.0/8")
    }

    @Test("Of two equal rules, the one that expires later takes effect")
    func duplicates() throws {
        var rules = Array(CIDRList(parsing: "10.0.0.0/8\n10.0.0.0/8".utf8.span).rules)
        #expect(try RuleSet(rules).duplicates == [.init(kept: 0, dropped: 1)])
        rules[0].expiry = UnixTime(seconds: 1)
        #expect(try RuleSet(rules).duplicates == [.init(kept: 1, dropped: 0)])
    }
}
