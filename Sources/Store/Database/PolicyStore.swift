import Credentials
import Dispatch
import FoundationEssentials
import GRDB
import Sockets
import Synchronization
import Text
package import Time

/// The store: policy, keys and audit in one SQLite file, which one process writes.
///
///     let store = try PolicyStore(path: "sluice.db", mode: .create)
///     let written = try store.write(by: actor) { transaction in
///         try transaction.setMode(.nowhere, of: "AWVA7CM7")
///     }
///
/// What ``write(by:answering:isDryRun:_:)`` has returned is on disk (WAL with synchronous=FULL) and
/// survives a crash of the machine. What was being written when the process was killed is there
/// entirely or not at all.
package final class PolicyStore: Sendable {
    package enum Mode: Hashable, Sendable {
        /// Opens the store; makes one if there never was one.
        case create
        /// Opens a store that exists.
        case open
    }

    /// What is stored, in memory.
    struct Contents: Sendable {
        var policy: StoredPolicy
        var keyring: Keyring
        var accounts: AccountBook
        var sessions: SessionBook
        var webhooks: [String: Webhook]
        /// The last record's number and hash.
        var auditHead: (number: Int64, hash: String)
    }

    package let path: String
    let pool: DatabasePool
    private let lock: Mutex<FileLock?>
    let contents: Mutex<Contents>
    /// Those of the database's files, by path.
    private let files: [String: FileIdentity]
    /// Uses of keys and sessions.
    let uses = Mutex(Uses())
    /// Held while a transaction runs, so that memory and disk change in the same order.
    private let turn = Mutex(())
    /// `nil` for a copy that is not a store yet.
    private let mark: StoreMark?
    /// Set once another state of the store was found in its file.
    private let overwriting = Mutex<StoreError?>(nil)
    /// Told of each committed act.
    private let observer = Mutex<(@Sendable ([ChainedRecord]) -> Void)?>(nil)

    /// Opens, locks, migrates and checks a store. Blocks: a list of a million entries takes
    /// seconds.
    package convenience init(path: String, mode: Mode) throws(StoreError) {
        try self.init(path: path, mode: mode, lock: Self.lock(path))
    }

    /// - Parameter isDraft: whether it is a copy that may take the place of a store later. Its own
    ///   place is not marked as one that must have a store from now on.
    init(path: String, mode: Mode, lock: FileLock, isDraft: Bool = false) throws(StoreError) {
        self.path = path
        try Self.prepareFile(path, mode)
        do {
            pool = try Self.pool(path)
            try Self.check(pool, path)
            try Self.checkIsMade(pool, path)
            try Schema.migrator.migrate(pool)
            let contents = try pool.read(Self.read)
            self.contents = Mutex(contents)
            files = try Self.identities(path)
            mark = isDraft ? nil : try Self.mark(path, contents, pool)
            if !isDraft { try Self.writeMarker(path) }
        } catch {
            throw Self.error(error, path)
        }
        self.lock = Mutex(lock)
    }

    package var policy: StoredPolicy { contents.withLock { $0.policy } }
    package var keyring: Keyring { contents.withLock { $0.keyring } }
    package var accounts: AccountBook { contents.withLock { $0.accounts } }
    package var sessions: SessionBook { contents.withLock { $0.sessions } }
    package var webhooks: [String: Webhook] { contents.withLock { $0.webhooks } }
    /// The number of the last record of the audit; 0 without one.
    package var auditNumber: Int64 { contents.withLock { $0.auditHead.number } }

    /// Sets what is told of each act once it is on disk.
    package func observe(_ observer: @escaping @Sendable ([ChainedRecord]) -> Void) {
        self.observer.withLock { $0 = observer }
    }

    /// Leaves the store to another process, which may write to it from now on. It can still be read.
    /// All of it is in the one file then.
    package func release() {
        turn.withLock { _ in
            flushUses()
            if isWritable, loss == nil {
                // `try?`: what stays in the log is no less safe there.
                try? pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
            }
            lock.withLock { $0 = nil }
        }
    }

    /// Why this process can no longer write, as far as is known without reading the store: its files
    /// were removed, replaced or overwritten.
    package var loss: StoreError? {
        guard isWritable else { return nil }
        do throws(StoreError) {
            try checkFiles()
            return nil
        } catch {
            return error
        }
    }

    /// Whether this process may write.
    package var isWritable: Bool { lock.withLock { $0 != nil } }

    /// Reads what another process has written since.
    ///
    /// - Returns: whether the policy has changed.
    package func refresh() throws(StoreError) -> Bool {
        do {
            let (revision, head) = try pool.read { database in
                (try PolicyRows.readRevision(from: database), try AuditRows.head(in: database))
            }
            let known = contents.withLock { ($0.policy.revision, $0.auditHead.number) }
            guard known != (revision, head.number) else {
                return false
            }
            let new = try pool.read(Self.read)
            contents.withLock { $0 = new }
            return new.policy.revision != known.0
        } catch {
            throw Self.error(error, path)
        }
    }
}

