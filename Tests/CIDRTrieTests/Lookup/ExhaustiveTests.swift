import Addresses
import CIDRTrie
import SeededRandom
import Testing

@Suite("Exhaustive tests in a small address space")
struct ExhaustiveTests {
    /// Eight places of the same size, at either end of the space, in its middle, and across the
    /// border between the two halves of an IPv6 address.
    @Test(
        "Every list of up to three blocks inside eight places",
        arguments: [
            ("0.0.0.0", 32), ("255.255.255.248", 32), ("10.1.2.248", 32), ("0.0.0.0", 3),
            ("10.0.0.0", 16), ("10.1.0.0", 24), ("::", 128),
            ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff8", 128), ("2001:db8::", 64),
            ("2001:db8::", 65), ("2001:db8::", 66), ("2001:db8::", 48), ("::", 3),
        ]
    )
    func allLists(text: String, placeLength: Int) throws {
        let space = SmallSpace(try IPAddress(parsing: text), placeLength: placeLength)
        let blocks = space.blocks
        for a in blocks.indices {
            for b in a..<blocks.count {
                for c in b..<blocks.count {
                    let chosen = [blocks[a], blocks[b], blocks[c]]
                    let rules = Set(chosen).enumerated().map { index, block in
                        Rule(block: block, action: index % 2 == 0 ? .allow : .deny)
                    }
                    try expectAgreement(rules, about: space.addresses, "\(chosen)")
                }
            }
        }
    }

    @Test(
        "All 65,536 addresses of a /16, against an array that is painted",
        arguments: [1, 5, 30, 300]
    )
    func painted(count: Int) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let base: UInt32 = 0x0a14_0000
        for _ in 0..<4 {
            let blocks = Set(
                (0..<count).map { _ in
                    CIDRBlock(
                        containing: .v4(
                            IPv4Address(bits: base | UInt32.random(in: 0...0xffff, using: &random))
                        ),
                        prefixLength: UInt8.random(in: 16...32, using: &random)
                    )
                }
            )
            let rules = blocks.map { Rule(block: $0) }
            var painted = [Int?](repeating: nil, count: 1 << 16)
            for index in rules.indices.sorted(by: {
                rules[$0].block.prefixLength < rules[$1].block.prefixLength
            }) {
                let (first, last) = (rules[index].block.first.bits, rules[index].block.last.bits)
                for bits in first...last { painted[Int(bits & 0xffff)] = index }
            }
            let trie = CompiledTrie(try RuleSet(rules))
            let wrong = painted.indices.first {
                trie.match(for: IPv4Address(bits: base | UInt32($0))) != painted[$0]
            }
            #expect(wrong == nil, "seed \(seed)")
        }
    }
}

/// Eight neighbouring blocks of the same length, and all blocks that they make up.
private struct SmallSpace {
    let base: UInt128
    let family: IPFamily
    let placeLength: Int

    init(_ base: IPAddress, placeLength: Int) {
        self.base = base.bits
        family = base.family
        self.placeLength = placeLength
    }

    private var placeShift: UInt128 { UInt128(Int(family.bitWidth) - placeLength) }

    var blocks: [CIDRBlock] {
        (0...3).flatMap { shorter in
            stride(from: 0, to: 8, by: 1 << shorter).map { place in
                CIDRBlock(
                    containing: IPAddress(family, bits: base + UInt128(place) << placeShift),
                    prefixLength: UInt8(placeLength - shorter)
                )
            }
        }
    }

    /// The first and last address of each place, and those before and after all.
    var addresses: [IPAddress] {
        let size = UInt128(1) << placeShift
        let firsts = (0..<8).map { (place: UInt128) in base &+ place &* size }
        let lasts = firsts.map { $0 &+ (size &- 1) }
        let outside = [base &- 1, base &+ 8 &* size]
        return (firsts + lasts + outside).map { IPAddress(family, bits: $0) }
    }
}
