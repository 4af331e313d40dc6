import Addresses
import CIDRTrie
import Policy
import Synchronization
import Time

// MARK: - The lists together

/// What is wrong or doubtful in the rules of a whitelist's lists taken together, by index in the
/// table of all of them, one list after the other.
struct WhitelistDiagnosis: Sendable {
    var clashes: [RuleConflict.Clash] = []
    var duplicates: [RuleDuplicate] = []
    /// Not known if there are clashes.
    var rules: RuleDiagnosis?

    /// - Complexity: O(*n* log *n*) for *n* rules.
    init(of lists: [EntryList], at now: UnixTime) {
        do throws(RuleConflict) {
            let set = try RuleSet(Self.table(of: lists))
            duplicates = set.duplicates
            rules = RuleDiagnosis(of: set, at: now)
        } catch {
            clashes = error.clashes
        }
    }

    private static func table(of lists: [EntryList]) -> RuleTable {
        if let only = lists.first, lists.count == 1 { return only.trie.rules }
        var builder = RuleTable.Builder()
        for list in lists {
            let rules = list.trie.rules
            for index in rules.indices {
                builder.append(rules[index], isEnabled: rules.isEnabled(index))
            }
        }
        return builder.table
    }
}

/// The diagnoses of the run before: one is used again if the whitelist has the same lists.
final class WhitelistDiagnoses: Sendable {
    private struct Known {
        let lists: [EntryList]
        let diagnosis: WhitelistDiagnosis
    }

    private let known = Mutex<[String: Known]>([:])

    /// - Parameter path: where the whitelist is in the configuration.
    func diagnosis(of lists: [EntryList], at path: String, _ now: UnixTime) -> WhitelistDiagnosis {
        if let known = known.withLock({ $0[path] }), known.lists.isSame(as: lists) {
            return known.diagnosis
        }
        let diagnosis = WhitelistDiagnosis(of: lists, at: now)
        // What expires is judged again each time.
        let isLasting = !lists.contains { $0.trie.rules.hasExpiries }
        known.withLock { known in
            known[path] = isLasting ? Known(lists: lists, diagnosis: diagnosis) : nil
        }
        return diagnosis
    }
}

extension [EntryList] {
    /// Files that were not read again are the same objects; entries are few and are compared.
    fileprivate func isSame(as other: [EntryList]) -> Bool {
        count == other.count
            && zip(self, other).allSatisfy { $0 === $1 || $0.name == .entries && $0 == $1 }
    }
}

// MARK: - Reports

extension WhitelistReader {
    /// Reports contradictions and duplicates at the later rule's place.
    ///
    /// - Parameter isComplete: whether all entries were understood, and all of them are considered;
    ///   if so, entries without effect and openness to all are warned of too.
    func reportDiagnosis(at place: Place, isComplete: Bool) {
        let checked = sources.filter { $0.origins != nil }
        guard !checked.isEmpty || isComplete else { return }
        let diagnosis = place.decoding.lists.diagnoses.diagnosis(
            of: checked.map(\.list),
            at: place.path,
            place.decoding.now
        )
        let origins = RuleOrigins(checked)
        for clash in diagnosis.clashes { report(clash, origins) }
        for duplicate in diagnosis.duplicates { report(duplicate, origins) }
        guard isComplete, let rules = diagnosis.rules else { return }
        reportIdleRules(of: rules, origins)
        warnOfOpenness(shares(rules, at: place.decoding.now), at: place)
    }

    private func report(_ clash: RuleConflict.Clash, _ origins: RuleOrigins) {
        origins[clash.second].report(
            .error,
            "\(clash.block) is both allowed and denied (see \(origins[clash.first].reference))",
            remedy: "remove one of the two"
        )
    }

    /// Of entries only: long lists are often compiled from several others.
    private func report(_ duplicate: RuleDuplicate, _ origins: RuleOrigins) {
        let dropped = origins[duplicate.dropped]
        guard dropped.file == nil else { return }
        dropped.report(
            .warning,
            "duplicate of \(origins[duplicate.kept].reference); no effect",
            remedy: "remove one of the two"
        )
    }

    /// The part of each family's internet that the rules admit, with those of compiled lists.
    private func shares(_ diagnosis: RuleDiagnosis, at now: UnixTime) -> [IPFamily: Double] {
        let compiled = sources.filter { $0.origins == nil }.map(\.list.trie.rules)
        let mayBeOpen = compiled.contains { rules in
            IPFamily.allCases.contains { rules.greatestShareOfInternet($0) >= 0.1 }
        }
        guard mayBeOpen else { return diagnosis.shareOfInternet }
        let own = sources.filter { $0.origins != nil }.flatMap { Array($0.list.trie.rules) }
        let all = RuleSet(strictest: own + compiled.flatMap(\.blocksAndActions))
        return IPFamily.allCases.reduce(into: [:]) { shares, family in
            shares[family] = AddressSet(admittedBy: all, family: family, at: now).shareOfInternet
        }
    }

