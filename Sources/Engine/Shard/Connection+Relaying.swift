import Sockets
import Traffic

/// The path of most bytes: from an event to the other side, with nothing else on it.
///
/// These are methods of the connection, not of its shard, so that its parts are used in place and
/// none is copied for reading.
extension Connection {
    /// What an event has brought.
    enum Relayed {
        case moved(Moved)
        /// It moves bytes in bulk.
        case wantsTurn
        /// A side has failed; nothing was moved yet.
        case failed
        /// Its bytes are not merely moved.
        case looksAtBytes
    }

    /// How moving went, and what its shard has to see to.
    struct Moved {
        let progress: Tunnel.Progress
        /// Whether the counters lack many bytes.
        let isUncounted: Bool
        /// Whether enough has moved that the sockets' buffers must be bounded.
        let isBulk: Bool
        /// When its bytes must be checked, if its timer may be set too late for that.
        let watch: StallState.Watch?

        /// Whether there is nothing to do before the next event.
        var isSettled: Bool {
            progress == .waitForReadiness && !isUncounted && !isBulk && watch == nil
        }
    }

    mutating func record(_ event: ReadinessEvent, from side: RelaySide, at milliseconds: Int64) {
        tunnel[side].record(event)
        activeAt = milliseconds
    }

    /// Does what an event allows, if nothing has to look at the bytes.
    mutating func relay(_ event: ReadinessEvent, with tools: RelayTools) -> Relayed {
        guard isRelaying else { return .looksAtBytes }
        if event.isError { return .failed }
        if tunnel.isSplicing { return .wantsTurn }
        return .moved(summary(of: tunnel.advance(with: tools, limit: tools.eventByteCount)))
    }

    /// Moves bytes, at most about `limit` in each direction; next to a relay only what was
    /// enqueued.
    mutating func advance(limit: Int, with tools: RelayTools) -> Moved {
        if isRelaying { return summary(of: tunnel.advance(with: tools, limit: limit)) }
        guard lifecycle.phase == .relaying else {
            // Its deadline is another one's.
            let progress = tunnel.sendPending(with: tools)
            return Moved(progress: progress, isUncounted: false, isBulk: false, watch: nil)
        }
        let reading: Reading = lifecycle.awaitsAnswer ? .client : .backend
        return summary(of: tunnel.advance(with: tools, limit: limit, reading: reading))
    }

    /// A running session's bytes are added to the counters once there are this many new ones.
    private static let uncountedByteLimit: UInt64 = 1 << 20

    /// A receive buffer does not grow before this many bytes have moved (``BufferPolicy``).
    private static let bulkByteCount: UInt64 = 32_768

    private mutating func summary(of progress: Tunnel.Progress) -> Moved {
        let uncounted = tunnel.byteCount - reportedBytesIn - reportedBytesOut
        let watch: StallState.Watch = tunnel.hasPending ? .soon : .later
        return Moved(
            progress: progress,
            isUncounted: uncounted > Self.uncountedByteLimit,
            isBulk: !stall.isBounded && tunnel.byteCount > Self.bulkByteCount,
            watch: stall.watch < watch ? watch : nil
        )
    }
}

// MARK: - What is looked at

extension Connection {
    // They change nothing, and are `mutating` so that the connection is asked in place, not a copy of it.

    /// Whether the bytes of `side` are shown to the lifecycle now.
    mutating func looksAtBytes(from side: RelaySide) -> Bool {
        lifecycle.looksAtBytes(from: side) && !(waitsForPending && tunnel.hasPending(from: side))
    }

    /// Whether a side's bytes are read only after those before them were passed on: what looks at
    /// them keeps nothing back.
    private var waitsForPending: Bool {
        lifecycle.phase == .conversing || lifecycle.isWatched || lifecycle.awaitsAnswer
    }

    /// Whether what was sent goes first: until then nothing more is received.
    mutating func sendsFirst() -> Bool {
        tunnel.hasPending && (lifecycle.phase != .relaying || waitsForPending)
    }

    /// Whether all of the request was passed on.
    mutating func isRequestSent() -> Bool { tunnel.toBackend.isAtBound }

    /// Whether the backend's answer has begun before all of the request was passed on.
    mutating func isAnsweredEarly(by step: borrowing Lifecycle.Step) -> Bool {
        guard !tunnel.toBackend.isAtBound else { return false }
        if case .passAnswer = step.action { return true }
        return lifecycle.hasAnswerPart
    }

    /// Whether there is nothing to do before the backend's answer: its request has been sent.
    mutating func isAsked() -> Bool {
        lifecycle.awaitsAnswer && !tunnel.backend.isReadable && tunnel.toBackend.isAtBound
            && !tunnel.hasPending
    }

    /// Whether there is nothing to do before the client's next request.
    mutating func isAtRest() -> Bool {
        !tunnel.client.isReadable && !tunnel.backend.isReadable && !tunnel.hasPending
            && !tunnel.hasExcess
    }

    /// The lifecycle may have begun to let bytes pass, or have stopped.
    mutating func noteRelaying() {
        isRelaying = lifecycle.isRelaying
    }
}

// MARK: - Counting

extension Connection {
    /// The bytes that the counters do not have yet, which have them now.
    mutating func takeUncounted() -> (bytesIn: UInt64, bytesOut: UInt64) {
        let (bytesIn, bytesOut) = (tunnel.toBackend.byteCount, tunnel.toClient.byteCount)
        defer { (reportedBytesIn, reportedBytesOut) = (bytesIn, bytesOut) }
        return (bytesIn - reportedBytesIn, bytesOut - reportedBytesOut)
    }
}
