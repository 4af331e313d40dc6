import Text

/// Who changed what.
package struct ActivityPage: ConsolePage {
    package static let template = "activity"

    struct Change: Sendable {
        let name: String
        /// `nil` for nothing, which is how a thing begins.
        let before: String?
        let after: String?
    }

    struct Row: Sendable {
        let number: String
        let at: Moment?
        let actor: String
        let address: String
        let action: String
        let warehouse: String
        let target: String
        let note: String
        let changes: [Change]
        let hasChanges: Bool
    }

    struct Filter: Sendable {
        let actor: String
        let action: String
        let warehouse: String
    }

    package let title = "Activity"
    package let events: String? = "changes"
    let rows: [Row]
    let pages: Paging
    let filter: Filter
    let emptyText: String

    package init(
        _ answer: ListAnswer,
        filter: (actor: String, action: String, warehouse: String),
        failure: String? = nil
    ) {
        self.filter = Filter(
            actor: filter.actor,
            action: filter.action,
            warehouse: filter.warehouse
        )
        rows = answer.items.map { Row($0) }
        pages = Paging(
            answer,
            path: "\(ConsolePath.root)/activity",
            query: [
                ("actor", filter.actor), ("action", filter.action),
                ("warehouse", filter.warehouse),
            ]
        )
        emptyText = failure ?? "No records. Every change is listed here, with who made it."
    }
}

extension ActivityPage.Row {
    init(_ record: JSONValue) {
        number = "\(record["number"]?.int ?? 0)"
        at = record["at"]?.moment
        actor = record["actor"]?["name"]?.string ?? ""
        address = record["actor"]?["address"]?.string ?? ""
        action = record["action"]?.string ?? ""
        warehouse = record["warehouse"]?.string ?? ""
        target = record["target"]?.string ?? ""
        note = record["note"]?.string ?? ""
        changes = Self.changes(record["before"], record["after"])
        hasChanges = !changes.isEmpty
    }

    /// What differs, by name.
    private static func changes(_ before: JSONValue?, _ after: JSONValue?)
        -> [ActivityPage.Change]
    {
        let (old, new) = (before?.members ?? [:], after?.members ?? [:])
        return Set(old.keys).union(new.keys).sorted().compactMap { name in
            let (before, after) = (old[name]?.shortText, new[name]?.shortText)
            guard old[name] != new[name], before != nil || after != nil else { return nil }
            return ActivityPage.Change(name: name, before: before, after: after)
        }
    }
}

extension JSONValue {
    /// `nil` for what says nothing.
    fileprivate var shortText: String? {
        let text = string ?? self.text
        guard !text.isEmpty, self != .null else { return nil }
        return text.count > 120 ? text.prefix(119) + "…" : text
    }
}
