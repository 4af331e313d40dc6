import Credentials
import Dispatch
import FoundationEssentials
import GRDB
package import Policy
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
    private let uses = Mutex(Uses())
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

// MARK: - Uses of keys and sessions

extension PolicyStore {
    /// When keys and sessions were used last.
    private struct Uses {
        /// Those that have not been written.
        var keys: [String: LastUse] = [:]
        /// Those of sessions since the start: they decide when a session is idle for too long.
        var sessions: [String: LastUse] = [:]
        /// The sessions of these uses that have not been written.
        var pendingSessions: Set<String> = []
        /// Whether those that were written before the start have been read.
        var hasRead = false
    }

    /// Notes that a key was used. It is written within a minute or so.
    package func recordUse(of key: APIKey, from source: String, at now: UnixTime) {
        uses.withLock { $0.keys[key.id] = LastUse(at: now, source: source) }
    }

    /// Writes the uses of keys and sessions. Blocks.
    package func flushUses() {
        guard isWritable else { return }
        let (keys, sessions) = uses.withLock { uses in
            defer { (uses.keys, uses.pendingSessions) = ([:], []) }
            uses.sessions = uses.sessions.filter { self.sessions[$0.key] != nil }
            return (uses.keys, uses.sessions.filter { uses.pendingSessions.contains($0.key) })
        }
        guard !keys.isEmpty || !sessions.isEmpty else { return }
        // `try?`: only times of last use are lost.
        try? pool.write { database in
            for (id, use) in keys where self.keyring.keys[id] != nil {
                try UseTable.keys.write(use, of: id, to: database)
            }
            for (id, use) in sessions where self.sessions[id] != nil {
                try UseTable.sessions.write(use, of: id, to: database)
            }
        }
    }

    /// When and from where each key was used last.
    package func keyUses() throws(StoreError) -> [String: LastUse] {
        do {
            let stored = try pool.read(UseTable.keys.readAll)
            return stored.merging(uses.withLock { $0.keys }) { _, newer in newer }
        } catch {
            throw Self.error(error, path)
        }
    }

    /// When and from where each session was used last; its beginning, if it was not used since.
    package func sessionUses() -> [String: LastUse] {
        uses.withLock { uses in
            if !uses.hasRead {
                uses.hasRead = true
                // `try?`: then the sessions' beginnings count, and some end too early.
                let stored = (try? pool.read(UseTable.sessions.readAll)) ?? [:]
                uses.sessions.merge(stored) { newer, _ in newer }
            }
            return uses.sessions
        }
    }

    /// The session whose token a client has sent, and its account. Counts as a use.
    package func session(
        for token: String,
        from source: String,
        at now: UnixTime,
        _ limits: SessionLimits
    ) throws(SessionRefusal) -> (session: LoginSession, account: Account) {
        guard let hash = SecretToken.hash(of: token) else { throw .unknown }
        let (found, account) = contents.withLock { contents in
            let session = contents.sessions.session(withTokenHash: hash)
            return (session, session.flatMap { contents.accounts[$0.account] })
        }
        guard let found, let account else { throw .unknown }
        try check(found, of: account, at: now, limits)
        uses.withLock { uses in
            uses.sessions[found.id] = LastUse(at: now, source: source)
            uses.pendingSessions.insert(found.id)
        }
        return (found, account)
    }

    /// Whether a session can still be used.
    package func check(
        _ session: LoginSession,
        of account: Account,
        at now: UnixTime,
        _ limits: SessionLimits
    ) throws(SessionRefusal) {
        guard sessions[session.id] != nil else { throw .unknown }
        guard account.isEnabled else { throw .disabled }
        // A limit that was lowered counts for older sessions as well.
        let end = min(
            session.expiresAt.seconds,
            session.createdAt.seconds + limits.maximum.components.seconds
        )
        guard now.seconds < end else { throw .expired }
        let lastUse = sessionUses()[session.id]?.at ?? session.createdAt
        guard now.seconds - lastUse.seconds < limits.idle.components.seconds else { throw .idle }
    }
}

// MARK: - Opening

extension PolicyStore {
    private static let markerText = """
        sluice has made a store beside this file. While this file exists, a store that is missing is
        an error and not a first start.

        """

    /// Whatever is lost from now on was there.
    static func writeMarker(_ path: String) throws(SystemError) {
        let marker = markerPath(path)
        // A store that is there opens even if the disk is full.
        guard !FileManager.default.fileExists(atPath: marker) else { return }
        try File.replace(marker, with: Array(markerText.utf8), isDurable: true, isPrivate: true)
    }

    /// The file that says that there was a store.
    static func markerPath(_ path: String) -> String { path + ".created" }

    static func lock(_ path: String) throws(StoreError) -> FileLock {
        do throws(SystemError) {
            return try FileLock(path + ".lock")
        } catch {
            throw error == .wouldBlock
                ? .locked(path: path) : .unusable(path: path, reason: error.description)
        }
    }

