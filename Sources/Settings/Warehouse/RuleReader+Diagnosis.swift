import Addresses
import CIDRTrie
import Time

// MARK: - Diagnosis

extension RuleReader {
    /// Warns of rules that change nothing, and of rules that admit everybody.
    ///
    /// Each entry is named. Long lists are often put together from several: of a file only the
    /// first such rule is, and how many there are.
    func reportDiagnosis(of ruleSet: RuleSet, at place: Place) {
        let diagnosis = RuleDiagnosis(of: ruleSet, at: place.decoding.now)
        reportIdleRules(of: diagnosis)
        warnOfOpenness(shares(diagnosis, at: place.decoding.now), at: place)
    }

    /// The part of each family's internet that the rules admit, with those of compiled lists.
    private func shares(_ diagnosis: RuleDiagnosis, at now: UnixTime) -> [IPFamily: Double] {
        let mayBeOpen = lists.contains { list in
            IPFamily.allCases.contains { list.rules.greatestShareOfInternet($0) >= 0.1 }
        }
        guard mayBeOpen else { return diagnosis.shareOfInternet }
        let all = RuleSet(strictest: rules + lists.flatMap { $0.rules.blocksAndActions })
        return IPFamily.allCases.reduce(into: [:]) { shares, family in
            shares[family] = AddressSet(admittedBy: all, family: family, at: now).shareOfInternet
        }
    }

    private func reportIdleRules(of diagnosis: RuleDiagnosis) {
        let bySource = Dictionary(grouping: diagnosis.idleRules) { origins[$0.rule].source }
        for (source, idle) in bySource.sorted(by: { $0.key < $1.key }) {
            guard let first = idle.min(by: { $0.rule < $1.rule }) else { continue }
            let isFile = sources[source].file != nil
            sources[source].report(
                .warning,
                line: origins[first.rule].line,
                "\(rules[first.rule].block) changes nothing: \(words(for: first.reason))"
                    + (idle.count > 1 ? "; so do \(idle.count - 1) more in this file" : ""),
                remedy: isFile ? "sluice cidr stats names them" : "remove it"
            )
        }
    }

    private func words(for reason: RuleDiagnosis.IdleRule.Reason) -> String {
        switch reason {
        case .saysTheSame(let outer):
            let origin = origins[outer]
            let place = sources[origin.source].reference(toLine: origin.line)
            return "\(rules[outer].block) around it says the same (\(place))"
        case .shadowed: return "longer prefixes decide on all of its addresses"
        case .deniesTheDenied: return "what no entry admits is denied anyway"
        }
    }

    private func warnOfOpenness(_ shares: [IPFamily: Double], at place: Place) {
        let open = IPFamily.allCases.compactMap { family in
            AddressOpenness(family, share: shares[family] ?? 0)
        }
        if open.count == 2, open.allSatisfy(\.isWhole) {
            return place.warning(
                "every address is admitted",
                remedy: "narrow the entries, or write mode: anywhere if that is meant"
            )
        }
        for openness in open {
            let (whole, other) =
                openness.family == .v4 ? ("0.0.0.0/0", "::/0") : ("::/0", "0.0.0.0/0")
            let isOnly = openness.isWhole && (shares[openness.family == .v4 ? .v6 : .v4] ?? 0) == 0
            let otherFamily = openness.family == .v4 ? IPFamily.v6 : .v4
            place.warning(
                "\(openness.subject) is admitted"
                    + (isOnly ? ": \(whole) does not cover \(otherFamily)" : ""),
                remedy: "narrow the entries"
                    + (isOnly ? ", or add \(other) if that is meant" : "")
            )
        }
    }
}
