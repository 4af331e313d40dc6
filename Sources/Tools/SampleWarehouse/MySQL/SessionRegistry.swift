import FoundationEssentials
import Synchronization

/// What a session knows about itself and what its functions return.
struct SessionFacts: Hashable, Sendable {
    var connectionID: UInt32
    /// Empty before the login.
    var user: String
    /// The client's address, as `USER()` shows it.
    var host: String
    /// The current database.
    var database: String?
    /// When the statement arrived.
    var now = Date(timeIntervalSince1970: 0)

    /// For queries of the warehouse itself.
    static let ownQueries = SessionFacts(
        connectionID: 0,
        user: MySQLSession.user,
        host: "localhost"
    )
}

/// All open sessions, for SHOW PROCESSLIST, and what they may take together.
final class SessionRegistry: Sendable {
    private struct State {
        var latestID: UInt32 = 0
        var sessions: [UInt32: SessionFacts] = [:]
        var pendingByteCount = 0
    }

    private let state = Mutex(State())
    private let limit: Int
    private let pendingByteLimit: Int

    /// - Parameters:
    ///   - limit: sessions at the same time.
    ///   - pendingByteLimit: what all replies that clients have not read yet may take.
    init(limit: Int, pendingByteLimit: Int = 64 << 20) {
        self.limit = limit
        self.pendingByteLimit = pendingByteLimit
    }

    /// Adds a session from `host` with a new connection id; returns `nil` if there are too many.
    func open(host: String) -> UInt32? {
        state.withLock { state in
            guard state.sessions.count < limit else { return nil }
            state.latestID &+= 1
            let id = state.latestID
            state.sessions[id] = SessionFacts(connectionID: id, user: "", host: host)
            return id
        }
    }

    /// Records changes of an open session.
    func update(_ facts: SessionFacts) {
        state.withLock { $0.sessions[facts.connectionID] = facts }
    }

    func close(_ id: UInt32) {
        state.withLock { _ = $0.sessions.removeValue(forKey: id) }
    }

    /// In the order in which they were opened.
    var sessions: [SessionFacts] {
        state.withLock { $0.sessions.values.sorted { $0.connectionID < $1.connectionID } }
    }

    /// Sets memory aside for a reply, until ``release(byteCount:)``; returns whether there was any.
    func reserve(byteCount: Int) -> Bool {
        state.withLock { state in
            guard state.pendingByteCount + byteCount <= pendingByteLimit else { return false }
            state.pendingByteCount += byteCount
            return true
        }
    }

    func release(byteCount: Int) {
        state.withLock { $0.pendingByteCount -= byteCount }
    }
}
