import Addresses
import Core
import Sockets

/// Looking after bytes that a peer does not take: where they wait, how many, and for how long.
extension Shard {
    /// When a connection that has moved bytes is looked at: soon where some wait in the gateway,
    /// later where the kernel took them all, which it does within small bounds.
    private static let soon: Int64 = 1_000
    private static let later: Int64 = 5_000

    /// Sets the timer of a connection that has moved bytes, unless it is set already.
    func watch(_ key: Key) {
        let urgency: Connection.Watch = connections[key].tunnel.hasPending ? .soon : .later
        guard urgency > connections[key].watch else { return }
        connections[key].watch = urgency
        let timeouts = connections[key].profile.settings.timeouts
        let shortest = min(timeouts.idle, timeouts.halfClosed, timeouts.write).milliseconds
        let patience = Int64(snapshot.keepalive.userTimeoutMilliseconds) / 2
        let delay = min(urgency == .soon ? Self.soon : Self.later, shortest, patience)
        timers.schedule(Int(key.index), at: now.milliseconds + delay)
    }

    /// Looks at a connection whose timer has fired.
    ///
    /// - Returns: when to look again, in monotonic milliseconds, or never where nothing waits; `nil`
    ///   where the connection is closed.
    func lookForStall(of key: Key) -> Int64? {
        let tunnel = connections[key].tunnel
        let (client, backend) = (tunnel.client.socket.held, tunnel.backend.socket.held)
        let toClient = tunnel.toClient.waiting(besides: client.unacknowledged)
        let toBackend = tunnel.toBackend.waiting(besides: backend.unacknowledged)
        guard toClient.byteCount + toBackend.byteCount > 0 else {
            endHold(of: key)
            return .max
        }
        let hold = connections[key].hold ?? Hold()
        connections[key].hold = hold
        let verdict = hold.watch.look(
            client: toClient,
            backend: toBackend,
            writeTimeout: connections[key].profile.settings.timeouts.write.milliseconds,
            isOverBudget: isOverBudget(key, hold, memory: client.memory + backend.memory),
            at: now.milliseconds
        )
        keepPatience(with: .client, client, of: key, hold)
        keepPatience(with: .backend, backend, of: key, hold)
        switch verdict {
        case .lookAgain(let delay): return now.milliseconds + delay
        case .nothingWaits: return .max
        case .peerTakesNothing(let side):
            abort(key, side == .client ? .clientWriteTimeout : .backendWriteTimeout)
        case .overBudget:
            connections[key].detail = "its source is over limits.bufferPerSource"
            abort(key, .bufferLimit)
        }
        return nil
    }

    /// Counts what is held for the connection, and says whether its source holds too much.
    private func isOverBudget(_ key: Key, _ hold: Hold, memory: Int) -> Bool {
        let tunnel = connections[key].tunnel
        let sum = memory + tunnel.toClient.pendingByteCount + tunnel.toBackend.pendingByteCount
        let total = services.buffers.add(sum - hold.byteCount, to: connections[key].bufferSource)
        hold.byteCount = sum
        return snapshot.limits.bufferPerSource > 0 && total > snapshot.limits.bufferPerSource
    }

    /// A peer that is alive and keeps its window closed has `timeouts.write`; the kernel would take
    /// it for one that is gone, after the shorter time of keepalive (TCP_USER_TIMEOUT).
    private func keepPatience(
        with side: RelaySide,
        _ held: HeldBytes,
        of key: Key,
        _ hold: Hold
    ) {
        let isPatient =
            held.unsent > 0 && held.unsent == held.unacknowledged
        guard isPatient != hold.patience.contains(side) else { return }
        if isPatient { hold.patience.insert(side) } else { hold.patience.remove(side) }
        let tunnel = connections[key].tunnel
        let socket = side == .client ? tunnel.client.socket : tunnel.backend.socket
        // `try?`: on a socket that has failed meanwhile, whose event is under way.
        try? socket.setUserTimeout(
            milliseconds: isPatient ? 0 : snapshot.keepalive.userTimeoutMilliseconds
        )
    }

    /// Nothing is held any longer.
    func endHold(of key: Key) {
        guard let hold = connections[key].hold else { return }
        connections[key].hold = nil
        services.buffers.add(-hold.byteCount, to: connections[key].bufferSource)
        let tunnel = connections[key].tunnel
        for side in hold.patience {
            let socket = side == .client ? tunnel.client.socket : tunnel.backend.socket
            // `try?`: as above.
            try? socket.setUserTimeout(milliseconds: snapshot.keepalive.userTimeoutMilliseconds)
        }
    }
}

extension Connection {
    /// Whose budget of held bytes it takes from.
    var bufferSource: SourceKey { holdings.source ?? SourceKey(client.ip) }
}

extension Flow {
    /// What waits for the destination, together with what its socket holds.
    fileprivate func waiting(besides unacknowledged: Int) -> StallWatch.Waiting {
        let waiting = pendingByteCount + unacknowledged
        return StallWatch.Waiting(
            byteCount: waiting,
            // A PROXY header that we send first is not counted: it moves the origin, no more.
            takenPosition: Int64(clamping: byteCount) - Int64(waiting)
        )
    }
}
