import Addresses
import SeededRandom

/// Kinds of lists, each with blocks drawn from so small a pool that edits meet each other.
enum ListShape: String, CaseIterable, Sendable {
    case empty, one, routes, hosts, dense, nests, crowded, edges
    case networks6, interfaces6, wide6, edges6, mixed, levelled, duplicates

    /// The number of rules to begin with.
    var count: Int {
        switch self {
        case .empty: 0
        case .one: 1
        case .levelled: 700
        case .crowded, .wide6: 500
        case .hosts, .routes: 300
        default: 120
        }
    }

    func block(_ random: inout SeededGenerator) -> CIDRBlock {
        switch self {
        case .empty, .one, .duplicates: v4(base: 0x0a00_0000, bits: 4, 26...32, &random)
        case .routes: v4(base: 0, bits: 32, Bool.random(using: &random) ? 24...24 : 8...24, &random)
        case .hosts: v4(base: 0, bits: 32, 32...32, &random)
        case .dense: v4(base: 0x0a01_0000, bits: 8, 30...32, &random)
        case .nests: nest(.v4, &random)
        case .crowded: v4(base: 0x0a14_0000, bits: 16, 24...32, &random)
        case .levelled: v4(base: 0, bits: 32, 14...24, &random)
        case .edges: edge(.v4, &random)
        case .networks6: v6(base: 0x2001_0db8 << 96, from: 32, 32...64, &random)
        case .interfaces6: interface(&random)
        case .wide6: v6(base: 0x2001_0db8 << 96, from: 32, 46...48, &random)
        case .edges6: edge(.v6, &random)
        case .mixed: Self.mix.randomElement(using: &random)?.block(&random) ?? CIDRBlock.all
        }
    }

    private static let mix: [ListShape] = [
        .routes, .nests, .edges, .networks6, .interfaces6, .edges6,
    ]

    private func v4(
        base: UInt32,
        bits: UInt32,
        _ lengths: ClosedRange<UInt8>,
        _ random: inout SeededGenerator
    ) -> CIDRBlock {
        let offset = UInt32.random(in: 0...UInt32.max, using: &random) & ~(~0 << bits)
        return CIDRBlock(
            containing: .v4(IPv4Address(bits: base | offset)),
            prefixLength: UInt8.random(in: lengths, using: &random)
        )
    }

    private func v6(
        base: UInt128,
        from start: UInt128,
        _ lengths: ClosedRange<UInt8>,
        _ random: inout SeededGenerator
    ) -> CIDRBlock {
        let offset = UInt128.random(in: 0...UInt128.max, using: &random) >> start
        return CIDRBlock(
            containing: .v6(IPv6Address(bits: base | offset)),
            prefixLength: UInt8.random(in: lengths, using: &random)
        )
    }

    /// Inside a few networks of 64 bits, and a few networks around them.
    private func interface(_ random: inout SeededGenerator) -> CIDRBlock {
        let network = UInt128(0x2001_0db8) << 96 | UInt128.random(in: 0..<3, using: &random) << 64
        let host =
            Bool.random(using: &random)
            ? UInt128.random(in: 0..<64, using: &random)
            : UInt128(UInt64.random(in: 0...UInt64.max, using: &random))
        return CIDRBlock(
            containing: .v6(IPv6Address(bits: network | host)),
            prefixLength: UInt8.random(in: 60...128, using: &random)
        )
    }

    /// Around a few addresses, of every length.
    private func nest(_ family: IPFamily, _ random: inout SeededGenerator) -> CIDRBlock {
        let addresses: [UInt128] = [0x0a01_0203, 0x0a01_0204, 0xc0a8_0101]
        let address = addresses.randomElement(using: &random) ?? 0
        return CIDRBlock(
            containing: IPAddress(family, bits: address),
            prefixLength: UInt8.random(in: 0...family.bitWidth, using: &random)
        )
    }

    /// At either end of the address space, in its middle and between its halves.
    private func edge(_ family: IPFamily, _ random: inout SeededGenerator) -> CIDRBlock {
        let ends: [UInt128] = [0, .max, .max >> 1, 1 << 127, 1 << 64, (1 << 64) - 1]
        let number = ends.randomElement(using: &random) ?? 0
        let offset = UInt128.random(in: 0...2, using: &random)
        let bits = family == .v6 ? number &+ offset : number >> 96 &+ offset
        return CIDRBlock(
            containing: IPAddress(family, bits: bits),
            prefixLength: UInt8.random(in: 0...family.bitWidth, using: &random)
        )
    }
}

extension CIDRBlock {
    fileprivate static let all = CIDRBlock(containing: IPAddress(.v4, bits: 0), prefixLength: 0)
}
