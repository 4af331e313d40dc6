import Addresses
import CIDRTrie
import GRDB
package import Policy
import Text
import Time

/// The most entries that one list takes.
package enum EntryLimits {
    package static let perList = 2_000_000
    /// In bytes.
    package static let description = 1_024
    package static let groupName = 64
    package static let groups = 1_000
}

// MARK: - Mode and groups of a whitelist

extension StoreTransaction {
    package mutating func setMode(_ mode: Whitelist.Mode, of id: String) throws {
        let before = try warehouse(id).mode
        guard before != mode else { return }
        try updateWhitelist(of: id) { $0.mode = mode }
        try record(
            AuditedAct(
                "whitelist.mode",
                warehouse: id,
                before: ["mode": .string(before.rawValue)],
                after: ["mode": .string(mode.rawValue)]
            )
        )
    }

    /// Sets the groups whose entries count in a warehouse's whitelist.
    package mutating func setGroups(_ names: [String], of id: String) throws {
        let before = try warehouse(id).groups
        let after = Set(names).sorted()
        guard before != after else { return }
        for name in after where policy.groups[name] == nil {
            throw StoreRefusal.unknownGroup(name)
        }
        try updateWhitelist(of: id) { $0.groups = after }
        if let database { try PolicyRows.write(groups: after, of: id, to: database) }
        try record(
            AuditedAct(
                "whitelist.groups",
                warehouse: id,
                before: .array(before.map(JSONValue.string)),
                after: .array(after.map(JSONValue.string))
            )
        )
    }

    /// The revision of the last change of a warehouse's whitelist or of a group.
    package func version(of reference: ListReference) throws -> UInt64 {
        switch reference {
        case .warehouse(let id, _): try warehouse(id).version
        case .group(let name): try group(name).version
        }
    }

    /// Refuses a change by a writer who has not seen the last one.
    package func checkVersion(_ seen: UInt64?, of reference: ListReference) throws {
        guard let seen else { return }
        let current = try version(of: reference)
        guard seen == current else { throw StoreRefusal.stale(seen: seen, current: current) }
    }
}

// MARK: - Entries

extension StoreTransaction {
    /// Adds entries.
    ///
    /// - Returns: their identities, in order.
    package mutating func add(_ entries: [WhitelistEntry], to reference: ListReference) throws
        -> [EntryID]
    {
        let ids = try edit(reference, entries.map(EntryEdit.add))
        if entries.count == 1 {
            try record(
                act("entry.add", in: reference, id: ids[0], after: entries[0].auditValue)
            )
        } else {
            try record(
                act(
                    "entries.add",
                    in: reference,
                    after: ["count": .integer(Int64(entries.count))],
                    note: entries.summary
                )
            )
        }
        return ids
    }

    package mutating func change(
        _ id: EntryID,
        in reference: ListReference,
        to entry: WhitelistEntry
    ) throws {
        let before = try self.entry(id, in: reference)
        guard before != entry else { return }
        _ = try edit(reference, [.change(id, to: entry)])
        try record(
            act(
                "entry.change",
                in: reference,
                id: id,
                before: before.auditValue,
                after: entry.auditValue
            )
        )
    }

    package mutating func remove(_ id: EntryID, from reference: ListReference) throws {
        let before = try entry(id, in: reference)
        _ = try edit(reference, [.remove(id)])
        try record(act("entry.remove", in: reference, id: id, before: before.auditValue))
    }

