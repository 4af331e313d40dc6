import Addresses
import CIDRTrie
import Foundation

/// A list to be measured, as text.
struct SampleList {
    let name: String
    let text: [UInt8]

    /// From a file; its name is the list's.
    init(file: String) throws {
        name = URL(filePath: file).lastPathComponent
        text = [UInt8](try Data(contentsOf: URL(filePath: file)))
    }

    private init(_ name: String, _ blocks: some Sequence<CIDRBlock>) {
        self.name = name
        text = Array(blocks.map { "\($0)\n" }.joined().utf8)
    }

    /// The same in each run: the generator has a seed.
    static var generated: [SampleList] {
        [
            SampleList("one IPv4 block", blocks(1, .v4, lengths: 8...8)),
            SampleList("IPv4, 1,000 of /16 to /24", blocks(1_000, .v4, lengths: 16...24)),
            SampleList("IPv4, 100,000 of /16 to /24", blocks(100_000, .v4, lengths: 16...24)),
            SampleList("IPv4, 1,000,000 hosts", blocks(1_000_000, .v4, lengths: 32...32)),
            SampleList("IPv6, 1,000,000 of /48 to /64", blocks(1_000_000, .v6, lengths: 48...64)),
        ]
    }

    /// For edits: short, as long as a routing table, and long.
    static var edited: [SampleList] {
        [
            SampleList("IPv4, 5,000 of /16 to /32", blocks(5_000, .v4, lengths: 16...32)),
            SampleList("IPv4, 900,000 of /20 to /24", blocks(900_000, .v4, lengths: 20...24)),
            SampleList("IPv4, 1,000,000 hosts", blocks(1_000_000, .v4, lengths: 32...32)),
        ]
    }

    /// Scattered over the whole space, for IPv6 over 2000::/3.
    private static func blocks(
        _ count: Int,
        _ family: IPFamily,
        lengths: ClosedRange<UInt8>
    ) -> Set<CIDRBlock> {
        var random = SplitMix64(state: UInt64(count))
        var blocks = Set<CIDRBlock>()
        while blocks.count < count {
            let bits = UInt128.random(in: 0...UInt128.max, using: &random)
            let address = IPAddress(family, bits: family == .v4 ? bits : 1 << 125 | bits >> 3)
            let length = UInt8.random(in: lengths, using: &random)
            blocks.insert(CIDRBlock(containing: address, prefixLength: length))
        }
        return blocks
    }
}

/// Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
