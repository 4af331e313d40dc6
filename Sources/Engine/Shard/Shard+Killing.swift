import Sockets
import Traffic

/// Clients that the gateway has greeted know their sessions by its ids, and kill by them.
extension Shard {
    /// A session whose client is watched begins.
    func enterDirectory(_ key: Key) {
        guard let entry = directoryEntry(of: key) else { return }
        services.directory.insert(entry, as: connections[key].sessionID)
    }

    func leaveDirectory(_ connection: borrowing Connection) {
        guard connection.sessionID != 0 else { return }
        services.directory.remove(connection.sessionID)
    }

    /// Where the session is that a client wants to kill; `nil` if another backend is asked first.
    func resolve(_ request: KillRequest, of key: Key) -> KillTarget? {
        guard let own = directoryEntry(of: key) else { return .unknown }
        switch services.directory.find(request.session, from: own) {
        case .certain(let target): return target
        case .elsewhere(let entry): return kill(entry, request, for: key)
        }
    }

    private func kill(
        _ entry: SessionDirectory.Entry,
        _ request: KillRequest,
        for key: Key
    ) -> KillTarget? {
        guard let killer = services.killer.withLock({ $0 }) else {
            return .outOfReach(reason: "it runs on another server of the warehouse")
        }
        let kill = RemoteKill(
            service: entry.service,
            backend: entry.backend.address,
            threadID: entry.session.threadID,
            scope: request.scope
        )
        let port = port
        Task {
            let failure = await killer(kill)
            port.post(.perform { $0.killed(failure: failure, for: key) })
        }
        return nil
    }

    private func directoryEntry(of key: Key) -> SessionDirectory.Entry? {
        guard let session = connections[key].lifecycle.watchedSession,
            let backend = connections[key].backend,
            let destination = connections[key].profile.destination
        else { return nil }
        return SessionDirectory.Entry(
            backend: backend,
            service: destination.service,
            session: session
        )
    }
}
