import Addresses
import CIDRTrie
import Text
import Time

/// What `sluice cidr stats` reports about a list.
struct ListStatistics: Codable {
    /// Maximum number of redundant rules listed.
    static let namedLimit = 20

    var rules: Int
    var duplicates: Int
    /// Rules that lie inside another one: they overlap, and the longer prefix decides.
    var nested: Int
    var compiledBytes: Int
    /// For each family and prefix length how many rules, as `IPv4/24`.
    var prefixes: [String: Int] = [:]
    /// For each family how many addresses are admitted; text, as it may take 128 bits.
    var admitted: [String: String] = [:]
    var idleRules: Int
    /// The first of them, with their places and reasons.
    var idle: [String]
    var warnings: [String] = []

    init(of ruleSet: RuleSet, places: (Int) -> String, at now: UnixTime) {
        let trie = CompiledTrie(ruleSet)
        let diagnosis = RuleDiagnosis(of: ruleSet, at: now)
        rules = ruleSet.rules.count
        duplicates = ruleSet.duplicates.count
        nested = diagnosis.nestedCount
        compiledBytes = trie.statistics.byteCount + trie.statistics.ruleByteCount
        idleRules = diagnosis.idleRules.count
        idle = diagnosis.idleRules.prefix(Self.namedLimit).map { rule in
            "\(places(rule.rule)): \(ruleSet.rules[rule.rule].block) \(rule.reason.words(places))"
        }
        for rule in ruleSet.rules {
            prefixes["\(rule.block.family)/\(rule.block.prefixLength)", default: 0] += 1
        }
        for family in IPFamily.allCases {
            let set = AddressSet(admittedBy: ruleSet, family: family, at: now)
            admitted["\(family)"] = "\(set.count)"
            if set.isEverything {
                warnings.append("every \(family) address is admitted")
            } else if set.shareOfInternet >= 0.5 {
                let percent = Int(set.shareOfInternet * 100)
                warnings.append("\(percent)% of all \(family) addresses are admitted")
            }
        }
        if diagnosis.admitsAllOfOneFamily {
            warnings.append(
                "no address of the other family is: 0.0.0.0/0 does not cover IPv6, nor ::/0 IPv4"
            )
        }
    }
}

extension RuleDiagnosis.IdleRule.Reason {
    fileprivate func words(_ places: (Int) -> String) -> String {
        switch self {
        case .covered(let outer): "is covered by \(places(outer)) with the same action"
        case .shadowed: "never decides: longer prefixes cover all of it"
        case .alreadyDenied: "denies addresses that no other rule admits"
        }
    }
}

extension ListStatistics {
    var text: String {
        let lines = [
            "rules       \(rules)" + (duplicates > 0 ? ", \(duplicates.of("duplicate"))" : "")
                + (nested > 0 ? ", \(nested) nested in \(nested == 1 ? "another" : "others")" : ""),
            "compiled    \(compiledBytes) bytes",
        ]
        let families = IPFamily.allCases.map { family in
            "\(family)        admits \(admitted["\(family)"] ?? "0") addresses"
                + lengths(of: family).map { "\n            /\($0.length): \($0.count)" }.joined()
        }
        let warned = warnings.map { "warning     \($0)" }
        let named = idle.map { "redundant   \($0)" }
        let more = idleRules > idle.count ? ["redundant   and \(idleRules - idle.count) more"] : []
        return (lines + families + warned + named + more).joined(separator: "\n")
    }

    private func lengths(of family: IPFamily) -> [(length: Int, count: Int)] {
        (0...Int(family.bitWidth)).compactMap { length in
            prefixes["\(family)/\(length)"].map { (length, $0) }
        }
    }
}
