import Addresses
import CIDRTrie
import Time

/// Inputs that are the same in each run.
enum Sample {
    /// How many inputs a pass has: what `.kilo` divides by.
    static let count = 1_000

    /// The start of the time that all samples refer to: 2026-11-23T10:00:00Z.
    static let now = UnixTime(seconds: 1_795_428_000)

    /// Anywhere in IPv4, or in what is handed out of IPv6, 2000::/3.
    static func addresses(_ family: IPFamily, count: Int = count) -> [IPAddress] {
        var random = SplitMix64(seed: 1)
        return (0..<count).map { _ in IPAddress(anyOf: family, using: &random) }
    }

    /// Clients with the ports that they came from.
    static func clients(_ family: IPFamily) -> [SocketAddress] {
        var random = SplitMix64(seed: 4)
        return addresses(family).map {
            SocketAddress($0, port: UInt16.random(in: 32_768...60_999, using: &random))
        }
    }

    /// Blocks of sizes as in routing tables, all different, in no order.
    static func blocks(_ family: IPFamily, count: Int = count) -> [CIDRBlock] {
        let lengths: ClosedRange<UInt8> = family == .v4 ? 16...24 : 32...64
        var random = SplitMix64(seed: 2)
        var seen: Set<CIDRBlock> = []
        var blocks: [CIDRBlock] = []
        while blocks.count < count {
            let address = IPAddress(anyOf: family, using: &random)
            let length = UInt8.random(in: lengths, using: &random)
            let block = CIDRBlock(containing: address, prefixLength: length)
            if seen.insert(block).inserted { blocks.append(block) }
        }
        return blocks
    }

    /// Allowed ``blocks(_:count:)``.
    static func rules(_ family: IPFamily, count: Int = count) -> [Rule] {
        blocks(family, count: count).map { Rule(block: $0) }
    }

    /// 0.0.0.0/0, allowed.
    static var everyIPv4: Rule {
        Rule(block: CIDRBlock(containing: IPAddress(.v4, bits: 0), prefixLength: 0))
    }
}

extension IPAddress {
    init(anyOf family: IPFamily, using random: inout SplitMix64) {
        let bits = UInt128.random(in: 0...UInt128.max, using: &random)
        self.init(family, bits: family == .v4 ? bits >> 96 : 1 << 125 | bits >> 3)
    }

    /// Any address of `block`.
    init(in block: CIDRBlock, using random: inout SplitMix64) {
        let host = UInt128.random(in: 0...UInt128.max, using: &random) & block.hostMask
        self.init(block.family, bits: block.network.bits | host)
    }
}
