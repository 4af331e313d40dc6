import Addresses
import CIDRTrie

/// Something that finds the rule that decides on an IPv4 address, as a number; 0 for none.
protocol IPv4Lookup {
    static var name: String { get }
    func find(_ bits: UInt32) -> UInt32
}

struct TrieLookup: IPv4Lookup {
    static let name = "CompiledTrie"
    let trie: CompiledTrie

    @inline(__always)
    func find(_ bits: UInt32) -> UInt32 {
        trie.match(for: IPv4Address(bits: bits)).map { UInt32(truncatingIfNeeded: $0 + 1) } ?? 0
    }
}

/// Disjoint ranges and a binary search without jumps: the least that a compiled list can be.
struct RangeLookup: IPv4Lookup {
    static let name = "binary search"
    private let starts: [UInt32]
    private let rules: [UInt32]

    init(_ painted: DIR248) {
        var starts: [UInt32] = [0]
        var rules = [painted.find(0)]
        painted.forEachBoundary { bits in
            let rule = painted.find(bits)
            if rule != rules[rules.count - 1] {
                starts.append(bits)
                rules.append(rule)
            }
        }
        self.starts = starts
        self.rules = rules
    }

    @inline(__always)
    func find(_ bits: UInt32) -> UInt32 {
        var first = 0
        var count = starts.count
        while count > 1 {
            let half = count / 2
            first = starts[first + half] <= bits ? first + half : first
            count -= half
        }
        return rules[first]
    }
}

/// DIR-24-8 with 4 bytes an entry (Gupta, Lin, McKeown: Routing Lookups in Hardware at Memory
/// Access Speeds, INFOCOM 1998): the fastest there is, in 64 MiB and more.
struct DIR248: IPv4Lookup {
    static let name = "DIR-24-8"
    private static let longBit: UInt32 = 1 << 31
    private var table = [UInt32](repeating: 0, count: 1 << 24)
    private var long: [UInt32] = []

    /// - Parameter rules: painted from the shortest prefix to the longest.
    init(_ rules: some Collection<Rule>) {
        let order = rules.enumerated().filter { $0.element.block.family == .v4 }
            .sorted { $0.element.block.prefixLength < $1.element.block.prefixLength }
        for (index, rule) in order {
            let first = UInt32(truncatingIfNeeded: rule.block.first.bits)
            let last = UInt32(truncatingIfNeeded: rule.block.last.bits)
            paint(from: first, through: last, rule.block.prefixLength, UInt32(index + 1))
        }
    }

    private mutating func paint(
        from first: UInt32,
        through last: UInt32,
        _ length: UInt8,
        _ value: UInt32
    ) {
        guard length > 24 else {
            for entry in Int(first >> 8)...Int(last >> 8) { table[entry] = value }
            return
        }
        let entry = Int(first >> 8)
        if table[entry] & Self.longBit == 0 {
            let segment = UInt32(long.count >> 8)
            long += [UInt32](repeating: table[entry], count: 256)
            table[entry] = Self.longBit | segment
        }
        let base = Int(table[entry] & ~Self.longBit) << 8
        for low in Int(first & 0xff)...Int(last & 0xff) { long[base + low] = value }
    }

    @inline(__always)
    func find(_ bits: UInt32) -> UInt32 {
        let entry = table[Int(bits >> 8)]
        guard entry & Self.longBit != 0 else { return entry }
        return long[Int(entry & ~Self.longBit) << 8 + Int(bits & 0xff)]
    }

    func forEachBoundary(_ body: (UInt32) -> Void) {
        for entry in table.indices.dropFirst()
        where table[entry] != table[entry - 1] || table[entry] & Self.longBit != 0 {
            let lowCount: UInt32 = table[entry] & Self.longBit != 0 ? 256 : 1
            for low in 0..<lowCount { body(UInt32(entry) << 8 + low) }
        }
    }
}
