import Core
import Sockets

/// Where connections wait that are not admitted: for their PROXY header, or for the end of their
/// refusal.
extension Shard {
    /// Waiting for a header, in each shard. Only trusted load balancers' connections do.
    static let identifyingLimit = 2_048
    /// Being refused, in each shard.
    static let refusedLimit = 256

    /// Takes a connection into its next phase, and into the room that belongs to it.
    func enter(_ phase: Connection.Phase, _ key: Key) {
        leaveRoom(connections[key].phase)
        connections[key].phase = phase
        switch phase {
        case .readingHeader:
            identifying.enter(key, isWaiting: isReadingHeader)
            if identifying.isOverfull { evictOldestUnidentified() }
        case .greeting, .lingering:
            refused.enter(key, isWaiting: isBeingRefused)
            if refused.isOverfull { evictOldestRefused() }
        case .accepted, .connecting, .relaying:
            break
        }
    }

    func leaveRoom(_ phase: Connection.Phase) {
        switch phase {
        case .readingHeader: identifying.leave()
        case .greeting, .lingering: refused.leave()
        case .accepted, .connecting, .relaying: break
        }
    }

    /// Ends one connection that is not admitted, so that its descriptors serve one that may be.
    ///
    /// - Returns: whether there was one.
    func makeRoom() -> Bool {
        evictOldestRefused() || evictOldestUnidentified()
    }

    @discardableResult
    private func evictOldestRefused() -> Bool {
        guard let key = refused.oldest(isWaiting: isBeingRefused) else { return false }
        finish(key, connections[key].end)
        return true
    }

    @discardableResult
    private func evictOldestUnidentified() -> Bool {
        guard let key = identifying.oldest(isWaiting: isReadingHeader) else { return false }
        connections[key].detail = "too many connections wait for a PROXY header"
        connections[key].denial = .proxyHeaderTimeout
        _ = noteDenial(.proxyHeaderTimeout, of: &connections[key])
        finish(key, .denied)
        return true
    }

    private func isReadingHeader(_ key: Key) -> Bool {
        guard connections.contains(key) else { return false }
        if case .readingHeader = connections[key].phase { return true }
        return false
    }

    private func isBeingRefused(_ key: Key) -> Bool {
        guard connections.contains(key) else { return false }
        switch connections[key].phase {
        case .greeting, .lingering: return true
        case .accepted, .readingHeader, .connecting, .relaying: return false
        }
    }
}