    /// Replaces the entries that satisfy `isReplaced` by `entries`; those that stay the same keep
    /// their identities.
    ///
    /// - Returns: what has been done.
    package mutating func replace(
        in reference: ListReference,
        where isReplaced: (WhitelistEntry) -> Bool,
        by entries: [WhitelistEntry],
        note: String? = nil
    ) throws -> ListChange {
        let list = try list(reference)?.list
        var plan = ListChange()
        var edits: [EntryEdit] = []
        var wanted: [CIDRBlock: WhitelistEntry] = [:]
        for entry in entries {
            guard wanted.updateValue(entry, forKey: entry.rule.block) == nil else {
                throw StoreRefusal.duplicateEntry(entry.text, of: nil)
            }
        }
        var additions: [EntryEdit] = []
        for index in list?.trie.rules.indices.map(\.self) ?? [] {
            guard let list else { break }
            let before = list[index]
            let new = wanted[before.rule.block]
            guard isReplaced(before) || new != nil else { continue }
            wanted[before.rule.block] = nil
            if let new, new.means(before) {
                plan.unchanged += 1
            } else if let new {
                edits.append(.change(list.id(at: index), to: new))
                plan.changed += 1
            } else {
                edits.append(.remove(list.id(at: index)))
                plan.removed += 1
            }
        }
        for entry in entries where wanted[entry.rule.block] != nil {
            additions.append(.add(entry))
        }
        plan.added = additions.count
        edits += additions
        guard !edits.isEmpty else { return plan }
        _ = try edit(reference, edits)
        try record(
            act("entries.replace", in: reference, after: plan.auditValue, note: note)
        )
        return plan
    }

    /// An entry as it is in the draft.
    package func entry(_ id: EntryID, in reference: ListReference) throws -> WhitelistEntry {
        guard let list = try list(reference)?.list, let index = list.index(of: id) else {
            throw StoreRefusal.unknownEntry(reference.reference(to: id))
        }
        return list[index]
    }

    /// `nil` if it has no entries and never had any.
    package func list(_ reference: ListReference) throws -> StoredList? {
        switch reference {
        case .warehouse(let id, let service): try warehouse(id).list(for: service)
        case .group(let name): try group(name).list
        }
    }

    func act(
        _ action: String,
        in reference: ListReference,
        id: EntryID? = nil,
        before: JSONValue? = nil,
        after: JSONValue? = nil,
        note: String? = nil
    ) -> AuditedAct {
        let target = id.map { "\(reference.reference(to: $0))" }
        switch reference {
        case .warehouse(let warehouse, let service):
            return AuditedAct(
                "whitelist.\(action)",
                warehouse: warehouse,
                target: target ?? service?.rawValue,
                before: before,
                after: after,
                note: note
            )
        case .group(let name):
            return AuditedAct(
                "group.\(action)",
                target: target.map { "\(name)/\($0)" } ?? name,
                before: before,
                after: after,
                note: note
            )
        }
    }
}

/// What a change of a list comes to.
package struct ListChange: Hashable, Sendable {
    package var added = 0
    package var changed = 0
    package var removed = 0
    package var unchanged = 0

    package init() {}

    var auditValue: JSONValue {
        [
            "added": .integer(Int64(added)), "changed": .integer(Int64(changed)),
            "removed": .integer(Int64(removed)), "unchanged": .integer(Int64(unchanged)),
        ]
    }
}

extension WhitelistEntry {
    /// Whether both say the same, no matter who has edited them.
    fileprivate func means(_ other: WhitelistEntry) -> Bool {
        rule == other.rule && text == other.text && isEnabled == other.isEnabled
    }

    var auditValue: JSONValue {
        var members: [String: JSONValue] = [
            "cidr": .string(text), "action": .string(rule.action.rawValue),
            "enabled": .bool(isEnabled),
        ]
        if !rule.description.isEmpty { members["description"] = .string(rule.description) }
        if let expiry = rule.expiry { members["expiresAt"] = .string(expiry.rfc3339) }
        return .object(members)
    }
}

extension [WhitelistEntry] {
    /// The first of them.
    fileprivate var summary: String? {
        guard !isEmpty else { return nil }
        let names = prefix(3).map(\.text).joined(separator: ", ")
        return count > 3 ? "\(names) and \(count - 3) more" : names
    }
}

// MARK: - Editing a list

extension StoreTransaction {
    /// Edits a list in memory and on disk; does not record it.
    mutating func edit(_ reference: ListReference, _ edits: [EntryEdit]) throws -> [EntryID] {
        for edit in edits { try Self.check(edit) }
        // Everything is checked before anything is written: a refusal leaves the draft as it was.
        let before = try list(reference)
        let edited: EntryList
        let added: [EntryID]
        do throws(EntryEditError) {
            let list = before?.list ?? .new(reference.listName)
            (edited, added) = try list.applyingMany(edits)
        } catch {
            throw Self.refusal(error, in: reference, edits)
        }
        guard edited.count <= EntryLimits.perList else {
            throw StoreRefusal.tooMany("a list has at most \(EntryLimits.perList) entries")
        }
        touch()
        var stored = StoredList(row: before?.row ?? -1, list: edited)
        if let database {
            if before == nil { stored.row = try PolicyRows.makeList(reference, in: database) }
            try write(edits, added: added, of: stored, to: database)
            try PolicyRows.write(stored, of: reference, to: database)
        }
        try replaceList(stored, at: reference)
        return added
    }