    /// Whether there is, or was, a store at `path`.
    package static func hasExisted(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: path)
            || FileManager.default.fileExists(atPath: markerPath(path))
    }

    /// The revision that the store at `path` had when it was written last; `nil` if that is not known.
    package static func lastRevision(_ path: String) -> PolicyRevision? {
        // `try?`: a mark that cannot be read says nothing.
        (try? StoreMark.position(of: path))?.revision
    }

    private static func prepareFile(_ path: String, _ mode: Mode) throws(StoreError) {
        if FileManager.default.fileExists(atPath: path) {
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            // `try?`: SQLite reports what cannot be read. An empty file would count as a new store.
            if attributes?[.size] as? UInt64 == 0,
                FileManager.default.fileExists(atPath: markerPath(path))
            {
                throw .damaged(path: path, reason: "the file is empty")
            }
            return
        }
        guard mode == .create, !hasExisted(path) else { throw .missing(path: path) }
        // That of a store which an operator has removed.
        StoreMark.remove(path)
        do throws(SystemError) {
            _ = try File(private: path)
        } catch {
            throw .unusable(path: path, reason: error.description)
        }
    }

    private static func pool(_ path: String) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(5)
        configuration.label = "sluice.store"
        let pool = try DatabasePool(path: path, configuration: configuration)
        // The pool's own choice for WAL is NORMAL, which loses the last writes with the machine.
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            // After an import the log would stay as large as all that was imported.
            try database.execute(sql: "PRAGMA journal_size_limit = 4194304")
        }
        return pool
    }

    /// The database's own and that of its log.
    private static func identities(_ path: String) throws(SystemError) -> [String: FileIdentity] {
        var identities: [String: FileIdentity] = [:]
        for file in [path, path + "-wal"] { identities[file] = try FileIdentity(of: file) }
        return identities
    }

    private static func check(_ pool: DatabasePool, _ path: String) throws {
        let result = try pool.read { database in
            try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
        }
        guard result == "ok" else {
            throw StoreError.damaged(path: path, reason: result ?? "it cannot be checked")
        }
        let isNewer = try pool.read { database in
            try Schema.migrator.hasBeenSuperseded(database)
        }
        if isNewer { throw StoreError.newer(path: path) }
    }

    /// To SQLite, a file that was cut to a few bytes is an empty database.
    private static func checkIsMade(_ pool: DatabasePool, _ path: String) throws {
        guard FileManager.default.fileExists(atPath: markerPath(path)) else { return }
        let isEmpty = try pool.read { try Schema.migrator.appliedIdentifiers($0).isEmpty }
        if isEmpty { throw StoreError.damaged(path: path, reason: "it is empty") }
    }

    /// Compares the store with its mark, if it has one, and has the mark follow it.
    private static func mark(_ path: String, _ contents: Contents, _ pool: DatabasePool) throws
        -> StoreMark
    {
        do {
            let difference = try StoreMark.position(of: path).flatMap { known in
                try pool.read { try known.difference(from: contents, in: $0) }
            }
            if let difference { throw StoreError.damaged(path: path, reason: difference) }
            return try StoreMark(path, at: contents.position)
        } catch is StoreMark.Unreadable {
            let file = StoreMark.path(of: path)
            throw StoreError.damaged(path: path, reason: "\(file) cannot be read")
        }
    }

    static func read(_ database: Database) throws -> Contents {
        guard try Schema.isIntact(in: database) else {
            throw DamagedRow(table: "sqlite_master", reason: "unexpected definitions")
        }
        return Contents(
            policy: try PolicyRows.readPolicy(from: database),
            keyring: Keyring(try DocumentTable.keys.readAll(from: database)),
            accounts: AccountBook(try DocumentTable.accounts.readAll(from: database)),
            sessions: SessionBook(try DocumentTable.sessions.readAll(from: database)),
            webhooks: Dictionary(
                uniqueKeysWithValues: try DocumentTable.webhooks.readAll(from: database)
                    .map { ($0.id, $0) }
            ),
            auditHead: try AuditRows.head(in: database)
        )
    }

    /// What an error of SQLite, of the file system or of a decoder means for the store.
    static func error(_ error: any Error, _ path: String) -> StoreError {
        switch error {
        case let error as StoreError: return error
        case let error as DamagedRow: return .damaged(path: path, reason: error.description)
        case let error as SystemError: return .unusable(path: path, reason: error.description)
        case let error as DatabaseError:
            switch error.resultCode {
            case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_CONSTRAINT, .SQLITE_ERROR,
                .SQLITE_MISMATCH:
                return .damaged(path: path, reason: error.message ?? "\(error.resultCode)")
            default:
                return .unusable(path: path, reason: error.message ?? "\(error.resultCode)")
            }
        default: return .damaged(path: path, reason: "\(error)")
        }
    }
}
