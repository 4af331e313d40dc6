import Addresses
public import Time

/// What is odd about a list, though it is valid: rules that change nothing, and rules that admit
/// everybody.
public struct RuleDiagnosis: Hashable, Sendable {
    /// A rule that could be left out, and why.
    public struct IdleRule: Hashable, Sendable {
        public enum Reason: Hashable, Sendable {
            /// The smallest rule around it says the same and lasts as long: it is redundant.
            case saysTheSame(as: Int)
            /// Longer prefixes cover all of its addresses: it is shadowed.
            case shadowed
            /// It denies what is denied anyway, as no rule around it admits. A rule that denies a
            /// whole family is not blamed: it writes the default down.
            case deniesTheDenied
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
    /// How many rules lie inside another one, whatever they say.
    public private(set) var nestedCount = 0
    /// Whether every IPv4 address is admitted, be it by 0.0.0.0/0 or by parts of it.
    public let admitsAllIPv4: Bool
    public let admitsAllIPv6: Bool
    /// For each family, the part of the internet that is admitted: ``AddressSet/shareOfInternet``.
    public let shareOfInternet: [IPFamily: Double]

    /// - Parameter now: rules that have expired are left aside.
    /// - Complexity: O(*n*) for *n* rules.
    public init(of rules: RuleSet, at now: UnixTime) {
        let v4 = AddressSet(admittedBy: rules, family: .v4, at: now)
        let v6 = AddressSet(admittedBy: rules, family: .v6, at: now)
        admitsAllIPv4 = v4.isEverything
        admitsAllIPv6 = v6.isEverything
        shareOfInternet = [.v4: v4.shareOfInternet, .v6: v6.shareOfInternet]
        for family in IPFamily.allCases {
            var finder = IdleRuleFinder(rules: rules.rules)
            for index in rules.order where rules.rules[index].block.family == family {
                if !rules.rules[index].hasExpired(at: now) { finder.append(index) }
            }
            nestedCount += finder.nestedCount
            idleRules += finder.finish()
        }
    }

    /// Whether one family is open to all and the other is not: 0.0.0.0/0 does not cover IPv6.
    public var admitsAllOfOneFamily: Bool { admitsAllIPv4 != admitsAllIPv6 }
}

/// Sweeps over the rules of one family, as the compiler does.
private struct IdleRuleFinder {
    let rules: [Rule]
    private var sweep = RangeSweep<UInt128>()
    /// In the order of the addresses.
    private var appended: [(rule: Int, around: Int?)] = []
    private(set) var nestedCount = 0

    init(rules: [Rule]) {
        self.rules = rules
    }

    mutating func append(_ index: Int) {
        let rule = rules[index]
        let slot = Slot(rule: index, action: rule.action, expires: rule.expiry != nil)
        let around = sweep.open(
            from: rule.block.first.bits,
            through: rule.block.last.bits,
            slot: slot
        ).rule
        appended.append((index, around))
        nestedCount += around == nil ? 0 : 1
    }

    mutating func finish() -> [RuleDiagnosis.IdleRule] {
        var decides = [Bool](repeating: false, count: rules.count)
        for slot in sweep.finish().slots {
            if let rule = slot.rule { decides[rule] = true }
        }
        return appended.compactMap { rule, around in
            // A rule that no range names decides nowhere.
            let reason = decides[rule] ? reason(of: rules[rule], around: around) : .shadowed
            return reason.map { RuleDiagnosis.IdleRule(rule: rule, reason: $0) }
        }
    }

    private func reason(of rule: Rule, around: Int?) -> RuleDiagnosis.IdleRule.Reason? {
        guard let around else {
            return rule.action == .deny && rule.block.prefixLength > 0 ? .deniesTheDenied : nil
        }
        let outer = rules[around]
        let lastsAsLong = outer.expiry == nil || outer.expiry == rule.expiry
        return outer.action == rule.action && lastsAsLong ? .saysTheSame(as: around) : nil
    }
}