    /// Warns of rules without effect. Each entry is named; of a file only the first such rule is,
    /// and how many there are.
    private func reportIdleRules(of diagnosis: RuleDiagnosis, _ origins: RuleOrigins) {
        let idle = diagnosis.idleRules.sorted { $0.rule < $1.rule }
        let byList = Dictionary(grouping: idle) { origins.list(of: $0.rule) }
        for (_, rules) in byList.sorted(by: { $0.key < $1.key }) {
            let isFile = rules.first.map { origins[$0.rule].file != nil } ?? false
            for rule in isFile ? Array(rules.prefix(1)) : rules {
                let more =
                    isFile && rules.count > 1
                    ? "; so \(rules.count == 2 ? "is 1 other" : "are \(rules.count - 1) others") in this file"
                    : ""
                origins[rule.rule].report(
                    .warning,
                    "\(origins.block(rule.rule)) is redundant: \(text(rule.reason, origins))\(more)",
                    remedy: isFile ? "sluice cidr stats lists them" : "remove it"
                )
            }
        }
    }

    private func text(_ reason: RuleDiagnosis.IdleRule.Reason, _ origins: RuleOrigins) -> String {
        switch reason {
        case .covered(let outer):
            "covered by \(origins.block(outer)) (\(origins[outer].reference))"
        case .shadowed: "longer prefixes cover all of it"
        case .alreadyDenied: "no other entry admits these addresses"
        }
    }

    private func warnOfOpenness(_ shares: [IPFamily: Double], at place: Place) {
        let open = IPFamily.allCases.compactMap { family in
            AddressOpenness(family, share: shares[family] ?? 0)
        }
        if open.count == 2, open.allSatisfy(\.isWhole) {
            return place.warning(
                "every address is admitted",
                remedy: "narrow the entries, or write mode: anywhere if that is intended"
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
                    + (isOnly ? ", or add \(other) if that is intended" : "")
            )
        }
    }
}

/// Where the rules of several lists are written, by index in the table of all of them.
private struct RuleOrigins {
    private let sources: [WhitelistReader.Source]
    /// Where each list begins in the table.
    private let starts: [Int]

    init(_ sources: [WhitelistReader.Source]) {
        self.sources = sources
        starts = sources.reduce(into: [0]) { starts, source in
            starts.append((starts.last ?? 0) + source.list.count)
        }
    }

    func list(of rule: Int) -> Int {
        (starts.firstIndex { $0 > rule } ?? starts.count) - 1
    }

    func block(_ rule: Int) -> CIDRBlock {
        let list = list(of: rule)
        return sources[list].list.trie.rules.block(of: rule - starts[list])
    }

    subscript(rule: Int) -> RuleOrigin {
        let list = list(of: rule)
        let index = rule - starts[list]
        switch sources[list].origins {
        case .entries(let places): return RuleOrigin(place: places[index])
        case .file(let file, let place, let path):
            return switch file.places {
            case .lines(let lines): RuleOrigin(place: place, file: path, line: lines[index])
            case .paths(let paths):
                RuleOrigin(place: place, file: path, feedPath: "\(paths[index])")
            case .none: preconditionFailure("a compiled list is not checked")
            }
        case nil: preconditionFailure("a compiled list is not checked")
        }
    }
}

/// Where one rule is written.
private struct RuleOrigin {
    let place: Place
    var file: String?
    /// Counted from 1; `nil` in a cloud's list.
    var line: Int?
    /// The place in a cloud's list.
    var feedPath: String?

    /// As messages name another place: `office.cidrs:12`.
    var reference: String {
        guard let file else { return place.location.reference }
        return line.map { "\(file):\($0)" } ?? "\(file): \(feedPath ?? "")"
    }

    func report(
        _ severity: ConfigurationFinding.Severity,
        _ message: String,
        remedy: String
    ) {
        if let file {
            let position = line.map { SourcePosition(line: $0, column: 1) }
            let subject = feedPath.map { "\($0): " } ?? ""
            place.report(severity, in: file, at: position, subject + message, remedy)
        } else if severity == .error {
            place.error(message, remedy: remedy)
        } else {
            place.warning(message, remedy: remedy)
        }
    }
}
