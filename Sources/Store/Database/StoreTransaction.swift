import GRDB
import Policy
package import Time

/// One write: a draft of what is stored, changed step by step, in memory and in an open transaction
/// of the database. Each act is recorded in the audit.
///
/// If a method throws, the whole write is void.
package struct StoreTransaction {
    package private(set) var actor: AuditActor
    package let now: UnixTime
    var requestID: String?
    /// The draft.
    package internal(set) var policy: StoredPolicy
    package private(set) var keyring: Keyring
    package internal(set) var accounts: AccountBook
    package internal(set) var sessions: SessionBook
    package internal(set) var webhooks: [String: Webhook]
    private(set) var changesPolicy = false
    private(set) var records: [ChainedRecord] = []
    private var auditHead: (number: Int64, hash: String)
    /// `nil` in a dry run.
    let database: Database?

    init(
        _ before: PolicyStore.Contents,
        database: Database?,
        by actor: AuditActor,
        at now: UnixTime
    ) {
        self.actor = actor
        self.now = now
        self.database = database
        policy = before.policy
        keyring = before.keyring
        accounts = before.accounts
        sessions = before.sessions
        webhooks = before.webhooks
        auditHead = before.auditHead
    }

    /// What is stored once the transaction is committed.
    var contents: PolicyStore.Contents {
        PolicyStore.Contents(
            policy: policy,
            keyring: keyring,
            accounts: accounts,
            sessions: sessions,
            webhooks: webhooks,
            auditHead: auditHead
        )
    }

    /// From now on it is this one who acts: somebody whom only the transaction has recognized.
    package mutating func act(as actor: AuditActor) {
        self.actor = actor
    }

    /// Records an act.
    package mutating func record(_ act: AuditedAct) throws {
        let record = AuditRecord(
            number: auditHead.number + 1,
            at: now,
            actor: actor,
            action: act.action,
            warehouse: act.warehouse,
            target: act.target,
            before: act.before,
            after: act.after,
            note: act.note,
            requestId: requestID
        )
        let chained = try ChainedRecord(record, after: auditHead.hash)
        if let database { try AuditRows.write(chained, to: database) }
        auditHead = (record.number, chained.hash)
        records.append(chained)
    }

    /// To be called once the draft is complete.
    func finish() throws {
        guard let database, changesPolicy else { return }
        try PolicyRows.write(policy.revision.number, as: .revision, to: database)
    }

    /// To be called before the policy is changed: the draft gets its revision.
    mutating func touch() {
        guard !changesPolicy else { return }
        changesPolicy = true
        policy.revision = PolicyRevision(policy.revision.number + 1)
    }

    mutating func replaceKeys(_ keys: some Sequence<APIKey>) {
        keyring = Keyring(keys)
    }

    func warehouse(_ id: String) throws -> StoredWarehouse {
        guard let warehouse = policy.warehouses[id] else {
            throw StoreRefusal.unknownWarehouse(id)
        }
        return warehouse
    }

    /// Changes a warehouse's own row: its mode and the version of its whitelist.
    mutating func updateWhitelist(
        of id: String,
        _ body: (inout StoredWarehouse) throws -> Void
    ) throws {
        var warehouse = try warehouse(id)
        touch()
        try body(&warehouse)
        warehouse.version = policy.revision.number
        policy.warehouses[id] = warehouse
        if let database { try PolicyRows.write(warehouse, id: id, to: database) }
    }
}
