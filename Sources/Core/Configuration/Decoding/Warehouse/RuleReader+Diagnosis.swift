import CIDRTrie

// MARK: - Diagnosis

extension RuleReader {
    /// Warns of rules that change nothing, and of rules that admit everybody.
    ///
    /// Each entry is named. Long lists are often put together from several: of a file only the
    /// first such rule is, and how many there are.
    func reportDiagnosis(of ruleSet: RuleSet, at place: Place) {
        let diagnosis = RuleDiagnosis(of: ruleSet, at: place.decoding.now)
        reportIdleRules(of: diagnosis)
        warnOfEverybody(diagnosis, at: place)
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

    private func warnOfEverybody(_ diagnosis: RuleDiagnosis, at place: Place) {
        switch (diagnosis.admitsAllIPv4, diagnosis.admitsAllIPv6) {
        case (true, true):
            place.warning(
                "every address is admitted",
                remedy: "narrow the entries, or write mode: anywhere if that is meant"
            )
        case (true, false):
            place.warning(
                "every IPv4 address is admitted, but not every IPv6 address: 0.0.0.0/0 does not "
                    + "cover IPv6",
                remedy: "narrow the entries, or add ::/0 if that is meant"
            )
        case (false, true):
            place.warning(
                "every IPv6 address is admitted, but not every IPv4 address: ::/0 does not cover "
                    + "IPv4",
                remedy: "narrow the entries, or add 0.0.0.0/0 if that is meant"
            )
        case (false, false): break
        }
    }
}
