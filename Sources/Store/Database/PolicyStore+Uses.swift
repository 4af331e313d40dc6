import Credentials
import GRDB
import Synchronization
package import Time

/// When and from where a key or a session was used last.
package struct LastUse: Hashable, Sendable {
    package var at: UnixTime
    /// An address.
    package var source: String
}

extension PolicyStore {
    /// When keys and sessions were used last.
    struct Uses {
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

    /// The session whose token a client has sent, and its account.
    ///
    /// - Parameter isUse: whether somebody is there, who uses it.
    package func session(
        for token: String,
        from source: String,
        at now: UnixTime,
        _ limits: SessionLimits,
        isUse: Bool = true
    ) throws(SessionRefusal) -> (session: LoginSession, account: Account) {
        guard let hash = SecretToken.hash(of: token) else { throw .unknown }
        let (found, account) = contents.withLock { contents in
            let session = contents.sessions.session(withTokenHash: hash)
            return (session, session.flatMap { contents.accounts[$0.account] })
        }
        guard let found, let account else { throw .unknown }
        try check(found, of: account, at: now, limits)
        guard isUse else { return (found, account) }
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

// MARK: - Rows

/// When keys and sessions were used last: written now and then, so in tables of their own, and
/// without checksums.
struct UseTable {
    let name: String
    let column: String

    static let keys = UseTable(name: "keyUse", column: "key")
    static let sessions = UseTable(name: "sessionUse", column: "session")

    func write(_ use: LastUse, of id: String, to database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO \(name) (\(column), at, source) VALUES (?, ?, ?)",
            arguments: [id, use.at.seconds, use.source]
        )
    }

    func readAll(from database: Database) throws -> [String: LastUse] {
        let rows = try Row.fetchAll(database, sql: "SELECT \(column), at, source FROM \(name)")
        let uses = try rows.map { row -> (String, LastUse) in
            let at = UnixTime(seconds: try row.value(1))
            return (try row.value(0), LastUse(at: at, source: try row.value(2)))
        }
        return Dictionary(uses) { _, last in last }
    }
}
