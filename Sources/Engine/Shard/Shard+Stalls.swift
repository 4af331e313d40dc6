import Addresses
import Sockets
import Time
import Traffic

/// Monitors bytes that a peer does not read: where they wait, how many, and for how long.
extension Shard {
    /// When a connection that has moved bytes is checked: soon if some wait in the gateway, later
    /// if the kernel accepted them all, which it does within small bounds.
    private static let soon: Int64 = 1_000
    private static let later: Int64 = 5_000

    /// Sets the timer of a connection that has moved bytes.
    func watch(_ key: Key, _ urgency: StallState.Watch) {
        connections[key].stall.watch = urgency
        let deadlines = connections[key].profile.deadlines
        var shortest = min(deadlines.idle, deadlines.halfClosed, deadlines.write)
        if let patience = connections[key].lifecycle.patience {
            shortest = min(shortest, patience.milliseconds)
        }
        let patience = Int64(snapshot.keepalive.userTimeoutMilliseconds) / 2
        let delay = min(urgency == .soon ? Self.soon : Self.later, shortest, patience)
        timers.schedule(Int(key.index), at: now.milliseconds + delay)
    }

    /// From now on, the kernel keeps only as many bytes as the configuration allows, from and for the
    /// backend, if their receiver does not read; and few of the client's.
    func boundBuffers(of key: Key) {
        boundBackend(of: key)
        guard connections[key].stall.settings.insert(.clientBound).inserted,
            let bound = services.bufferPolicy.client
        else { return }
        // `try?`: on a socket that has failed meanwhile, whose event is under way.
        try? connections[key].tunnel.client.socket.resizeReceiveBuffer(bound.first)
    }

    /// What a client has sent when more of its bytes may be under way: more than the gateway takes for a
    /// backend that reads nothing.
    private static let wideByteCount: UInt64 = 4 << 20

    /// The kernel keeps as many bytes of a client as the configuration allows, if its backend takes them.
    func widenClient(of key: Key) {
        guard connections[key].tunnel.toBackend.byteCount >= Self.wideByteCount,
            connections[key].stall.settings.insert(.clientWidth).inserted,
            let bound = services.bufferPolicy.client
        else { return }
        // `try?`: as above.
        try? connections[key].tunnel.client.socket.resizeReceiveBuffer(bound.full)
    }

    /// The backend's part, for one that was dialed anew.
    func boundBackend(of key: Key) {
        guard connections[key].stall.settings.insert(.backendBounds).inserted else { return }
        let (policy, socket) = (services.bufferPolicy, connections[key].tunnel.backend.socket)
        // `try?`: as above.
        if let size = policy.backendReceive { try? socket.resizeReceiveBuffer(size) }
        if let limit = policy.unsent { try? socket.setUnsentLimit(limit) }
    }

    /// What a look at a connection has found.
    enum StallLook {
        /// Look again then, in monotonic milliseconds; `.max` for never.
        case lookAgain(at: Int64)
        case end(ConnectionEnd)
    }

    /// Looks at a connection whose timer has fired.
    func lookForStall(of key: Key) -> StallLook {
        let tunnel = connections[key].tunnel
        let (client, backend) = (tunnel.client.socket.held, tunnel.backend.socket.held)
        let toClient = tunnel.toClient.waiting(besides: client.unacknowledged)
        let toBackend = tunnel.toBackend.waiting(besides: backend.unacknowledged)
        guard toClient.byteCount + toBackend.byteCount > 0 else {
            endHold(of: key)
            return .lookAgain(at: .max)
        }
        let hold = connections[key].stall.hold ?? Hold()
        connections[key].stall.hold = hold
        let verdict = hold.watch.look(
            client: toClient,
            backend: toBackend,
            writeTimeout: connections[key].profile.deadlines.write,
            isOverBudget: isOverBudget(key, hold, memory: client.memory + backend.memory),
            at: now.milliseconds
        )
        keepPatience(with: .client, client, of: key, hold)
        keepPatience(with: .backend, backend, of: key, hold)
        switch verdict {
        case .lookAgain(let delay): return .lookAgain(at: now.milliseconds + delay)
        case .nothingWaits: return .lookAgain(at: .max)
        case .peerTakesNothing(let side):
            return .end(side == .client ? .clientWriteTimeout : .backendWriteTimeout)
        case .overBudget:
            connections[key].notes.detail = "its source exceeded limits.bufferPerSource"
            return .end(.bufferLimit)
        }
    }

    /// Counts what is held for the connection, and returns whether its source holds too much.
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
        let socket = tunnel[side].socket
        // `try?`: on a socket that has failed meanwhile, whose event is under way.
        try? socket.setUserTimeout(
            milliseconds: isPatient ? 0 : snapshot.keepalive.userTimeoutMilliseconds
        )
    }

    /// Nothing is held any longer.
    func endHold(of key: Key) {
        guard let hold = connections[key].stall.hold else { return }
        connections[key].stall.hold = nil
        services.buffers.add(-hold.byteCount, to: connections[key].bufferSource)
        let tunnel = connections[key].tunnel
        for side in hold.patience {
            let socket = tunnel[side].socket
            // `try?`: as above.
            try? socket.setUserTimeout(milliseconds: snapshot.keepalive.userTimeoutMilliseconds)
        }
    }
}

extension Connection {
    /// The source whose buffer budget it uses.
    var bufferSource: SourceKey { client.source }
}

extension ConnectionEnd {
    /// Whether a peer reads nothing: what it was still to get is dropped with the connection.
    var isStall: Bool {
        switch self {
        case .clientWriteTimeout, .backendWriteTimeout, .bufferLimit: true
        default: false
        }
    }
}

extension Flow {
    /// What waits for the destination, together with what its socket holds.
    fileprivate func waiting(besides unacknowledged: Int) -> StallWatch.Waiting {
        let waiting = pendingByteCount + unacknowledged
        return StallWatch.Waiting(
            byteCount: waiting,
            // A PROXY header that we send first is not counted: it only shifts the origin.
            takenPosition: Int64(clamping: byteCount) - Int64(waiting)
        )
    }
}
