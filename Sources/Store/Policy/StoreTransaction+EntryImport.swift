import CIDRTrie
package import Policy
import Text

/// What an import does with entries that are in the list already.
package enum ImportMode: String, CaseIterable, Sendable {
    /// Adds entries; those whose block is in the list stay exactly as they are.
    case add
    /// Also changes those to what the import has.
    case update
    /// Also removes all others.
    case replace
}

/// An attribute in which an entry of the list and an imported one may differ. How the block was
/// written is none.
package enum EntryDifference: String, CaseIterable, Sendable {
    case action, description, enabled, expiresAt
}

/// What an import comes to.
package struct ImportResult: Sendable {
    package enum Outcome: String, CaseIterable, Sendable {
        case added, changed, removed
        /// It is in the list with other attributes, and stays as it is.
        case kept
        case unchanged
    }

    /// What happened to one entry.
    package struct Item: Sendable {
        package var outcome: Outcome
        /// Of the entry in the list; of one that was removed as well.
        package var id: EntryID?
        /// As it was in the list before.
        package var listed: WhitelistEntry?
        package var imported: WhitelistEntry?
        /// Which of the imported entries it is.
        package var position: Int?

        /// Empty unless the entry was in the list and is imported.
        package var differences: [EntryDifference] {
            guard let listed, let imported else { return [] }
            return listed.differences(from: imported)
        }
    }

    /// The first of each outcome, in the order of the import.
    package private(set) var items: [Item] = []
    private var counts: [Outcome: Int] = [:]

    /// Of each outcome.
    package static let itemLimit = 100

    /// All of them.
    package func count(_ outcome: Outcome) -> Int { counts[outcome] ?? 0 }

    fileprivate mutating func record(_ item: Item) {
        counts[item.outcome, default: 0] += 1
        if count(item.outcome) <= Self.itemLimit { items.append(item) }
    }

    fileprivate mutating func identify(_ added: [EntryID]) {
        var rest = added[...]
        for index in items.indices where items[index].outcome == .added {
            items[index].id = rest.popFirst()
        }
    }

    fileprivate func auditValue(_ mode: ImportMode) -> JSONValue {
        var members: [String: JSONValue] = ["mode": .string(mode.rawValue)]
        for outcome in Outcome.allCases {
            members[outcome.rawValue] = .integer(count(outcome))
        }
        return .object(members)
    }
}

extension StoreTransaction {
    /// Imports entries into a list, as `mode` has it.
    ///
    /// Entries that are the same but for how their block was written count as unchanged: a list that
    /// is imported again changes nothing.
    ///
    /// - Parameter entries: no two with the same block.
    package mutating func importEntries(
        _ entries: [WhitelistEntry],
        into reference: ListReference,
        mode: ImportMode
    ) throws -> ImportResult {
        let list = try list(reference)?.list
        var result = ImportResult()
        var (changes, additions): ([EntryEdit], [EntryEdit]) = ([], [])
        var found: Set<Int> = []
        for (position, entry) in entries.enumerated() {
            var item = ImportResult.Item(outcome: .added, imported: entry, position: position)
            defer { result.record(item) }
            guard let list, let index = list.trie.indices(of: entry.rule.block).first else {
                additions.append(.add(entry))
                continue
            }
            if mode == .replace { found.insert(index) }
            let listed = list[index]
            (item.id, item.listed) = (list.id(at: index), listed)
            if listed.differences(from: entry).isEmpty {
                item.outcome = .unchanged
            } else if mode == .add {
                item.outcome = .kept
            } else {
                item.outcome = .changed
                changes.append(.change(list.id(at: index), to: entry))
            }
        }
        if mode == .replace, let list {
            for index in list.trie.rules.indices where !found.contains(index) {
                let id = list.id(at: index)
                result.record(.init(outcome: .removed, id: id, listed: list[index]))
                changes.append(.remove(id))
            }
        }
        guard !changes.isEmpty || !additions.isEmpty else { return result }
        result.identify(try edit(reference, changes + additions))
        try record(act("entries.import", in: reference, after: result.auditValue(mode)))
        return result
    }
}

extension WhitelistEntry {
    fileprivate func differences(from other: WhitelistEntry) -> [EntryDifference] {
        EntryDifference.allCases.filter { difference in
            switch difference {
            case .action: rule.action != other.rule.action
            case .description: rule.description != other.rule.description
            case .enabled: isEnabled != other.isEnabled
            case .expiresAt: rule.expiry != other.rule.expiry
            }
        }
    }
}