    private func write(
        _ edits: [EntryEdit],
        added: [EntryID],
        of list: StoredList,
        to database: Database
    ) throws {
        let statement = try PolicyRows.entryStatement(in: database)
        var newIDs = added[...]
        for edit in edits {
            switch edit {
            case .add(let entry):
                guard let id = newIDs.popFirst() else { return }
                try PolicyRows.write(entry, number: id.number, in: list.row, by: statement)
            case .change(let id, let entry):
                try PolicyRows.write(entry, number: id.number, in: list.row, by: statement)
            case .setEnabled(let id, _, _, _):
                // A later edit may have removed it.
                guard let index = list.list.index(of: id) else { continue }
                let entry = list.list[index]
                try PolicyRows.write(entry, number: id.number, in: list.row, by: statement)
            case .remove(let id):
                try PolicyRows.removeEntry(id.number, from: list.row, in: database)
            }
        }
    }

    private static func check(_ edit: EntryEdit) throws {
        switch edit {
        case .add(let entry), .change(_, let entry):
            try check(description: entry.rule.description)
        case .setEnabled, .remove: break
        }
    }

    private static func refusal(
        _ error: EntryEditError,
        in reference: ListReference,
        _ edits: [EntryEdit]
    ) -> StoreRefusal {
        switch error {
        case .noSuchEntry(let id): .unknownEntry(reference.reference(to: id))
        case .tooManyEntries(let limit): .tooMany("a list has at most \(limit) entries")
        case .duplicate(let block, let id):
            .duplicateEntry(
                edits.text(of: block) ?? block.description,
                of: id.map(reference.reference(to:))
            )
        }
    }

    private mutating func replaceList(_ list: StoredList, at reference: ListReference) throws {
        switch reference {
        case .warehouse(let id, _):
            try updateWhitelist(of: id) { warehouse in
                if let place = warehouse.lists.firstIndex(where: { $0.list.name == list.list.name })
                {
                    warehouse.lists[place] = list
                } else {
                    warehouse.lists.append(list)
                    warehouse.lists.sort { $0.list.name < $1.list.name }
                }
            }
        case .group(let name):
            try updateGroup(name) { $0.list = list }
        }
    }
}

extension EntryList {
    /// An empty list, whose entries are numbered from 1.
    static func new(_ name: Name) -> EntryList {
        EntryList(name, identified: [(id: EntryID, entry: WhitelistEntry)](), nextNumber: 1)
    }

    /// Above this number of additions to an empty list, it is compiled at once.
    private static let compileLimit = 64

    /// As ``applying(_:)``, but fast for the first entries of a long list.
    fileprivate func applyingMany(
        _ edits: [EntryEdit]
    ) throws(EntryEditError) -> (list: EntryList, added: [EntryID]) {
        guard count == 0, edits.count > Self.compileLimit else { return try applying(edits) }
        var blocks: Set<CIDRBlock> = []
        var entries: [(id: EntryID, entry: WhitelistEntry)] = []
        for edit in edits {
            guard case .add(let entry) = edit else { return try applying(edits) }
            guard blocks.insert(entry.rule.block).inserted else {
                throw .duplicate(entry.rule.block, of: nil)
            }
            entries.append((EntryID(number: nextNumber + UInt32(entries.count)), entry))
        }
        let next = nextNumber + UInt32(entries.count)
        return (EntryList(name, identified: entries, nextNumber: next), entries.map(\.id))
    }
}

extension [EntryEdit] {
    /// A block as the writer has written it.
    fileprivate func text(of block: CIDRBlock) -> String? {
        for edit in self {
            switch edit {
            case .add(let entry), .change(_, let entry):
                if entry.rule.block == block { return entry.text }
            case .setEnabled, .remove: continue
            }
        }
        return nil
    }
}
