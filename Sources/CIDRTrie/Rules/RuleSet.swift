public import Time

/// Rules without contradiction, in the order that compiling and checking them need.
///
/// The longest matching prefix decides, wherever it stands in the list. So two rules can only
/// contradict each other if they speak of the very same block.
public struct RuleSet: Sendable {
    /// As they were given: all indices count in this array.
    public let rules: [Rule]
    /// Rules that say again what another one says of the same block; they do not count.
    public let duplicates: [RuleDuplicate]
    /// The rules that count, of each family in ascending order, a block before those inside it.
    let order: [Int]

    /// - Throws: ``RuleConflict`` where the same block is both allowed and denied.
    /// - Complexity: O(*n* log *n*); O(*n*) where `rules` are in ascending order already.
    public init(_ rules: [Rule]) throws(RuleConflict) {
        var merging = RuleMerging(rules)
        for index in Self.ascending(rules) { merging.append(index) }
        guard merging.clashes.isEmpty else { throw RuleConflict(clashes: merging.clashes) }
        self.rules = rules
        duplicates = merging.duplicates
        order = merging.order
    }

    /// Of rules that contradict each other, keeps those that deny.
    public init(strictest rules: [Rule]) {
        var order: [Int] = []
        order.reserveCapacity(rules.count)
        for index in Self.ascending(rules) {
            if let last = order.last, rules[last].block == rules[index].block {
                if rules[index].action == .deny { order[order.count - 1] = index }
            } else {
                order.append(index)
            }
        }
        self.rules = rules
        duplicates = []
        self.order = order
    }

    /// Indices by block; of the same block, by place.
    private static func ascending(_ rules: [Rule]) -> [Int] {
        let isAscending = zip(rules, rules.dropFirst()).allSatisfy { $0.block <= $1.block }
        guard !isAscending else { return Array(rules.indices) }
        return rules.indices.sorted {
            rules[$0].block == rules[$1].block ? $0 < $1 : rules[$0].block < rules[$1].block
        }
    }
}

/// Two rules that say the same of the same block.
public struct RuleDuplicate: Hashable, Sendable {
    /// The index of the rule that counts: the one that lasts longer, else the first.
    public var kept: Int
    /// The index of the rule that does not count.
    public var dropped: Int
}

/// Takes rules in ascending order and keeps one for each block.
private struct RuleMerging {
    private let rules: [Rule]
    private(set) var order: [Int] = []
    private(set) var duplicates: [RuleDuplicate] = []
    private(set) var clashes: [RuleConflict.Clash] = []

    init(_ rules: [Rule]) {
        self.rules = rules
        order.reserveCapacity(rules.count)
    }

    mutating func append(_ index: Int) {
        guard let kept = order.last, rules[kept].block == rules[index].block else {
            return order.append(index)
        }
        guard rules[kept].action == rules[index].action else {
            clashes.append(.init(block: rules[index].block, first: kept, second: index))
            return
        }
        merge(index, into: kept)
    }

    private mutating func merge(_ index: Int, into kept: Int) {
        let isOutlived = rules[index].outlasts(rules[kept])
        if isOutlived { order[order.count - 1] = index }
        duplicates.append(
            RuleDuplicate(kept: isOutlived ? index : kept, dropped: isOutlived ? kept : index)
        )
    }
}

extension Rule {
    /// Whether this rule still counts at a moment when `other` has expired.
    func outlasts(_ other: Rule) -> Bool {
        guard let otherExpiry = other.expiry else { return false }
        return expiry.map { $0 > otherExpiry } ?? true
    }

    /// A rule counts up to its expiry, and no more from that second on.
    @inlinable
    public func hasExpired(at now: UnixTime) -> Bool {
        expiry.map { $0 <= now } ?? false
    }
}
