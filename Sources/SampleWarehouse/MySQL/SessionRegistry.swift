import Synchronization

/// All open sessions, for SHOW PROCESSLIST and the limit on connections.
final class SessionRegistry: Sendable {
    private struct State {
        var latestID: UInt32 = 0
        var sessions: [UInt32: SessionFacts] = [:]
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes in a session from `host` under a new connection id; `nil` where there are too many.
    func open(host: String) -> UInt32? {
        state.withLock { state in
            guard state.sessions.count < limit else { return nil }
            state.latestID &+= 1
            let id = state.latestID
            state.sessions[id] = SessionFacts(connectionID: id, user: "", host: host)
            return id
        }
    }

    /// Notes what became of a session that is open.
    func update(_ facts: SessionFacts) {
        state.withLock { $0.sessions[facts.connectionID] = facts }
    }

    func close(_ id: UInt32) {
        state.withLock { _ = $0.sessions.removeValue(forKey: id) }
    }

    /// In the order of their opening.
    var sessions: [SessionFacts] {
        state.withLock { $0.sessions.values.sorted { $0.connectionID < $1.connectionID } }
    }
}
