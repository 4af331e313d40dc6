import GRDB
import Policy
import Text

/// The address groups, which several whitelists share.
extension StoreTransaction {
    package func group(_ name: String) throws -> AddressGroup {
        guard let group = policy.groups[name] else { throw StoreRefusal.unknownGroup(name) }
        return group
    }

    package mutating func createGroup(_ name: String, description: String) throws {
        try checkNewGroup(name)
        guard policy.groups.count < EntryLimits.groups else {
            throw StoreRefusal.tooMany("there are at most \(EntryLimits.groups) groups")
        }
        try Self.check(description: description)
        touch()
        var group = AddressGroup(
            name: name,
            description: description,
            version: policy.revision.number,
            list: StoredList(row: -1, list: .new(.group(name)))
        )
        if let database {
            try PolicyRows.write(group, to: database)
            group.list.row = try PolicyRows.makeList(.group(name), in: database)
            try PolicyRows.write(group.list, of: .group(name), to: database)
        }
        policy.groups[name] = group
        try record(
            AuditedAct(
                "group.create",
                target: name,
                after: ["description": .string(description)]
            )
        )
    }

    private func checkNewGroup(_ name: String) throws {
        guard !name.isEmpty, name.utf8.count <= EntryLimits.groupName,
            name.allSatisfy(\.isNameCharacter)
        else {
            throw StoreRefusal.invalid(
                field: "name",
                reason: "expected up to \(EntryLimits.groupName) letters, digits, - and _"
            )
        }
        guard policy.groups[name] == nil else { throw StoreRefusal.exists("group \(name)") }
    }

    /// Gives a group another name, also in the whitelists that use it.
    package mutating func renameGroup(_ name: String, to newName: String) throws {
        var group = try group(name)
        guard name != newName else { return }
        try checkNewGroup(newName)
        touch()
        group.name = newName
        group.version = policy.revision.number
        group.list.list = group.list.list.renamed(to: .group(newName))
        policy.groups[name] = nil
        policy.groups[newName] = group
        let users = policy.warehouses.filter { $0.value.groups.contains(name) }.keys.sorted()
        if let database {
            try PolicyRows.write(group, to: database)
            try database.execute(
                sql: "UPDATE entryList SET addressGroup = ? WHERE addressGroup = ?",
                arguments: [newName, name]
            )
            // Its checksum covers whose list it is.
            try PolicyRows.write(group.list, of: .group(newName), to: database)
        }
        for id in users {
            try updateWhitelist(of: id) { warehouse in
                warehouse.groups = warehouse.groups.map { $0 == name ? newName : $0 }.sorted()
            }
            let groups = try warehouse(id).groups
            if let database { try PolicyRows.write(groups: groups, of: id, to: database) }
        }
        if let database {
            try database.execute(
                sql: "DELETE FROM addressGroup WHERE name = ?",
                arguments: [name]
            )
        }
        try record(
            AuditedAct(
                "group.rename",
                target: newName,
                before: ["name": .string(name)],
                after: ["name": .string(newName)]
            )
        )
    }

    package mutating func describeGroup(_ name: String, _ description: String) throws {
        let before = try group(name).description
        guard before != description else { return }
        try Self.check(description: description)
        touch()
        try updateGroup(name) { $0.description = description }
        try record(
            AuditedAct(
                "group.change",
                target: name,
                before: ["description": .string(before)],
                after: ["description": .string(description)]
            )
        )
    }

    /// Removes a group that no warehouse uses.
    package mutating func removeGroup(_ name: String) throws {
        let group = try group(name)
        let users = policy.warehouses.filter { $0.value.groups.contains(name) }.keys.sorted()
        guard users.isEmpty else {
            throw StoreRefusal.conflict(
                "group \(name) is used by \(users.joined(separator: ", ")) (detach it there first)"
            )
        }
        touch()
        policy.groups[name] = nil
        if let database {
            try database.execute(
                sql: "DELETE FROM addressGroup WHERE name = ?",
                arguments: [name]
            )
        }
        try record(
            AuditedAct(
                "group.remove",
                target: name,
                before: [
                    "description": .string(group.description),
                    "count": .integer(Int64(group.list.list.count)),
                ]
            )
        )
    }

    mutating func updateGroup(_ name: String, _ body: (inout AddressGroup) -> Void) throws {
        var group = try group(name)
        body(&group)
        group.version = policy.revision.number
        policy.groups[name] = group
        if let database { try PolicyRows.write(group, to: database) }
    }

    static func check(description: String) throws {
        guard description.utf8.count <= EntryLimits.description else {
            throw StoreRefusal.invalid(
                field: "description",
                reason: "longer than \(EntryLimits.description) bytes"
            )
        }
        // SQLite would end the text there.
        guard !description.utf8.contains(0) else {
            throw StoreRefusal.invalid(field: "description", reason: "contains a NUL character")
        }
    }
}
