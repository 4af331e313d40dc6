public import Addresses
public import Time

/// The rules of a list in a fraction of the memory that an array of them takes: 6 bytes for an IPv4
/// rule without a description, 22 for an IPv6 one. A description that several rules share is stored
/// once.
///
/// A rule keeps its index for as long as it is in the list; the index of a removed rule is reused.
/// Until then it is a gap, which iteration skips: `count` and `indices` cover the rules in the list.
///
/// - Complexity: O(1) for each element, which is made on request.
public struct RuleTable: Sendable {
    /// For each rule its prefix length and ``RuleHead``'s flags; changed by ``setHead(_:at:)``.
    private(set) var heads: [RuleHead] = []
    /// The number of enabled rules that deny.
    private(set) var denialCount = 0
    /// An IPv4 network's bits, or the place of an IPv6 one in ``networks``.
    var positions: [UInt32] = []
    /// The upper and the lower half of each IPv6 network.
    var networks: [UInt64] = []
    /// The place of each rule's description in ``texts``; empty if no rule has one.
    var descriptions: [UInt32] = []
    /// Seconds since 1970 for rules that expire, 0 for others; empty if none expires.
    var expiries: [Int64] = []
    var texts = TextTable()
    /// Indices of removed rules, to be reused; the last one first.
    var vacancies: [UInt32] = []
    /// Places in ``networks`` that no rule uses.
    var spareNetworks: [UInt32] = []
    /// At most this many bytes of ``texts`` belong to rules that are gone.
    var staleTextByteCount = 0

    public static let empty = RuleTable()

    public init() {}
}

/// A rule without its network, description and expiry.
///
///      15     13 12 11 10  9  8 7             0
///     ┌─────────┬──┬──┬──┬──┬──┬───────────────┐   a: allows, 6: IPv6, e: expires,
///     │ 0       │ v│ d│ e│ 6│ a│ prefix length │   d: disabled, v: vacant, with all else 0
///     └─────────┴──┴──┴──┴──┴──┴───────────────┘
struct RuleHead: Hashable, Sendable, BitwiseCopyable {
    static let vacant = RuleHead(rawValue: 1 << 12)
    private static let disabledBit: UInt16 = 1 << 11

    private(set) var rawValue: UInt16

    init(rawValue: UInt16) { self.rawValue = rawValue }

    init(_ rule: Rule, isEnabled: Bool) {
        rawValue =
            UInt16(rule.block.prefixLength) | (rule.action == .allow ? 1 << 8 : 0)
            | (rule.block.family == .v6 ? 1 << 9 : 0) | (rule.expiry != nil ? 1 << 10 : 0)
            | (isEnabled ? 0 : Self.disabledBit)
    }

    var prefixLength: UInt8 { UInt8(truncatingIfNeeded: rawValue) }
    var action: Action { rawValue & 1 << 8 != 0 ? .allow : .deny }
    var family: IPFamily { rawValue & 1 << 9 != 0 ? .v6 : .v4 }
    var expires: Bool { rawValue & 1 << 10 != 0 }
    var isVacant: Bool { self == .vacant }

    var isEnabled: Bool {
        get { rawValue & Self.disabledBit == 0 }
        set { rawValue = newValue ? rawValue & ~Self.disabledBit : rawValue | Self.disabledBit }
    }

    /// Whether it is the head of an enabled rule that denies.
    var denies: Bool { isEnabled && !isVacant && action == .deny }

    /// Whether the bits are ones that a rule or a gap has.
    var isValid: Bool { isVacant || rawValue < 1 << 12 && prefixLength <= family.bitWidth }
}

// MARK: - As a collection

extension RuleTable: BidirectionalCollection {
    public var startIndex: Int { index(notBefore: 0) }
    public var endIndex: Int { heads.count }
    /// The number of rules in the list, enabled or not.
    public var count: Int { heads.count - vacancies.count }
    public var isEmpty: Bool { count == 0 }

    public func index(after index: Int) -> Int { self.index(notBefore: index + 1) }

    public func index(before index: Int) -> Int {
        var index = index - 1
        while heads[index].isVacant { index -= 1 }
        return index
    }

    private func index(notBefore start: Int) -> Int {
        var index = start
        while index < heads.count, heads[index].isVacant { index += 1 }
        return index
    }

    public subscript(index: Int) -> Rule { rule(index, around: network(index)) }

    /// A rule whose block contains `address`. Does not read the network: in a long list each column
    /// is far from the processor's caches.
    @usableFromInline
    func rule(_ index: Int, around address: IPAddress) -> Rule {
        let head = heads[index]
        return Rule(
            block: CIDRBlock(containing: address, prefixLength: head.prefixLength),
            action: head.action,
            description: description(of: index),
            expiry: expiry(of: index)
        )
    }
}

// MARK: - A rule's parts

