import Sockets
import Time
import Traffic

extension Shard {
    /// How long a denied client may take to read its error.
    private static let lingerMilliseconds: Int64 = 2_000
    /// How long one may take to send the rest of a request that was answered early.
    private static let drainMilliseconds: Int64 = 60_000
    private static let loginMilliseconds: Int64 = 5_000
    /// For a login that is carried to its server, or a redirect: what MySQL servers grant (connect_timeout).
    private static let dialogueMilliseconds: Int64 = 10_000
    /// The age of a connection to a backend at which keepalive is enabled: many are closed before
    /// and never need the four system calls.
    private static let keepaliveDelay: Int64 = 1_000

    /// Sets the one deadline of a connection.
    func set(_ deadline: Lifecycle.Deadline, for key: Key) {
        let deadlines = connections[key].profile.deadlines
        let milliseconds =
            switch deadline {
            case .firstBytes: deadlines.header
            case .handshake: deadlines.handshake
            case .connect: deadlines.connect
            case .dialogue:
                connections[key].lifecycle.patience?.milliseconds
                    ?? max(deadlines.connect, Self.dialogueMilliseconds)
            case .relay: min(deadlines.idle, Self.keepaliveDelay)
            case .nextRequest: deadlines.idle
            case .refusal: Self.loginMilliseconds
            case .linger: Self.lingerMilliseconds
            case .drain: Self.drainMilliseconds
            }
        if deadline == .firstBytes { connections[key].notes.requests?.begin(at: now) }
        if deadline == .relay { connections[key].stall.watch = .soon }
        timers.schedule(Int(key.index), at: now.milliseconds + milliseconds)
    }

    /// Checks a relay whose deadline has passed. Bytes do not reschedule the idle deadline, they
    /// only record the time: one timer lasts for hours.
    ///
    /// - Returns: why the connection has to end; `nil` if it continues.
    func lookAfterRelay(of key: Key) -> ConnectionEnd? {
        probeBackend(of: key)
        let nextLook: Int64
        switch lookForStall(of: key) {
        case .lookAgain(let moment): nextLook = moment
        case .end(let end): return end
        }
        let (timeout, end) = silence(of: key)
        let deadline = (answerAwaitedSince(key) ?? connections[key].activeAt) + timeout
        guard deadline > now.milliseconds else { return end }
        connections[key].stall.watch = nextLook < .max ? .soon : .none
        timers.schedule(Int(key.index), at: min(nextLook, deadline))
        return nil
    }

    /// Since when only an answer has been waited for, in monotonic milliseconds. Neither the beginning of
    /// one nor the client's next request gives it more time.
    private func answerAwaitedSince(_ key: Key) -> Int64? {
        guard connections[key].lifecycle.awaitsAnswer, connections[key].isRequestSent(),
            let requests = connections[key].notes.requests
        else { return nil }
        if requests.awaitedSince == nil { requests.awaitedSince = connections[key].activeAt }
        return requests.awaitedSince
    }

    /// After how many milliseconds without a byte the connection ends, and as what.
    private func silence(of key: Key) -> (timeout: Int64, end: ConnectionEnd) {
        let deadlines = connections[key].profile.deadlines
        if connections[key].lifecycle.awaitsAnswer,
            let patience = connections[key].lifecycle.patience?.milliseconds
        {
            return (patience, .idleTimeout)
        }
        let isShorter =
            connections[key].lifecycle.isHalfClosed && deadlines.halfClosed < deadlines.idle
        return isShorter
            ? (deadlines.halfClosed, .halfClosedTimeout) : (deadlines.idle, .idleTimeout)
    }

    /// From now on a backend that is gone without a word is noticed, and one that does not read holds
    /// little.
    private func probeBackend(of key: Key) {
        guard connections[key].stall.settings.insert(.backendProbes).inserted else { return }
        // `try?`: on a socket that has failed meanwhile, whose event is under way.
        let socket = connections[key].tunnel.backend.socket
        try? socket.setKeepalive(snapshot.keepalive)
        boundBuffers(of: key)
    }
}
