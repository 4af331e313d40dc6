import Addresses
import Time

/// Rules in a fraction of the room that an array of them takes: an IPv4 rule without words takes 6
/// bytes, an IPv6 one 22. A description that several rules share is kept once.
///
/// - Complexity: O(1) for each element, which is made when it is asked for.
public struct RuleTable: Hashable, Sendable {
    /// For each rule its prefix length and ``RuleHead``'s flags.
    let heads: [RuleHead]
    /// An IPv4 network's bits, or the place of an IPv6 one in ``networks``.
    let positions: [UInt32]
    /// The upper and the lower half of each IPv6 network.
    let networks: [UInt64]
    /// The place of each rule's words in ``texts``; empty where no rule has any.
    let descriptions: [UInt32]
    /// Seconds since 1970 for rules that expire, 0 for others; empty where none expires.
    let expiries: [Int64]
    let texts: TextTable
}

/// A rule but for its network, words and expiry.
///
///      15        11 10  9  8 7             0
///     ┌────────────┬──┬──┬──┬───────────────┐
///     │ 0          │ e│ 6│ a│ prefix length │   a: allows, 6: IPv6, e: expires
///     └────────────┴──┴──┴──┴───────────────┘
struct RuleHead: Hashable, Sendable, BitwiseCopyable {
    let rawValue: UInt16

    var prefixLength: UInt8 { UInt8(truncatingIfNeeded: rawValue) }
    var action: Action { rawValue & 1 << 8 != 0 ? .allow : .deny }
    var family: IPFamily { rawValue & 1 << 9 != 0 ? .v6 : .v4 }
    var expires: Bool { rawValue & 1 << 10 != 0 }
}

extension RuleHead {
    init(_ rule: Rule) {
        rawValue =
            UInt16(rule.block.prefixLength) | (rule.action == .allow ? 1 << 8 : 0)
            | (rule.block.family == .v6 ? 1 << 9 : 0) | (rule.expiry != nil ? 1 << 10 : 0)
    }

    /// Whether the bits are ones that a rule gives.
    var isValid: Bool { rawValue < 1 << 11 && prefixLength <= family.bitWidth }
}

extension RuleTable: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { heads.count }

    public subscript(index: Int) -> Rule { rule(index, around: network(index)) }

    /// A rule whose block contains `address`. Reads no network: in a long list each column is far
    /// from the processor's caches.
    @usableFromInline
    func rule(_ index: Int, around address: IPAddress) -> Rule {
        let head = heads[index]
        return Rule(
            block: CIDRBlock(containing: address, prefixLength: head.prefixLength),
            action: head.action,
            description: descriptions.isEmpty ? "" : texts[Int(descriptions[index])],
            expiry: expiry(index)
        )
    }

    func expiry(_ index: Int) -> UnixTime? {
        heads[index].expires ? UnixTime(seconds: expiries[index]) : nil
    }

    private func network(_ index: Int) -> IPAddress {
        let position = positions[index]
        guard heads[index].family == .v6 else { return .v4(IPv4Address(bits: position)) }
        let halves = Int(position) * 2
        return .v6(IPv6Address(high: networks[halves], low: networks[halves + 1]))
    }
}

extension RuleTable {
    /// The rules without their words and expiries.
    public var blocksAndActions: [Rule] {
        indices.map { index in
            let length = heads[index].prefixLength
            return Rule(
                block: CIDRBlock(containing: network(index), prefixLength: length),
                action: heads[index].action
            )
        }
    }

    /// At most this part of `family`'s internet is allowed (``AddressSet/shareOfInternet``): the sum
    /// of the rules that allow, wherever their blocks lie.
    ///
    /// - Complexity: O(*n*), a few hundred microseconds for a million rules.
    public func greatestShareOfInternet(_ family: IPFamily) -> Double {
        var counts = [Int](repeating: 0, count: 129)
        for head in heads where head.action == .allow && head.family == family {
            counts[Int(head.prefixLength)] += 1
        }
        // IPv6's internet begins below three bits.
        let base = family == .v4 ? 0 : 3
        return counts.indices.reduce(0.0) { sum, length in
            sum + Double(counts[length])
                * Double(sign: .plus, exponent: base - length, significand: 1)
        }
    }

    /// Packs `rules`, in their order.
    public init(_ rules: some Sequence<Rule>) {
        var packing = RulePacking()
        for rule in rules { packing.append(rule) }
        self = packing.table
    }

    static let empty = RuleTable([])
}

private struct RulePacking {
    private var heads: [RuleHead] = []
    private var positions: [UInt32] = []
    private var networks: [UInt64] = []
    private var descriptions: [UInt32] = []
    private var expiries: [Int64] = []
    private var texts = TextTable.Builder()
    private var anyText = false
    private var anyExpires = false

    var table: RuleTable {
        RuleTable(
            heads: heads,
            positions: positions,
            networks: networks,
            descriptions: anyText ? descriptions : [],
            expiries: anyExpires ? expiries : [],
            texts: anyText ? texts.table : TextTable()
        )
    }

    mutating func append(_ rule: Rule) {
        heads.append(RuleHead(rule))
        positions.append(position(of: rule.block.network))
        descriptions.append(texts.place(of: rule.description))
        expiries.append(rule.expiry?.seconds ?? 0)
        anyText = anyText || !rule.description.isEmpty
        anyExpires = anyExpires || rule.expiry != nil
    }

    private mutating func position(of network: IPAddress) -> UInt32 {
        switch network {
        case .v4(let network): return network.bits
        case .v6(let network):
            networks += [network.high, network.low]
            return UInt32(truncatingIfNeeded: networks.count / 2 - 1)
        }
    }
}