// MARK: - Writing

extension PolicyStore {
    /// What a write has done.
    package struct Written<Value: Sendable>: Sendable {
        package var value: Value
        /// The policy after it.
        package var policy: StoredPolicy
        /// Whether the policy has changed, and not only keys or nothing at all.
        package var changesPolicy: Bool
    }

    /// Runs `body` and commits what it has changed: everything or, if it throws, nothing. Blocks.
    ///
    /// - Parameters:
    ///   - answering: the request that is answered; its answer, `body`'s value, is stored with the
    ///     change (``StoredAnswer``).
    ///   - isDryRun: nothing is committed.
    /// - Throws: ``StoreRefusal``, ``StoreError``, and what `body` throws. After
    ///   ``StoreError/unmarked(path:reason:)`` the change is stored; after any other error nothing is.
    package func write<Value: Sendable>(
        by actor: AuditActor,
        answering request: RequestIdentity? = nil,
        isDryRun: Bool = false,
        at now: UnixTime,
        _ body: (inout StoreTransaction) throws -> Value
    ) throws -> Written<Value> {
        try turn.withLock { _ in
            guard isDryRun || isWritable else { throw StoreError.locked(path: path) }
            try checkFiles()
            let before = contents.withLock { $0 }
            if isDryRun {
                var transaction = StoreTransaction(before, database: nil, by: actor, at: now)
                let value = try body(&transaction)
                return Written(
                    value: value,
                    policy: transaction.policy,
                    changesPolicy: transaction.changesPolicy
                )
            }
            try finishMark()
            let (value, transaction) = try commit(before, by: actor, request, at: now, body)
            contents.withLock { $0 = transaction.contents }
            if !transaction.records.isEmpty {
                observer.withLock { $0 }?(transaction.records)
            }
            try advanceMark()
            return Written(
                value: value,
                policy: transaction.policy,
                changesPolicy: transaction.changesPolicy
            )
        }
    }

    /// Has the mark say how far the store has come.
    ///
    /// - Throws: ``StoreError/unmarked(path:reason:)``
    package func advanceMark() throws(StoreError) {
        do throws(SystemError) {
            try mark?.advance(to: contents.withLock { $0.position })
        } catch {
            throw .unmarked(path: path, reason: error.description)
        }
    }

    /// Does what an earlier write could not do: without it nothing more is written.
    private func finishMark() throws(StoreError) {
        do throws(SystemError) {
            try mark?.advance(to: contents.withLock { $0.position })
        } catch {
            throw .unusable(path: StoreMark.path(of: path), reason: error.description)
        }
    }

    /// SQLite goes on writing to files that were removed, which would be lost with the process.
    private func checkFiles() throws(StoreError) {
        if let error = overwriting.withLock({ $0 }) { throw error }
        for (file, identity) in files {
            // `try?`: what cannot be looked at is as good as gone.
            switch try? FileIdentity(of: file) {
            case identity: continue
            case nil where file == path: throw .missing(path: path)
            case nil: throw .damaged(path: path, reason: "its log was removed")
            default: throw .damaged(path: path, reason: "another file has taken its place")
            }
        }
    }

    private func commit<Value: Sendable>(
        _ before: Contents,
        by actor: AuditActor,
        _ request: RequestIdentity?,
        at now: UnixTime,
        _ body: (inout StoreTransaction) throws -> Value
    ) throws -> (Value, StoreTransaction) {
        do {
            return try pool.write { database in
                try checkPosition(before.position, in: database)
                var transaction = StoreTransaction(before, database: database, by: actor, at: now)
                transaction.requestID = request?.id
                let value = try body(&transaction)
                try transaction.finish()
                if let request, let answer = (value as? any AnsweredWrite)?.storedAnswer {
                    try AnswerRows.write(answer, for: request, at: now, to: database)
                }
                return (value, transaction)
            }
        } catch let error as DatabaseError {
            if error.resultCode == .SQLITE_FULL { reuseLog() }
            throw Self.error(error, path)
        } catch let error as DamagedRow {
            throw Self.error(error, path)
        }
    }

    /// Nothing but this process writes to the file: whatever else is in it was put there.
    private func checkPosition(_ known: StorePosition, in database: Database) throws {
        guard try StorePosition(in: database) != known else { return }
        let error = StoreError.damaged(path: path, reason: "it was overwritten while it was in use")
        overwriting.withLock { $0 = error }
        throw error
    }

    /// Moves what is in the log into the database, so that the next write needs no more room.
    private func reuseLog() {
        // `try?`: without any room this fails too.
        try? pool.writeWithoutTransaction { _ = try $0.checkpoint(.passive) }
    }
}
