import Addresses
import CIDRTrie
import SeededRandom
import Testing

@Suite("Against a scan of all rules")
struct SlowReferenceTests {
    @Test(
        "A random list answers as the scan does, at every edge and at random",
        arguments: IPFamily.allCases,
        [1, 2, 3, 7, 17, 40, 100, 400]
    )
    func random(family: IPFamily, count: Int) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = RandomRules(seed: seed)
        for _ in 0..<max(4, 1_600 / count) {
            let rules = random.rules(count: count, family: family)
            let addresses = random.addresses(for: rules, family: family)
            try expectAgreement(rules, about: addresses, "seed \(seed)")
        }
    }

    @Test("Both families can be in one list")
    func mixed() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = RandomRules(seed: seed)
        for _ in 0..<20 {
            let v4 = random.rules(count: 40, family: .v4)
            let rules = (v4 + random.rules(count: 40, family: .v6)).shuffled()
            for family in IPFamily.allCases {
                let addresses = random.addresses(
                    for: rules.filter { $0.block.family == family },
                    family: family
                )
                try expectAgreement(rules, about: addresses, "seed \(seed)")
            }
        }
    }

    /// Blocks of `length` bits crowded into one block, so that branches, wide ones too, come out.
    @Test(
        "A crowded block answers as the scan does",
        arguments: [
            ("10.0.0.0/8", 16, 200), ("10.1.0.0/16", 24, 200), ("10.1.0.0/16", 32, 700),
            ("10.1.2.0/24", 32, 120), ("2001::/16", 32, 700), ("2001:db8::/32", 48, 700),
            ("2001:db8::/32", 64, 700), ("2001:db8:1::/48", 64, 700),
            ("2001:db8:1:2::/64", 80, 700), ("2001:db8:1:2:3::/80", 96, 700),
            ("2001:db8:1:2:3:4::/96", 112, 700), ("2001:db8:1:2::/64", 128, 700),
            ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:0/112", 128, 700),
            ("2001:db8::/61", 67, 60),
        ]
    )
    func crowded(text: String, length: UInt8, count: Int) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let outer = try CIDRBlock(parsing: text)
        let blocks = Set(
            (0..<count).map { _ in
                let bits =
                    outer.first.bits | UInt128.random(in: 0...UInt128.max, using: &random)
                    & outer.hostMask
                return CIDRBlock(
                    containing: IPAddress(outer.family, bits: bits),
                    prefixLength: UInt8.random(in: 0..<4, using: &random) == 0 ? length - 3 : length
                )
            }
        )
        let rules = blocks.map {
            Rule(block: $0, action: Bool.random(using: &random) ? .allow : .deny)
        }
        let someRules = rules.shuffled(using: &random).prefix(150)
        try expectAgreement(rules, about: someRules.flatMap { $0.block.edges }, "seed \(seed)")
    }
}
