import Addresses
import CIDRTrie
import Testing
import Time

@Suite("Extreme prefix lengths, addresses and nesting")
struct EdgeTests {
    @Test(
        "The shortest and the longest prefixes, at both ends of the space",
        arguments: [
            "0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "0.0.0.0/31", "0.0.0.0/32",
            "255.255.255.254/31", "255.255.255.255/32", "10.9.8.7/32", "::/0", "8000::/1",
            "::/127", "::/128", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", "2001:db8::ffff:ffff:ffff:ffff/128",
            "2001:db8::/64", "2001:db8::8000:0:0:0/65", "ffff:ffff:ffff:ffff::/64",
        ]
    )
    func single(text: String) throws {
        let block = try CIDRBlock(parsing: text)
        let ends = [UInt128.zero, .max, .max >> 1].map { IPAddress(block.family, bits: $0) }
        try expectAgreement([Rule(block: block)], about: block.edges + ends)
    }

    @Test(
        "A nest of all lengths, 33 or 129 deep",
        arguments: IPFamily.allCases,
        [UInt128.zero, .max]
    )
    func nest(family: IPFamily, bits: UInt128) throws {
        let address = IPAddress(family, bits: bits)
        let rules = (0...family.bitWidth).map {
            Rule(
                block: CIDRBlock(containing: address, prefixLength: $0),
                action: $0.isMultiple(of: 2) ? .allow : .deny
            )
        }
        try expectAgreement(rules, about: rules.flatMap { $0.block.edges })
        let trie = CompiledTrie(try RuleSet(rules.reversed()))
        #expect(trie.match(for: address) == 0)
    }

    @Test(
        "Among nested expired rules, the first that still applies decides",
        arguments: IPFamily.allCases
    )
    func expiredNest(family: IPFamily) throws {
        let address = IPAddress(family, bits: .max)
        let rules = (0...family.bitWidth).map {
            Rule(
                block: CIDRBlock(containing: address, prefixLength: $0),
                expiry: UnixTime(seconds: 1_000 - Int64($0))
            )
        }
        let trie = CompiledTrie(try RuleSet(rules))
        for length in 0...Int64(family.bitWidth) {
            let now = UnixTime(seconds: 1_000 - length)
            // At this second the rule of this length has just expired, and all longer ones have.
            let expected = length == 0 ? nil : Int(length) - 1
            #expect(trie.match(for: address, at: now) == expected)
            let reloaded = try CompiledTrie(image: trie.image())
            #expect(reloaded.match(for: address, at: now) == expected)
        }
        #expect(trie.match(for: address, at: UnixTime(seconds: 0)) == Int(family.bitWidth))
    }

    /// One more than each node has room for.
    @Test(
        "Any number of hosts",
        arguments: IPFamily.allCases,
        [1, 2, 3, 4, 5, 8, 9, 16, 17, 64, 299, 300]
    )
    func hosts(family: IPFamily, count: Int) throws {
        for step in [2, 3, 256, 65_536] as [UInt128] {
            let base: UInt128 = family == .v4 ? 0x0a00_0000 : 0x2001_0db8 << 96
            let rules = (0..<count).map {
                Rule(block: CIDRBlock(IPAddress(family, bits: base + UInt128($0) * step)))
            }
            try expectAgreement(
                rules,
                about: rules.prefix(100).flatMap { $0.block.edges },
                "step \(step)"
            )
        }
    }

    @Test("An empty list denies everything")
    func empty() throws {
        let trie = CompiledTrie(try RuleSet([]))
        #expect(trie == .empty)
        try trie.checkInvariants()
        for family in IPFamily.allCases {
            for bits in [UInt128.zero, .max, 1 << 31] {
                #expect(trie.match(for: IPAddress(family, bits: bits)) == nil)
                #expect(trie.verdict(for: IPAddress(family, bits: bits)) == .deny)
            }
        }
    }
}
