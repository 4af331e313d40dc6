import CIDRTrie
import FoundationEssentials
import GRDB
import Policy
import Sockets
import Text
package import Time

extension PolicyStore {
    /// Writes a copy of the store to `file`, which must not exist: consistent, without stopping
    /// writers. It has the hashes of keys in it, and is readable by its owner only. Blocks.
    package func backUp(to file: String) throws(StoreError) {
        do {
            guard !FileManager.default.fileExists(atPath: file) else {
                throw StoreError.unusable(path: file, reason: "the file exists")
            }
            _ = try File(private: file)
            let copy = try DatabaseQueue(path: file)
            try pool.backup(to: copy)
            try copy.writeWithoutTransaction { database in
                // One file, without a write-ahead log beside it.
                try database.execute(sql: "PRAGMA journal_mode = DELETE")
            }
            try copy.close()
        } catch {
            throw Self.error(error, file)
        }
    }

    /// What a restore has done.
    package struct Restored: Sendable {
        package var warehouseCount: Int
        package var entryCount: Int
        /// Keys that are valid now.
        package var keyCount: Int
        /// Keys of the backup that stay revoked or were disabled.
        package var refusedKeys: [String]
        /// Where a damaged store was moved to.
        package var movedAside: String?
    }

    /// Puts the policy and the keys of a backup into the store at `path`. No process may have the
    /// store open. Blocks.
    ///
    /// A key that the store no longer has, or has disabled, stays revoked; if the store cannot be
    /// read, every key of the backup is disabled. The audit continues; if it cannot be read, it
    /// continues the backup's.
    package static func restore(
        _ backup: String,
        to path: String,
        by actor: AuditActor,
        at now: UnixTime
    ) throws -> Restored {
        let saved = try contents(of: backup)
        var movedAside: String?
        let store: PolicyStore
        do throws(StoreError) {
            store = try PolicyStore(path: path, mode: .create)
        } catch {
            guard error.isLoss else { throw error }
            movedAside = try replaceFile(at: path, by: backup, at: now)
            store = try PolicyStore(path: path, mode: .open)
        }
        defer { store.release() }
        let known = movedAside == nil ? store.keyring.keys : [:]
        let written = try store.write(by: actor, at: now) { transaction in
            try transaction.replaceEverything(
                by: saved,
                keepingRevoked: known,
                note: "from \(backup)"
            )
        }
        return Restored(
            warehouseCount: written.policy.warehouses.count,
            entryCount: saved.policy.entryCount,
            keyCount: store.keyring.keys.values.count(where: \.isEnabled),
            refusedKeys: written.value,
            movedAside: movedAside
        )
    }

    /// Reads and checks a backup.
    private static func contents(of backup: String) throws -> Contents {
        guard FileManager.default.fileExists(atPath: backup) else {
            throw StoreError.unusable(path: backup, reason: "no such file")
        }
        do {
            var configuration = Configuration()
            configuration.readonly = true
            let queue = try DatabaseQueue(path: backup, configuration: configuration)
            return try queue.read { database in
                guard try String.fetchOne(database, sql: "PRAGMA quick_check(1)") == "ok" else {
                    throw StoreError.damaged(path: backup, reason: "it is not a whole database")
                }
                guard try !Schema.migrator.hasBeenSuperseded(database) else {
                    throw StoreError.newer(path: backup)
                }
                return Contents(
                    policy: try PolicyRows.readPolicy(from: database),
                    keyring: Keyring(try KeyRows.readAll(from: database)),
                    auditHead: try AuditRows.head(in: database)
                )
            }
        } catch {
            throw Self.error(error, backup)
        }
    }

    private static func replaceFile(at path: String, by backup: String, at now: UnixTime) throws
        -> String?
    {
        let manager = FileManager.default
        var aside: String?
        for suffix in ["", "-wal", "-shm"] where manager.fileExists(atPath: path + suffix) {
            let target = "\(path).damaged-\(now.seconds)\(suffix)"
            try manager.moveItem(atPath: path + suffix, toPath: target)
            if suffix.isEmpty { aside = target }
        }
        _ = try File(private: path)
        try manager.removeItem(atPath: path)
        try manager.copyItem(atPath: backup, toPath: path)
        try manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        return aside
    }
}

