internal import Sockets

/// What readiness leads to.
extension Worker {
    func handle(_ event: ReadinessEvent) {
        if event.token == Self.timerToken { return disarmTimer() }
        let key = WorkerToken<Connection<Talk>>(rawValue: event.token).key
        guard connections.contains(key) else { return }
        if event.isEndOfStream { connections[key].peerHasEnded = true }
        // What came before the header was out is read behind it.
        let isReadable = event.isReadable || connections[key].stage == .introducing
        if connections[key].stage == .connecting { finishConnecting(key) }
        if event.isWritable { flush(key) }
        if isReadable { read(key, toTheEnd: event.isEndOfStream) }
    }

    private func finishConnecting(_ key: Key) {
        connectingCount -= 1
        if let error = connections[key].socket.takeError() {
            connectingCount += 1
            return fail(key, Failure(connecting: error))
        }
        let time = Clock.monotonicNanoseconds()
        let openedAt = connections[key].openedAt
        if window.contains(openedAt) { tally.connects.record(nanoseconds: time - openedAt) }
        current.openConnections += 1
        connections[key].deadline = deadline()
        connections[key].stage = .introducing
        introduce(key)
    }

    /// Sends the PROXY header. The conversation opens when the system has taken all of it: one that
    /// ends at once must not end before it.
    private func introduce(_ key: Key) {
        let socket = connections[key].socket
        switch drain(&connections[key].header, into: socket) {
        case .failed(let error): fail(key, Failure(transferring: error))
        case .some: break
        case nil:
            connections[key].stage = .preparing
            apply(connections[key].talk.open(), to: key)
        }
    }

    /// Writes what waits, as far as the system takes it.
    func flush(_ key: Key) {
        guard connections.contains(key), connections[key].stage != .connecting else { return }
        if connections[key].stage == .introducing { return introduce(key) }
        guard !connections[key].outgoing.isEmpty else { return }
        let socket = connections[key].socket
        switch drain(&connections[key].outgoing, into: socket) {
        case .failed(let error): fail(key, Failure(transferring: error))
        case .some: break
        case nil: apply(connections[key].talk.finishSending(), to: key)
        }
    }

    /// - Returns: why not all of it is written; `nil` where it is.
    private func drain(_ outgoing: inout Outgoing, into socket: Socket) -> WriteOutcome? {
        while !outgoing.isEmpty {
            let outcome = socket.write(outgoing.bytes, from: outgoing.offset)
            guard case .bytes(let count) = outcome else { return outcome }
            outgoing.drop(count)
            if window.contains(now) { tally.bytesSent += count }
        }
        return nil
    }

    /// Reads all that is there. A read that does not bring what was asked for has drained the
    /// socket, but for the end of the stream.
    private func read(_ key: Key, toTheEnd: Bool) {
        while connections.contains(key), connections[key].stage != .introducing, now < hardEnd {
            let indifferentByteCount = connections[key].talk.indifferentByteCount
            let skips = indifferentByteCount > scratch.byteCount
            let limit = skips ? min(indifferentByteCount, skipLimit) : scratch.byteCount
            let socket = connections[key].socket
            switch skips ? socket.discard(limit) : socket.read(into: scratch) {
            case .bytes(let count):
                receive(count, key, skipped: skips)
                if count < limit, !toTheEnd { return }
                // A peer that is never done must not hide the run's end.
                now = Clock.monotonicNanoseconds()
            case .wouldBlock:
                return
            case .endOfStream:
                return apply(connections[key].talk.receiveEndOfStream(), to: key)
            case .failed(let error):
                return fail(key, Failure(transferring: error))
            }
        }
    }

    private func receive(_ count: Int, _ key: Key, skipped: Bool) {
        if window.contains(now) { tally.bytesReceived += count }
        if skipped { return apply(connections[key].talk.skip(count), to: key) }
        let move = scratch.withBytes(in: 0..<count) { connections[key].talk.receive($0) }
        apply(move, to: key)
    }
}
