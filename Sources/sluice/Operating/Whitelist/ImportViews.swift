import Control
import Text
import Time

/// The answer to an import, and to its preview.
struct ImportView: ChangeAnswer {
    struct Fault: Decodable, Hashable {
        var line: Int
        var text: String?
        var message: String
    }

    var added: Int?
    var changed: Int?
    var removed: Int?
    /// Entries that are in the list with other attributes, and stay as they are.
    var kept: Int?
    var unchanged: Int?
    /// The first of each outcome.
    var entries: [ImportedEntry]?
    var errors: [Fault]?
    var effect: ChangeEffect?

    /// `3 added, 1 removed, 12 unchanged`
    var words: String {
        (counts.filter { $0.count > 0 } + [(outcome: "unchanged", count: unchanged ?? 0)])
            .map { "\($0.count) \($0.outcome)" }.joined(separator: ", ")
    }

    /// Of all outcomes but `unchanged`.
    private var counts: [(outcome: String, count: Int)] {
        [("added", added ?? 0), ("changed", changed ?? 0), ("removed", removed ?? 0)]
            + [("kept", kept ?? 0)]
    }

    /// What an import would do, with the first entries of each outcome.
    var previewText: String {
        let shown = (entries ?? []).filter { $0.outcome != "unchanged" }
        guard !shown.isEmpty else { return words }
        let rows = shown.map { [$0.outcome, $0.line.cell, $0.entryId.cell, $0.cidr, $0.detail] }
        let table = Columns(["OUTCOME", .number("LINE"), "ID", "CIDR", "DETAIL"], rows).description
        let rest = counts.compactMap { outcome, count -> String? in
            let missing = count - shown.count { $0.outcome == outcome }
            return missing > 0 ? "\(missing) more \(outcome)" : nil
        }
        let ending = rest.isEmpty ? "" : "\nand \(rest.joined(separator: ", "))"
        return "\(words)\n\(table)\(ending)\(keptHint.map { "\n\($0)" } ?? "")"
    }

    /// How to change entries that were kept; `nil` if there are none.
    var keptHint: String? {
        guard let kept, kept > 0 else { return nil }
        return "\(kept.of("entry", "differs and stays", "differ and stay")) as before"
            + " (use --update to change \(kept == 1 ? "it" : "them"))"
    }

    /// The lines that are not understood.
    var errorTable: String {
        let rows = (errors ?? []).map { ["\($0.line)", $0.text.cell, $0.message] }
        return Columns([.number("LINE"), "TEXT", "ERROR"], rows).description
    }
}

extension ImportView {
    /// Entries that were in the list before.
    var presentCount: Int { (kept ?? 0) + (unchanged ?? 0) }

    /// What was added and what was there, one line each, in the order of the lines.
    var additionText: String {
        let entries = (entries ?? []).sorted { ($0.line ?? 0, $0.cidr) < ($1.line ?? 0, $1.cidr) }
        var lines = entries.map { entry in
            entry.outcome == "added"
                ? "added \(entry.words)" : "\(entry.cidr) is already in the list: \(entry.words)"
        }
        let missing = (added ?? 0) + presentCount - entries.count
        if missing > 0 { lines.append("and \(missing) more") }
        return lines.joined(separator: "\n")
    }

    /// What a gateway has refused because of such lines.
    init(refused data: JSONValue) {
        errors = (data["errors"]?.array ?? []).map { value in
            let line: Int? = if case .number(let text) = value["line"] { Int(text) } else { nil }
            return Fault(
                line: line ?? 0,
                text: value["text"]?.string,
                message: value["message"]?.string ?? "invalid"
            )
        }
    }
}

/// What an import does with one entry.
struct ImportedEntry: Decodable, Hashable {
    struct State: Decodable, Hashable {
        var action: String?
        var description: String?
        var enabled: Bool?
        var expiresAt: UnixTime?

        /// The value of an attribute, for people.
        fileprivate func words(_ attribute: String) -> String? {
            switch attribute {
            case "action": action
            case "description": description.map { $0.isEmpty ? "none" : $0.quoted }
            case "enabled": enabled.map { $0 ? "yes" : "no" }
            case "expiresAt": expiresAt?.rfc3339 ?? "never"
            default: nil
            }
        }
    }

    var outcome: String
    var entryId: String?
    var cidr: String
    var line: Int?
    /// Attributes in which the list and the import differ.
    var differences: [String]?
    var listed: State?
    var imported: State?

    /// `enabled no -> yes, expires 2027-01-01T00:00:00Z -> never`, or what an entry does.
    var detail: String {
        guard let listed, let imported, let differences, !differences.isEmpty else {
            return [(imported ?? listed)?.action, (imported ?? listed)?.description]
                .compactMap { $0.flatMap { $0.isEmpty ? nil : $0 } }.joined(separator: ", ")
        }
        return differences.map { name in
            let label = name == "expiresAt" ? "expires" : name
            return "\(label) \(listed.words(name) ?? "?") -> \(imported.words(name) ?? "?")"
        }.joined(separator: ", ")
    }

    /// `entry 12: allow 203.0.113.0/24 (disabled)`
    var words: String {
        let state = listed ?? imported
        var notes: [String] = []
        if state?.enabled == false { notes.append("disabled") }
        if let expiry = state?.expiresAt { notes.append("expires \(expiry.rfc3339)") }
        let id = entryId.map { "entry \($0): " } ?? ""
        let note = notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))"
        return "\(id)\(state?.action.map { "\($0) " } ?? "")\(cidr)\(note)"
    }
}