extension StoredPolicy {
    /// In all lists.
    package var entryCount: Int {
        warehouses.values.reduce(0) { $0 + $1.lists.reduce(0) { $0 + $1.list.count } }
            + groups.values.reduce(0) { $0 + $1.list.list.count }
    }
}

extension StoreTransaction {
    /// - Returns: the names of keys that are not valid, although they were when the backup was made.
    mutating func replaceEverything(
        by saved: PolicyStore.Contents,
        keepingRevoked known: [String: APIKey],
        note: String
    ) throws -> [String] {
        touch()
        guard let database else { return [] }
        let (revision, wanted) = (policy.revision, saved.policy)
        try removePolicy(from: database)
        policy = StoredPolicy()
        policy.revision = revision
        for (name, group) in wanted.groups.sorted(by: { $0.key < $1.key }) {
            try copy(group, named: name, to: database)
        }
        for (id, warehouse) in wanted.warehouses.sorted(by: { $0.key < $1.key }) {
            try copy(warehouse, id: id, to: database)
        }
        for service in wanted.outboundServices {
            policy.outboundServices.append(service)
            try PolicyRows.write(service, to: database)
        }
        let refused = try restoreKeys(saved.keyring.keys, known: known, in: database)
        try record(
            AuditedAct(
                "store.restore",
                after: [
                    "warehouses": .integer(Int64(wanted.warehouses.count)),
                    "entries": .integer(Int64(wanted.entryCount)),
                ],
                note: note
            )
        )
        return refused
    }

    private func removePolicy(from database: Database) throws {
        // In the order of the references between them.
        for table in [
            "warehouseGroup", "entry", "entryList", "endpoint", "endpointService", "warehouse",
            "addressGroup", "outboundService", "answer",
        ] {
            try database.execute(sql: "DELETE FROM \(table)")
        }
    }

    private mutating func copy(_ group: AddressGroup, named name: String, to database: Database)
        throws
    {
        var copy = group
        copy.version = policy.revision.number
        try PolicyRows.write(copy, to: database)
        copy.list.row = try PolicyRows.makeList(group: name, in: database)
        try copyEntries(of: copy.list, to: database)
        policy.groups[name] = copy
    }

    private mutating func copy(_ warehouse: StoredWarehouse, id: String, to database: Database)
        throws
    {
        var copy = warehouse
        copy.version = policy.revision.number
        try PolicyRows.write(copy, id: id, to: database)
        for place in copy.lists.indices {
            let name = copy.lists[place].list.name
            let service: ServiceProtocol? = if case .service(let it) = name { it } else { nil }
            copy.lists[place].row = try PolicyRows.makeList(
                warehouse: id,
                service: service,
                in: database
            )
            try copyEntries(of: copy.lists[place], to: database)
        }
        try PolicyRows.write(groups: copy.groups, of: id, to: database)
        for service in copy.endpointServices {
            try PolicyRows.write(service, of: id, to: database)
        }
        for endpoint in copy.endpoints { try PolicyRows.write(endpoint, of: id, to: database) }
        policy.warehouses[id] = copy
    }

    private func copyEntries(of list: StoredList, to database: Database) throws {
        let statement = try PolicyRows.entryStatement(in: database)
        for index in list.list.trie.rules.indices {
            try PolicyRows.write(
                list.list[index],
                number: list.list.id(at: index).number,
                in: list.row,
                by: statement
            )
        }
        try PolicyRows.write(list, to: database)
    }

    private mutating func restoreKeys(
        _ saved: [String: APIKey],
        known: [String: APIKey],
        in database: Database
    ) throws -> [String] {
        var kept = known
        var refused: [String] = []
        for (id, key) in saved where known[id] == nil {
            // It was removed since, or it is not known whether it was.
            refused.append(key.name)
            var disabled = key
            disabled.isEnabled = false
            if known.isEmpty { kept[id] = disabled }
        }
        for key in kept.values { try KeyRows.write(key, to: database) }
        replaceKeys(kept.values)
        return refused.sorted()
    }
}
