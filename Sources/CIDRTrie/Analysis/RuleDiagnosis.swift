public import Addresses
public import Time

/// What is odd about a list, though it is valid: rules without effect, and rules that admit every
/// address.
public struct RuleDiagnosis: Hashable, Sendable {
    /// A rule that could be removed, and why.
    public struct IdleRule: Hashable, Sendable {
        public enum Reason: Hashable, Sendable {
            /// The smallest rule around it has the same action and lasts as long: it is redundant.
            case covered(by: Int)
            /// Longer prefixes cover all of its addresses: it is shadowed.
            case shadowed
            /// It denies addresses that no other rule admits. A rule that denies a
            /// whole family is not reported: it states the default.
            case alreadyDenied
        }

        /// The rule's index.
        public var rule: Int
        public var reason: Reason

        public init(rule: Int, reason: Reason) {
            self.rule = rule
            self.reason = reason
        }
    }

    /// In the order of the addresses.
    public private(set) var idleRules: [IdleRule] = []
    /// The number of rules inside another one, whatever their actions.
    public private(set) var nestedCount = 0
    /// Whether every IPv4 address is admitted, by 0.0.0.0/0 or by parts of it.
    public let admitsAllIPv4: Bool
    public let admitsAllIPv6: Bool
    /// For each family, the part of the internet that is admitted: ``AddressSet/shareOfInternet``.
    public let shareOfInternet: [IPFamily: Double]

    /// - Parameter now: rules that have expired are disregarded.
    /// - Complexity: O(*n*) for *n* rules.
    public init(of rules: RuleSet, at now: UnixTime) {
        let v4 = AddressSet(admittedBy: rules, family: .v4, at: now)
        let v6 = AddressSet(admittedBy: rules, family: .v6, at: now)
        admitsAllIPv4 = v4.isEverything
        admitsAllIPv6 = v6.isEverything
        shareOfInternet = [.v4: v4.shareOfInternet, .v6: v6.shareOfInternet]
        for family in IPFamily.allCases {
            var finder = IdleRuleFinder(rules: rules.rules)
            for index in rules.order.deciders(in: rules.rules, at: now)
            where rules.rules.heads[index].family == family {
                finder.append(index)
            }
            nestedCount += finder.nestedCount
            idleRules += finder.finish()
        }
    }

    /// Whether all of one family is admitted, but not of the other: 0.0.0.0/0 does not cover IPv6.
    public var admitsAllOfOneFamily: Bool { admitsAllIPv4 != admitsAllIPv6 }
}

/// Sweeps over the rules of one family, as the compiler does.
private struct IdleRuleFinder {
    let rules: RuleTable
    private var sweep = RangeSweep<UInt128>()
    /// In the order of the addresses.
    private var appended: [(rule: Int, around: Int?)] = []
    private(set) var nestedCount = 0

    init(rules: RuleTable) {
        self.rules = rules
    }

    mutating func append(_ index: Int) {
        let block = rules.block(of: index)
        let around = sweep.open(
            from: block.first.bits,
            through: block.last.bits,
            slot: rules.slot(index)
        ).rule
        appended.append((index, around))
        nestedCount += around == nil ? 0 : 1
    }

    mutating func finish() -> [RuleDiagnosis.IdleRule] {
        var decides = [Bool](repeating: false, count: rules.endIndex)
        for slot in sweep.finish().slots {
            if let rule = slot.rule { decides[rule] = true }
        }
        return appended.compactMap { rule, around in
            // A rule that no range names decides nowhere.
            let reason = decides[rule] ? reason(of: rule, around: around) : .shadowed
            return reason.map { RuleDiagnosis.IdleRule(rule: rule, reason: $0) }
        }
    }

    private func reason(of rule: Int, around: Int?) -> RuleDiagnosis.IdleRule.Reason? {
        let action = rules.action(of: rule)
        guard let around else {
            return action == .deny && rules.block(of: rule).prefixLength > 0
                ? .alreadyDenied : nil
        }
        let expiry = rules.expiry(of: around)
        let lastsAsLong = expiry == nil || expiry == rules.expiry(of: rule)
        return rules.action(of: around) == action && lastsAsLong ? .covered(by: around) : nil
    }
}
