import CIDRTrie
import Policy
import Store
import Text
import Time

/// An entry that may be superfluous, and why.
struct WhitelistFinding: Encodable, Sendable {
    /// ``WhitelistDiagnosis/Kind``, or `unused`.
    let kind: String
    let entryId: String?
    let list: String
    let cidr: String
    /// Only of `unused`; `nil` if it has not decided since that is recorded.
    var lastHitAt: UnixTime?
    /// For people.
    let message: String
}

/// What is doubtful about a whitelist.
struct WhitelistFindings: Sendable {
    /// The first of them.
    private(set) var findings: [WhitelistFinding] = []
    /// All of them.
    private(set) var total = 0
    /// Whether every entry was looked at.
    private(set) var isComplete: Bool
    private let limit: Int
    private let whitelist: Whitelist

    /// Compares the entries with each other.
    ///
    /// - Parameter entryLimit: a longer whitelist is not searched.
    init(_ whitelist: Whitelist, limit: Int, entryLimit: Int = .max, at now: UnixTime) {
        self.whitelist = whitelist
        self.limit = limit
        let diagnosis = WhitelistDiagnosis(
            of: whitelist,
            at: now,
            limit: limit,
            entryLimit: entryLimit
        )
        isComplete = diagnosis.isComplete
        total = diagnosis.total
        findings = diagnosis.findings.map { finding in
            let message = "\(name(of: finding.place)) \(words(of: finding))"
            return self.finding(finding.kind.rawValue, finding.place, message)
        }
    }

    /// Adds the entries that have not decided on a connection for some days. Entries of files are not
    /// among them: it is not recorded when they decide.
    ///
    /// - Parameter stored: by the lists' positions.
    mutating func addUnused(
        for days: Int,
        _ hits: EntryHitTable,
        _ uses: EntryUses,
        stored: [Int: StoredList],
        at now: UnixTime
    ) {
        let start = now.seconds - Int64(days) * 86_400
        for (position, list) in whitelist.lists.enumerated() {
            guard let row = stored[position]?.row else { continue }
            let rules = list.trie.rules
            for index in list.trie.ascending where rules.isEnabled(index) {
                if let expiry = rules.expiry(of: index), expiry <= now { continue }
                let key = EntryHitTable.Key(list: list.series, block: rules.block(of: index))
                let hit = hits[key]?.lastHit
                // What decides now is in use, and most entries of a long list may.
                if let hit, hit.seconds > start { continue }
                let place = EntryPlace(list: row, number: list.id(at: index).number)
                guard let idle = uses.idleSince(place, hit: hit),
                    idle.seconds <= start
                else { continue }
                // Before it was made or changed, it could not. Looked up last: that takes longest.
                if let edit = list[index].editedAt, edit.seconds > start { continue }
                add(.init(list: position, index: index), days, [hit, uses.last[place]])
            }
        }
    }

    private mutating func add(_ place: WhitelistDiagnosis.Place, _ days: Int, _ hits: [UnixTime?]) {
        total += 1
        guard findings.count < limit else { return }
        let last = hits.compactMap(\.self).max()
        let words = last.map { "; the last match was at \($0.rfc3339)" } ?? ""
        let message = "\(name(of: place)) has matched nothing in \(days.of("day"))\(words)"
        var finding = finding("unused", place, message)
        finding.lastHitAt = last
        findings.append(finding)
    }

    private func finding(_ kind: String, _ place: WhitelistDiagnosis.Place, _ message: String)
        -> WhitelistFinding
    {
        let list = whitelist.lists[place.list]
        return WhitelistFinding(
            kind: kind,
            entryId: list.isFile ? nil : reference(to: place),
            list: list.name.apiText,
            cidr: list[place.index].text,
            message: message
        )
    }

    private func reference(to place: WhitelistDiagnosis.Place) -> String {
        let list = whitelist.lists[place.list]
        return "\(EntryReference(service: list.name.service, id: list.id(at: place.index)))"
    }

    /// `203.0.113.0/24 (entry 3)`, `203.0.113.0/24 (entry 3 of group:office)`
    private func name(of place: WhitelistDiagnosis.Place) -> String {
        let list = whitelist.lists[place.list]
        let text = list[place.index].text
        return switch list.name {
        case .entries, .service: "\(text) (entry \(reference(to: place)))"
        case .group: "\(text) (entry \(reference(to: place)) of \(list.name.apiText))"
        case .file: "\(text) (\(list.name.apiText))"
        }
    }

    private func words(of finding: WhitelistDiagnosis.Finding) -> String {
        let other = finding.other.map(name) ?? ""
        return switch finding.kind {
        case .duplicate: "is redundant: \(other) is the same"
        case .contradicted: "has no effect: \(other) denies the same block"
        case .covered: "is redundant: covered by \(other)"
        case .shadowed: "has no effect: longer prefixes cover all of its addresses"
        case .alreadyDenied: "has no effect: no other entry admits these addresses"
        case .alreadyAllowed:
            "has no effect: the mode is anywhere, and no entry denies these addresses"
        }
    }
}