extension RuleTable {
    /// Whether `index` is the index of a rule in the list.
    public func contains(index: Int) -> Bool {
        heads.indices.contains(index) && !heads[index].isVacant
    }

    /// Whether the rule is enabled. A disabled one is in the list without effect.
    public func isEnabled(_ index: Int) -> Bool { heads[index].isEnabled }

    public func block(of index: Int) -> CIDRBlock {
        CIDRBlock(containing: network(index), prefixLength: heads[index].prefixLength)
    }

    public func action(of index: Int) -> Action { heads[index].action }

    public func expiry(of index: Int) -> UnixTime? {
        heads[index].expires ? UnixTime(seconds: expiries[index]) : nil
    }

    /// Whether any rule may have an expiry.
    public var hasExpiries: Bool { !expiries.isEmpty }

    /// Whether any enabled rule denies, expired ones included.
    public var hasDenials: Bool { denialCount > 0 }

    /// - Complexity: O(*n*) for *n* bytes of the description.
    public func description(of index: Int) -> String {
        descriptions.isEmpty ? "" : texts[descriptions[index]]
    }

    /// Reads the description's UTF-8 without making a `String`.
    public func withDescription<Result>(
        of index: Int,
        _ body: (Span<UInt8>) -> Result
    ) -> Result {
        texts.withBytes(at: descriptions.isEmpty ? 0 : descriptions[index], body)
    }

    private func network(_ index: Int) -> IPAddress {
        let position = positions[index]
        guard heads[index].family == .v6 else { return .v4(IPv4Address(bits: position)) }
        let halves = Int(position) * 2
        return .v6(IPv6Address(high: networks[halves], low: networks[halves + 1]))
    }

    /// The block in the form that is sorted and searched.
    func key(_ index: Int) -> BlockKey {
        let head = heads[index]
        let position = positions[index]
        let bits: UInt128
        if head.family == .v4 {
            bits = UInt128(position) << 96
        } else {
            bits =
                UInt128(networks[2 * Int(position)]) << 64
                | UInt128(networks[2 * Int(position) + 1])
        }
        return BlockKey(family: head.family, bits: bits, length: head.prefixLength)
    }

    /// The leaf of a trie in which the rule decides.
    func slot(_ index: Int) -> Slot {
        let head = heads[index]
        return Slot(rule: index, action: head.action, expires: head.expires)
    }

    func hasExpired(_ index: Int, at now: UnixTime) -> Bool {
        expiry(of: index).map { $0 <= now } ?? false
    }
}

extension RuleTable: Hashable {
    /// Whether both have the same rules at the same indices, wherever their columns keep them.
    public static func == (a: RuleTable, b: RuleTable) -> Bool {
        a.heads == b.heads
            && a.indices.allSatisfy { index in
                a.key(index) == b.key(index) && a.expiry(of: index) == b.expiry(of: index)
                    && a.description(of: index) == b.description(of: index)
            }
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(heads) }
}

// MARK: - Heads

extension RuleTable {
    /// Makes room for `count` heads if there is none for another one.
    mutating func reserveHeads(_ count: Int) {
        if heads.capacity == heads.count { heads.reserveCapacity(count) }
    }

    mutating func appendHead(_ head: RuleHead) {
        heads.append(head)
        if head.denies { denialCount += 1 }
    }

    mutating func setHead(_ head: RuleHead, at index: Int) {
        if heads[index].denies { denialCount -= 1 }
        heads[index] = head
        if head.denies { denialCount += 1 }
    }

    mutating func setEnabled(_ isEnabled: Bool, at index: Int) {
        var head = heads[index]
        head.isEnabled = isEnabled
        setHead(head, at: index)
    }

    mutating func setHeads(_ new: [RuleHead]) {
        heads = new
        denialCount = new.count(where: \.denies)
    }
}

// MARK: - All rules at once

extension RuleTable {
    /// The enabled rules without their descriptions and expiries.
    public var blocksAndActions: [Rule] {
        indices.lazy.filter { heads[$0].isEnabled }
            .map { Rule(block: block(of: $0), action: action(of: $0)) }
    }

    /// An upper bound of the share of `family`'s internet that is allowed
    /// (``AddressSet/shareOfInternet``): the sum of all allowing rules, whether they overlap or not.
    ///
    /// - Complexity: O(*n*), a few hundred microseconds for a million rules.
    public func greatestShareOfInternet(_ family: IPFamily) -> Double {
        var counts = [Int](repeating: 0, count: 129)
        for head in heads
        where head.action == .allow && head.family == family && head.isEnabled && !head.isVacant {
            counts[Int(head.prefixLength)] += 1
        }
        // IPv6's internet is one eighth of its address space.
        let base = family == .v4 ? 0 : 3
        return counts.indices.reduce(0.0) { sum, length in
            sum + Double(counts[length])
                * Double(sign: .plus, exponent: base - length, significand: 1)
        }
    }
}
