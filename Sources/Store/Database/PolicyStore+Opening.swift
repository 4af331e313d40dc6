import FoundationEssentials
import GRDB
package import Policy
import Sockets

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

    static func prepareFile(_ path: String, _ mode: Mode) throws(StoreError) {
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

    static func pool(_ path: String) throws -> DatabasePool {
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
    static func identities(_ path: String) throws(SystemError) -> [String: FileIdentity] {
        var identities: [String: FileIdentity] = [:]
        for file in [path, path + "-wal"] { identities[file] = try FileIdentity(of: file) }
        return identities
    }

    static func check(_ pool: DatabasePool, _ path: String) throws {
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
    static func checkIsMade(_ pool: DatabasePool, _ path: String) throws {
        guard FileManager.default.fileExists(atPath: markerPath(path)) else { return }
        let isEmpty = try pool.read { try Schema.migrator.appliedIdentifiers($0).isEmpty }
        if isEmpty { throw StoreError.damaged(path: path, reason: "it is empty") }
    }

    /// Compares the store with its mark, if it has one, and has the mark follow it.
    static func mark(_ path: String, _ contents: Contents, _ pool: DatabasePool) throws
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
