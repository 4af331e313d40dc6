import CIDRTrie
import FoundationEssentials
import GRDB
import Policy
import Sockets
import Synchronization
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
            try Self.copy(pool, to: file)
        } catch {
            throw Self.error(error, file)
        }
    }

    /// Writes all that `source` holds to a new file: complete, or not at all.
    private static func copy(_ source: some DatabaseReader, to file: String) throws {
        _ = try File(private: file)
        do {
            let copy = try DatabaseQueue(path: file)
            try source.backup(to: copy)
            try copy.writeWithoutTransaction { database in
                // One file, without a write-ahead log beside it.
                try database.execute(sql: "PRAGMA journal_mode = DELETE")
            }
            try copy.close()
        } catch {
            remove(file)
            throw error
        }
    }

    /// Removes a database, if there is one.
    private static func remove(_ path: String) {
        for suffix in suffixes {
            // `try?`: what is left is found and reported when the file is made again.
            try? FileManager.default.removeItem(atPath: path + suffix)
        }
    }

    /// Of the files of a database.
    private static let suffixes = ["", "-wal", "-shm", "-journal"]

    /// What a restore has done.
    package struct Restored: Sendable {
        package var warehouseCount: Int
        package var entryCount: Int
        /// Keys that are valid now.
        package var keyCount: Int
        package var refusedKeys: Refused
        /// Accounts that are enabled now.
        package var accountCount: Int
        package var refusedAccounts: Refused
        /// Where a damaged store was moved to.
        package var movedAside: String?
    }

    /// What of a backup is not valid after its restore, although it was when the backup was made: by
    /// name, in order.
    package struct Refused: Hashable, Sendable {
        /// Removed since the backup, and not brought back.
        package internal(set) var removed: [String] = []
        /// Disabled: since the backup, or because it is not known what has become of it since.
        package internal(set) var disabled: [String] = []
        /// Not brought back, because another one has its name.
        package internal(set) var replaced: [String] = []

        package var count: Int { removed.count + disabled.count + replaced.count }

        fileprivate mutating func sort() {
            removed.sort()
            disabled.sort()
            replaced.sort()
        }
    }

    /// Puts the policy and the keys of a backup into the store at `path`. No process may have the
    /// store open. Blocks.
    ///
    /// A key or an account that was removed or disabled since the backup stays so, one that was made
    /// since stays, and accounts keep their passwords. What has become of a key or an account is not
    /// known if the store cannot be read, or if the backup is not of this store's past: one that only
    /// the backup has comes back disabled. All sessions end. The audit continues; if it cannot be
    /// read, it continues the backup's.
    package static func restore(
        _ backup: String,
        to path: String,
        by actor: AuditActor,
        at now: UnixTime
    ) throws -> Restored {
        let lock = try lock(path)
        let draft = path + ".restoring"
        remove(draft)
        defer { remove(draft) }
        let copy = try opened(backup, as: draft, lock)
        let saved = copy.contents.withLock { $0 }
        let store: PolicyStore
        do throws(StoreError) {
            store = try PolicyStore(path: path, mode: .create, lock: lock)
        } catch {
            guard error.isLoss else { throw error }
            // If the process ends before the new store is complete, the old one is still there, or
            // the store is missing.
            var restored = try copy.restore(saved, from: backup, known: nil, by: actor, now)
            restored.movedAside = try copy.move(to: path, at: now)
            return restored
        }
        var known = Known(store.contents.withLock { $0 })
        known.isComplete = try store.pool.read { database in
            try AuditRows.hash(of: saved.auditHead.number, in: database) == saved.auditHead.hash
        }
        return try store.restore(saved, from: backup, known: known, by: actor, now)
    }

    /// What was in a store until a backup was restored.
    struct Known {
        let contents: Contents
        /// Whether the backup is of this store's past, so that what the store lacks was removed.
        var isComplete = true

        init(_ contents: Contents) {
            self.contents = contents
        }
    }

    /// Puts this store in the place of another one.
    ///
    /// - Returns: where the other one is now.
    private func move(to path: String, at now: UnixTime) throws -> String? {
        // Everything in one file.
        try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try pool.close()
        try Self.writeMarker(path)
        let aside = try Self.moveAside(path, at: now)
        try FileManager.default.moveItem(atPath: self.path, toPath: path)
        try StoreMark.replace(path, at: contents.withLock { $0.position })
        return aside
    }

    /// - Parameter known: what was in the store until now; `nil` if it cannot be read.
    private func restore(
        _ saved: Contents,
        from backup: String,
        known: Known?,
        by actor: AuditActor,
        _ now: UnixTime
    ) throws -> Restored {
        let written = try write(by: actor, at: now) { transaction in
            try transaction.replaceEverything(
                by: saved,
                keepingRevoked: known,
                note: "from \(backup)"
            )
        }
        return Restored(
            warehouseCount: written.policy.warehouses.count,
            entryCount: saved.policy.entryCount,
            keyCount: keyring.keys.values.count(where: \.isEnabled),
            refusedKeys: written.value.keys,
            accountCount: accounts.accounts.values.count(where: \.isEnabled),
            refusedAccounts: written.value.accounts
        )
    }

    /// Copies a backup, which may be of an earlier version, and opens the copy as a store.
    private static func opened(_ backup: String, as draft: String, _ lock: FileLock) throws
        -> PolicyStore
    {
        guard FileManager.default.fileExists(atPath: backup) else {
            throw StoreError.unusable(path: backup, reason: "no such file")
        }
        do {
            var configuration = Configuration()
            configuration.readonly = true
            try copy(DatabaseQueue(path: backup, configuration: configuration), to: draft)
        } catch {
            throw Self.error(error, backup)
        }
        do throws(StoreError) {
            return try PolicyStore(path: draft, mode: .open, lock: lock, isDraft: true)
        } catch {
            throw error.about(backup)
        }
    }

    /// - Returns: where the store is now; `nil` if there is none.
    private static func moveAside(_ path: String, at now: UnixTime) throws -> String? {
        let manager = FileManager.default
        var (target, attempt) = ("\(path).damaged-\(now.seconds)", 1)
        while manager.fileExists(atPath: target) {
            attempt += 1
            target = "\(path).damaged-\(now.seconds)-\(attempt)"
        }
        // The log first: without it, a store is older, but with a log of another one it is damaged.
        for suffix in suffixes.reversed() where manager.fileExists(atPath: path + suffix) {
            try manager.moveItem(atPath: path + suffix, toPath: target + suffix)
        }
        return manager.fileExists(atPath: target) ? target : nil
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
    mutating func replaceEverything(
        by saved: PolicyStore.Contents,
        keepingRevoked known: PolicyStore.Known?,
        note: String
    ) throws -> (keys: PolicyStore.Refused, accounts: PolicyStore.Refused) {
        touch()
        guard let database else { return (PolicyStore.Refused(), PolicyStore.Refused()) }
        let wanted = saved.policy
        // Above all that anybody has seen: of the store, of the backup and, if the store is lost, of
        // what was written since the backup, which cannot have been a change each millisecond.
        let lost = known == nil ? UInt64(clamping: now.seconds) &* 1_000 : 0
        let revision = PolicyRevision(
            max(policy.revision.number, wanted.revision.number + 1, lost)
        )
        try removePolicy(from: database)
        policy = StoredPolicy()
        policy.revision = revision
        for (name, group) in wanted.groups.sorted(by: { $0.key < $1.key }) {
            try copy(group, named: name, to: database)
        }
        for service in wanted.outboundServices {
            policy.outboundServices.append(service)
            try PolicyRows.write(service, to: database)
        }
        for (id, warehouse) in wanted.warehouses.sorted(by: { $0.key < $1.key }) {
            try copy(warehouse, id: id, to: database)
        }
        let keys = try restoreKeys(saved.keyring.keys, known: known, in: database)
        let accounts = try restoreAccounts(saved.accounts.accounts, known: known)
        for session in sessions.sessions.keys { try closeSession(session) }
        try restoreWebhooks(saved.webhooks, known: known?.contents.webhooks)
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
        return (keys, accounts)
    }

    private func removePolicy(from database: Database) throws {
        // In the order of the references between them.
        for table in [
            "warehouseGroup", "entry", "entryList", "endpoint", "endpointService",
            "outboundEndpoint", "shadow", "warehouse", "addressGroup", "outboundService", "answer",
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
        copy.list.row = try PolicyRows.makeList(.group(name), in: database)
        try copyEntries(of: copy.list, .group(name), to: database)
        policy.groups[name] = copy
    }

    private mutating func copy(_ warehouse: StoredWarehouse, id: String, to database: Database)
        throws
    {
        var copy = warehouse
        copy.version = policy.revision.number
        // Whoever opened a listener did so for a time that has passed.
        copy.shadows = [:]
        try PolicyRows.write(copy, id: id, to: database)
        for place in copy.lists.indices {
            let owner = ListReference.warehouse(id, service: copy.lists[place].list.name.service)
            copy.lists[place].row = try PolicyRows.makeList(owner, in: database)
            try copyEntries(of: copy.lists[place], owner, to: database)
        }
        try PolicyRows.write(groups: copy.groups, of: id, to: database)
        for service in copy.endpointServices {
            try PolicyRows.write(service, of: id, to: database)
        }
        for endpoint in copy.endpoints { try PolicyRows.write(endpoint, of: id, to: database) }
        for endpoint in copy.outboundEndpoints {
            try PolicyRows.write(endpoint, of: id, to: database)
        }
        policy.warehouses[id] = copy
    }

    private func copyEntries(
        of list: StoredList,
        _ owner: ListReference,
        to database: Database
    ) throws {
        let statement = try PolicyRows.entryStatement(in: database)
        for index in list.list.trie.rules.indices {
            try PolicyRows.write(
                list.list[index],
                number: list.list.id(at: index).number,
                in: list.row,
                by: statement
            )
        }
        try PolicyRows.write(list, of: owner, to: database)
    }

    private mutating func restoreKeys(
        _ saved: [String: APIKey],
        known: PolicyStore.Known?,
        in database: Database
    ) throws -> PolicyStore.Refused {
        var kept = known?.contents.keyring.keys ?? [:]
        var refused = PolicyStore.Refused()
        for (id, key) in saved {
            if let current = kept[id] {
                if key.isEnabled, !current.isEnabled { refused.disabled.append(key.name) }
            } else if known?.isComplete == true {
                refused.removed.append(key.name)
            } else {
                refused.disabled.append(key.name)
                var disabled = key
                disabled.isEnabled = false
                kept[id] = disabled
            }
        }
        for key in kept.values {
            try DocumentTable.keys.write(key, id: key.id, to: database)
        }
        replaceKeys(kept.values)
        refused.sort()
        return refused
    }

    private mutating func restoreAccounts(
        _ saved: [String: Account],
        known: PolicyStore.Known?
    ) throws -> PolicyStore.Refused {
        let kept = known?.contents.accounts
        var refused = PolicyStore.Refused()
        for (id, account) in saved {
            if let current = kept?[id] {
                if account.isEnabled, !current.isEnabled { refused.disabled.append(account.name) }
            } else if known?.isComplete == true {
                refused.removed.append(account.name)
            } else if kept?.account(withOriginOf: account) != nil {
                refused.replaced.append(account.name)
            } else {
                refused.disabled.append(account.name)
                var disabled = account
                disabled.isEnabled = false
                try store(disabled)
            }
        }
        refused.sort()
        return refused
    }
}

extension EntryList.Name {
    /// The only service for which the list counts.
    fileprivate var service: ServiceProtocol? {
        if case .service(let service) = self { service } else { nil }
    }
}
