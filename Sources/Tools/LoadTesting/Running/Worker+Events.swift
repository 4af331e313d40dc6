import Sockets
import Time

/// Handling readiness.
extension Worker {
    func handle(_ event: ReadinessEvent) {
        if event.token == Self.timerToken { return disarmTimer() }
        let key = WorkerToken<Connection<Talk>>(rawValue: event.token).key
        guard connections.contains(key) else { return }
        if event.isEndOfStream { connections[key].peerHasEnded = true }
        // What arrived before the header was sent is read after it.
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

    /// Sends the PROXY header. The conversation opens when the system has accepted all of it: one that
    /// closes immediately must not close before it.
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

    /// Writes pending bytes, as far as the system accepts them.
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

    /// - Returns: why not everything was written; `nil` if it was.
    private func drain(_ outgoing: inout Outgoing, into socket: Socket) -> WriteOutcome? {
        while !outgoing.isEmpty {
            let outcome = socket.write(outgoing.bytes, from: outgoing.offset)
            guard case .bytes(let count) = outcome else { return outcome }
            outgoing.drop(count)
            if window.contains(now) { tally.bytesSent += count }
        }
        return nil
    }

    /// Reads everything available. A short read has drained the socket, except for the end of the
    /// stream.
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
                // A peer that never stops sending must not hide the run's end.
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

/// Deadlines and the end.
extension Worker {
    func tick() {
        guard now >= nextTick else { return }
        nextTick = now + Self.tickNanoseconds
        vacantSeats += restingSeats
        restingSeats = 0
        if now - window.start >= Self.trialNanoseconds { control.passTrial() }
        expire()
    }

    /// Abandons what has not ended by now.
    func finish() {
        abandon { $0.operationBegan != nil }
        for key in connections.keys { connections.remove(key)?.socket.close() }
        countMissed()
    }

    private func countMissed() {
        tally.warmUpFailures.record(Failure(.unsent), count: pacer.missedInWarmUp)
        let missed = pacer.missed
        tally.failures.record(Failure(.unsent), count: missed.count)
        missed.forEachWait(until: pacer.end) { tally.recordLowerBound(nanoseconds: $0, count: $1) }
    }

    /// Ends connections whose deadline has passed: held ones have succeeded.
    private func expire() {
        for index in 0..<connections.slotCount {
            guard let key = connections.key(at: UInt32(index)), connections[key].deadline <= now
            else { continue }
            if connections[key].stage == .holding {
                completeOrHoldLonger(key)
            } else {
                fail(key, Failure(reasonToAbandon(connections[key])))
            }
        }
    }

    /// A target under load takes longer to deny clients, as they wait in its backlog: connections are
    /// held several times as long as the longest denial so far.
    private func completeOrHoldLonger(_ key: Key) {
        let longest = min(Self.denialFactor * longestDenial, plan.timeout.nanoseconds)
        let deadline = (connections[key].heldSince ?? now) + longest
        if deadline > now {
            connections[key].deadline = deadline
        } else {
            complete(key, false)
        }
    }

    private func abandon(where isToEnd: (borrowing Connection<Talk>) -> Bool) {
        for index in 0..<connections.slotCount {
            guard let key = connections.key(at: UInt32(index)), isToEnd(connections[key]) else {
                continue
            }
            fail(key, Failure(reasonToAbandon(connections[key])))
        }
    }

    private func reasonToAbandon(_ connection: borrowing Connection<Talk>) -> Failure.Kind {
        guard connection.deadline <= now else { return .unfinished }
        return connection.stage == .connecting ? .connectTimeout : .timeout
    }
}
