import Addresses
import CIDRTrie
import SeededRandom

/// Rules as chance has them: scattered, clustered, nested, at both ends of the space.
struct RandomRules {
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// Up to `count` rules of one family; each block once.
    mutating func rules(count: Int, family: IPFamily) -> [Rule] {
        var blocks = Set<CIDRBlock>()
        var centre = bits(family)
        for _ in 0..<count {
            if Int.random(in: 0..<8, using: &random) == 0 { centre = bits(family) }
            blocks.insert(block(near: centre, family: family))
        }
        return blocks.sorted { "\($0)" < "\($1)" }.map {
            Rule(block: $0, action: Bool.random(using: &random) ? .allow : .deny)
        }
    }

    /// Each block's first and last address, their neighbours, and as many random ones.
    mutating func addresses(for rules: [Rule], family: IPFamily) -> [IPAddress] {
        rules.flatMap { rule in
            let (first, last) = (rule.block.first.bits, rule.block.last.bits)
            let inside = first | bits(family) & rule.block.hostMask
            return [
                first &- 1, first, first &+ 1, last &- 1, last, last &+ 1, inside, bits(family),
            ]
            .map { IPAddress(family, bits: $0) }
        }
    }

    private mutating func block(near centre: UInt128, family: IPFamily) -> CIDRBlock {
        let width = family.bitWidth
        let length = UInt8.random(in: 0...width, using: &random)
        // Some bits of the centre, then random ones.
        let shared = UInt8.random(in: 0...width, using: &random)
        let mask = CIDRBlock(containing: IPAddress(family, bits: 0), prefixLength: shared).hostMask
        let address = IPAddress(family, bits: centre & ~mask | bits(family) & mask)
        return CIDRBlock(containing: address, prefixLength: length)
    }

    private mutating func bits(_ family: IPFamily) -> UInt128 {
        switch UInt8.random(in: 0..<16, using: &random) {
        case 0: 0
        case 1: family == .v4 ? 0xffff_ffff : .max
        default: UInt128.random(in: 0...(family == .v4 ? 0xffff_ffff : .max), using: &random)
        }
    }
}
