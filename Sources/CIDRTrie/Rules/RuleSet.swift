public import Addresses

/// Rules without contradiction, in the order that compiling and checking them need.
///
/// The longest matching prefix decides, wherever it is in the list. So two rules can only contradict
/// each other if they have the same block.
public struct RuleSet: Sendable {
    /// As they were given: all indices refer to this table.
    public let rules: RuleTable
    /// Rules that repeat another rule of the same block; they have no effect.
    public let duplicates: [RuleDuplicate]
    let order: RuleOrder

    /// - Throws: ``RuleConflict`` if the same block is both allowed and denied.
    /// - Complexity: O(*n*)
    public init(_ rules: RuleTable) throws(RuleConflict) {
        order = RuleOrder(sorting: rules)
        var merging = RuleMerging(rules: rules, order: order)
        merging.mergeAll()
        guard merging.clashes.isEmpty else { throw RuleConflict(clashes: merging.clashes) }
        self.rules = rules
        duplicates = merging.duplicates
    }

    public init(_ rules: some Sequence<Rule>) throws(RuleConflict) {
        try self.init(RuleTable(rules))
    }

    /// Of rules that contradict each other, those that deny take effect.
    public init(strictest rules: RuleTable) {
        self.rules = rules
        order = RuleOrder(sorting: rules)
        duplicates = []
    }

    /// Of rules that contradict each other, those that deny take effect.
    public init(strictest rules: some Sequence<Rule>) {
        self.init(strictest: RuleTable(rules))
    }
}

/// Two rules with the same block and action.
public struct RuleDuplicate: Hashable, Sendable {
    /// The index of the rule that takes effect: the one that lasts longer, else the first.
    public var kept: Int
    /// The index of the rule that does not.
    public var dropped: Int
}

/// The same block is both allowed and denied, so that no rule of precedence can tell which is meant.
public struct RuleConflict: Error, Hashable, Sendable {
    /// Two rules that contradict each other, as indices into the given list.
    public struct Clash: Hashable, Sendable {
        public var block: CIDRBlock
        /// The index of the rule that comes first in the list.
        public var first: Int
        public var second: Int
    }

    /// All of them; at least one.
    public let clashes: [Clash]
}

extension RuleConflict: CustomStringConvertible {
    /// Names the first few clashes, counting rules from 1 as people do.
    public var description: String {
        let named = clashes.prefix(3).map { "\($0)" }.joined(separator: "; ")
        return clashes.count > 3 ? "\(named); and \(clashes.count - 3) more" : named
    }
}

extension RuleConflict.Clash: CustomStringConvertible {
    public var description: String {
        "rules \(first + 1) and \(second + 1) contradict each other about \(block)"
    }
}

/// Finds the enabled rules that share a block.
private struct RuleMerging {
    let rules: RuleTable
    let order: RuleOrder
    private(set) var duplicates: [RuleDuplicate] = []
    private(set) var clashes: [RuleConflict.Clash] = []

    init(rules: RuleTable, order: RuleOrder) {
        self.rules = rules
        self.order = order
    }

    mutating func mergeAll() {
        var group: [Int] = []
        for number in order.indices where rules.isEnabled(Int(number)) {
            let index = Int(number)
            if let first = group.first, rules.key(first) != rules.key(index) {
                merge(group)
                group.removeAll(keepingCapacity: true)
            }
            group.append(index)
        }
        merge(group)
    }

    private mutating func merge(_ group: [Int]) {
        guard group.count > 1, let first = group.first else { return }
        let block = rules.block(of: first)
        for index in group where rules.action(of: index) != rules.action(of: first) {
            clashes.append(.init(block: block, first: first, second: index))
        }
        guard let kept = order.decider(of: BlockKey(block), in: rules) else { return }
        for index in group where index != kept {
            duplicates.append(RuleDuplicate(kept: kept, dropped: index))
        }
    }
}
