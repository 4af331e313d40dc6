import Core
import Sockets

/// Readiness events on a connection's two sockets.
extension Shard {
    /// Takes note of an event and does what it allows. An event for a slot's earlier tenant is
    /// ignored.
    func handle(_ event: ReadinessEvent, from side: RelaySide, of key: Key) {
        guard connections.contains(key) else { return }
        switch side {
        case .client: connections[key].tunnel.client.note(event)
        case .backend: connections[key].tunnel.backend.note(event)
        }
        switch (connections[key].phase, side) {
        case (.relaying, _): relay(event, from: side, of: key)
        case (.readingHeader, _): readHeader(for: key)
        case (.connecting, .backend): connectProgressed(event, for: key)
        case (.connecting, .client): noticeClientLeaving(event, of: key)
        case (.greeting, _): readLogin(for: key)
        case (.lingering, _): discard(for: key)
        case (.accepted, _): break
        }
    }

    private func relay(_ event: ReadinessEvent, from side: RelaySide, of key: Key) {
        connections[key].activeAt = now.milliseconds
        if event.isError { return relayFailure(of: side, of: key) }
        // Bulk waits for its turn: others have less to say, and are done sooner.
        if connections[key].tunnel.isSplicing { return queueTurn(of: key) }
        advance(key, limit: tools.eventByteCount)
    }

    private func relayFailure(of side: RelaySide, of key: Key) {
        // What the failed side had sent is passed on, as far as the other side takes it.
        if advance(key, limit: .max) == .waitForReadiness {
            perform(connections[key].tunnel.progress(afterFailureOf: side), for: key)
        }
    }

    /// A client that resets while it waits for a backend needs none any more.
    private func noticeClientLeaving(_ event: ReadinessEvent, of key: Key) {
        if event.isError { finish(key, .clientLeft) }
    }

    /// Moves bytes, about `limit` at most in each direction, and does what has come of it.
    @discardableResult
    func advance(_ key: Key, limit: Int) -> Tunnel.Progress {
        let progress = connections[key].tunnel.advance(with: tools, limit: limit)
        reportBytes(of: key, above: Self.unreportedByteLimit)
        if connections[key].watch < .soon { watch(key) }
        perform(progress, for: key)
        return progress
    }

    private func perform(_ progress: Tunnel.Progress, for key: Key) {
        switch progress {
        case .waitForReadiness: break
        case .takeTurn: queueTurn(of: key)
        case .finished(let end): finish(key, end)
        case .finishedGently(let end): finishGently(key, end)
        case .aborted(let end): passOn(end, of: key)
        case .forgedHeader: reject(key, .unexpectedProxyHeader)
        case .unanswered(let failure): rejectUnanswered(key, failure)
        }
    }

    /// Passes a side's failure on to the other one, as a reset.
    ///
    /// But not a MySQL server's to its client: a reset would overtake the error that says why, such as
    /// the one for a PROXY header that it does not accept. Every MySQL packet has its length, so an
    /// ordinary end cannot pass for the end of an answer.
    private func passOn(_ end: ConnectionEnd, of key: Key) {
        let isBackends = end == .backendReset || end == .backendUnreachable
        if isBackends, connections[key].profile.settings.protocol == .mysql,
            !connections[key].tunnel.toClient.hasPending
        {
            finishGently(key, end)
        } else {
            abort(key, end)
        }
    }

    /// Tells a client whose backend had not one word for it.
    private func rejectUnanswered(_ key: Key, _ failure: SideFailure?) {
        let words =
            switch failure {
            case nil: "closed the connection before its greeting"
            case .reset: "reset the connection before its greeting"
            case .unreachable: "could not be reached any more before its greeting"
            }
        let mayBeHeader = connections[key].profile.settings.sendProxyProtocol != .off
        let reason = mayBeHeader ? ProxyHeaderRefusal.possible(words) : words
        let address = connections[key].backend.map { "\($0.address): " } ?? ""
        connections[key].detail = address + reason
        reject(key, .noBackend)
    }

    private func finishGently(_ key: Key, _ end: ConnectionEnd) {
        connections[key].end = end
        connections[key].tunnel.dropBackend()
        linger(key)
    }

    private func queueTurn(of key: Key) {
        guard !connections[key].isQueued else { return }
        connections[key].isQueued = true
        runQueue.append(key)
    }

    /// Lets queued connections move a piece's bytes, all together; then events that have come
    /// meanwhile go first.
    func takeTurns() {
        var rest = tools.pieceByteCount
        while rest > 0, let key = turn?.key ?? runQueue.popFirst() {
            guard connections.contains(key), case .relaying = connections[key].phase else {
                turn = nil
                continue
            }
            rest -= max(moveOn(key), Self.leastPieceByteCount)
        }
    }

    /// A piece of nothing takes its time too.
    private static let leastPieceByteCount = 4_096

    /// Moves a piece of the connection's turn, which is its own until it is over.
    ///
    /// - Returns: how many bytes were read.
    private func moveOn(_ key: Key) -> Int {
        let rest = turn?.rest ?? tools.turnByteCount
        connections[key].activeAt = now.milliseconds
        let before = connections[key].tunnel.byteCount
        let progress = advance(key, limit: tools.pieceByteCount)
        guard connections.contains(key) else {
            turn = nil
            return 0
        }
        let count = Int(connections[key].tunnel.byteCount - before)
        if progress == .takeTurn, count < rest {
            turn = (key, rest - count)
        } else {
            turn = nil
            connections[key].isQueued = false
            if progress == .takeTurn { queueTurn(of: key) }
        }
        return count
    }
}

// MARK: - Counting bytes

extension Shard {
    /// A running session's bytes reach the counters when so many are new.
    private static let unreportedByteLimit: UInt64 = 1 << 20

    /// Adds what the counters do not have yet, if that is more than `limit` bytes.
    func reportBytes(of key: Key, above limit: UInt64 = 0) {
        let bytesIn = connections[key].tunnel.toBackend.byteCount
        let bytesOut = connections[key].tunnel.toClient.byteCount
        let newIn = bytesIn - connections[key].reportedBytesIn
        let newOut = bytesOut - connections[key].reportedBytesOut
        guard newIn + newOut > limit else { return }
        port.gauges.addBytes(in: newIn, out: newOut)
        connections[key].profile.counters.noteBytes(in: newIn, out: newOut)
        connections[key].reportedBytesIn = bytesIn
        connections[key].reportedBytesOut = bytesOut
    }
}
