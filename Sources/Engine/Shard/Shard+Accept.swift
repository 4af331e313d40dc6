import Addresses
import Sockets

extension Shard {
    /// How long accepting rests when descriptors or memory have run out.
    private static let acceptPauseMilliseconds: Int64 = 100

    func listen(on socket: ListeningSocket, as id: ListenerID) {
        listeners[id] = socket
        guard acceptResumesAt == nil else { return }
        watch(socket, as: id)
    }

    private func watch(_ socket: ListeningSocket, as id: ListenerID) {
        do {
            try epoll.add(socket, token: EventToken.listener(id).rawValue)
        } catch {
            // Memory, or the system's limit of watches (epoll(7)): tried again in a moment.
            unwatched.insert(id)
            watchRetriesAt = now.milliseconds + Self.acceptPauseMilliseconds
            services.report(.acceptPaused(reason: error.description))
        }
    }

    /// Accepts the clients whose handshake is complete, then stops accepting.
    func stopListening(_ id: ListenerID) {
        unwatched.remove(id)
        guard let socket = listeners[id] else { return }
        epoll.remove(socket)
        while accept(from: socket, as: id) {}
        listeners[id] = nil
    }

    /// Accepts the next client of a listener.
    ///
    /// - Returns: whether there may be another one.
    func acceptClient(of id: ListenerID) -> Bool {
        guard acceptResumesAt == nil, let socket = listeners[id] else { return false }
        return accept(from: socket, as: id)
    }

    /// Whether there are descriptors for one more client, if need be those of clients that are not
    /// admitted.
    func hasRoom() -> Bool {
        while services.descriptors.isUsedUp {
            guard makeRoom() else { return false }
        }
        return true
    }

    /// - Returns: whether there may be another client.
    private func accept(from socket: ListeningSocket, as id: ListenerID) -> Bool {
        guard hasRoom() else {
            awaitRoom()
            return false
        }
        roomAwaitedSince = nil
        switch socket.accept() {
        case .accepted(let client, let peer):
            // Here, and not where another shard starts with it: a burst must not pass unnoticed.
            services.descriptors.take(Int(DescriptorBudget.perConnection))
            place(client, from: peer, at: id)
            return true
        case .clientLost:
            return true
        case .wouldBlock:
            return false
        case .exhausted(let error), .failed(let error):
            pauseAccepting(reason: error.description)
            return false
        }
    }

    /// Keeps the client, or hands it to a shard with clearly less to do.
    private func place(_ client: Socket, from peer: SocketAddress, at id: ListenerID) {
        let target = services.ports.leastLoaded(from: port)
        target.assignConnection()
        if target === port {
            begin(client, from: peer, at: id)
        } else {
            target.post(.accepted(client, peer: peer, listener: id))
        }
    }
}

// MARK: - Out of descriptors

extension Shard {
    /// How long accepting rests while other shards make room.
    private static let roomRestMilliseconds: Int64 = 2

    /// The clients that are not admitted may all be other shards': these are asked to make room, and
    /// accept meanwhile. Only if that leads to nothing is it a pause.
    private func awaitRoom() {
        let since = roomAwaitedSince ?? now.milliseconds
        let isOver = now.milliseconds - since >= Self.acceptPauseMilliseconds
        guard askForRoom(), !isOver else {
            return pauseAccepting(reason: "out of file descriptors (RLIMIT_NOFILE)")
        }
        roomAwaitedSince = since
        restAccepting(milliseconds: Self.roomRestMilliseconds)
    }

    /// - Returns: whether there is anybody to ask.
    private func askForRoom() -> Bool {
        let others = services.ports.filter { $0 !== port }
        for other in others { other.post(.perform { _ = $0.hasRoom() }) }
        return !others.isEmpty
    }

    private func pauseAccepting(reason: String) {
        guard acceptResumesAt == nil else { return }
        roomAwaitedSince = nil
        restAccepting(milliseconds: Self.acceptPauseMilliseconds)
        isAcceptPaused = true
        port.gauges.addAcceptPause()
        services.report(.acceptPaused(reason: reason))
    }

    /// Watches no listener for a while: a level-triggered one that cannot be served would spin.
    private func restAccepting(milliseconds: Int64) {
        for socket in listeners.values { epoll.remove(socket) }
        unwatched = []
        acceptResumesAt = now.milliseconds + milliseconds
    }

    /// Called when time has passed.
    func retryWatching() {
        guard let moment = watchRetriesAt, moment <= now.milliseconds else { return }
        watchRetriesAt = nil
        let refused = unwatched
        unwatched = []
        for id in refused {
            if let socket = listeners[id] { watch(socket, as: id) }
        }
        if unwatched.count < refused.count { services.report(.acceptResumed) }
    }

    /// Called when time has passed.
    func resumeAccepting() {
        guard let moment = acceptResumesAt, moment <= now.milliseconds else { return }
        acceptResumesAt = nil
        guard hasRoom() else {
            guard isAcceptPaused else { return awaitRoom() }
            _ = askForRoom()
            return restAccepting(milliseconds: Self.acceptPauseMilliseconds)
        }
        for (id, socket) in listeners { watch(socket, as: id) }
        guard isAcceptPaused else { return }
        isAcceptPaused = false
        services.report(.acceptResumed)
    }
}
