import Policy
import Settings
import Sockets
import Traffic

/// Moving the bytes of relayed connections, each in its turn.
extension Shard {
    /// Sends what a lifecycle requests.
    ///
    /// Before there is a relay bytes go directly to the client: a new socket's buffer accepts a few.
    func send(_ step: borrowing Lifecycle.Step, for key: Key) {
        connections[key].tunnel.sendToBackend(step.toBackend)
        guard !step.toClient.isEmpty else { return }
        var rest = step.toClient
        if !connections[key].isBackendConnected,
            !connections[key].tunnel.hasPending(from: .backend),
            case .bytes(let count) = connections[key].tunnel.client.write(rest)
        {
            rest.removeFirst(count)
        }
        connections[key].tunnel.enqueue(rest, for: .client, isCounted: false)
    }

    /// Moves bytes, at most about `limit` in each direction; next to a relay only what was
    /// enqueued.
    func advance(_ key: Key, limit: Int) -> Tunnel.Progress {
        let moved = connections[key].advance(limit: limit, with: tools)
        see(to: moved, of: key)
        return moved.progress
    }

    /// Counts bytes that were moved, and makes sure that pending ones are monitored.
    func see(to moved: Connection.Moved, of key: Key) {
        if moved.isBulk { boundBuffers(of: key) }
        if moved.isUncounted {
            reportBytes(of: key)
            widenClient(of: key)
        }
        if let urgency = moved.watch { watch(key, urgency) }
    }

    /// Whether the client still waits for the backend's greeting.
    func isUnanswered(_ key: Key) -> Bool {
        connections[key].profile.settings.protocol.firstSpeaker == .backend
            && connections[key].tunnel.toClient.byteCount == 0
            && !connections[key].lifecycle.hasEnded(.client)
            && connections[key].sessionID == 0
    }

    /// How a backend left without a word, for the operator.
    func silence(_ failure: SideFailure?, of key: Key) -> String {
        let words =
            switch failure {
            case nil: "closed the connection before its greeting"
            case .reset: "reset the connection before its greeting"
            case .unreachable: "became unreachable before its greeting"
            }
        let mayBeHeader = connections[key].profile.sendsProxyHeader
        let reason = mayBeHeader ? ProxyHeaderRefusal.possible(words) : words
        let address = connections[key].backend.map { "\($0.address): " } ?? ""
        return address + reason
    }

    /// Whether the other side is to read to the end what a failed side had sent.
    ///
    /// A MySQL server's error, such as the one for a PROXY header that it does not accept, must not
    /// be overtaken by a reset; and its packets have their length, so an ordinary end cannot pass for
    /// the end of an answer.
    func isGentle(_ side: RelaySide, of key: Key) -> Bool {
        side == .backend && connections[key].profile.settings.protocol.framesMessages
            && !connections[key].tunnel.toClient.hasPending
    }

    /// The connection has more to do than fits in here; others have their turn first.
    func queueTurn(of key: Key) {
        connections[key].wantsTurn = true
        guard !connections[key].isQueued else { return }
        connections[key].isQueued = true
        runQueue.append(key)
    }
}

// MARK: - Counting bytes

extension Shard {
    /// Adds what the counters do not have yet.
    func reportBytes(of key: Key) {
        let new = connections[key].takeUncounted()
        guard new.bytesIn + new.bytesOut > 0 else { return }
        port.gauges.addBytes(in: new.bytesIn, out: new.bytesOut)
        port.gauges.setSpliced(tools.splicedByteCount)
        connections[key].profile.counters.recordBytes(in: new.bytesIn, out: new.bytesOut)
    }
}
