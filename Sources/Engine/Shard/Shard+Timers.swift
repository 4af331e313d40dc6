import Core
import Sockets

extension Shard {
    /// Sets the one deadline of a connection.
    func setDeadline(of key: Key, after duration: Duration) {
        timers.schedule(Int(key.index), at: now.milliseconds + duration.milliseconds)
    }

    /// The next moment at which something is due, in monotonic milliseconds.
    var nextDeadline: Int64? {
        let first = min(
            timers.nextDeadline ?? .max,
            acceptResumesAt ?? .max,
            watchRetriesAt ?? .max,
            nextReview ?? .max
        )
        return first == .max ? nil : first
    }

    func expireTimers() {
        resumeAccepting()
        retryWatching()
        reviewExpired()
        guard let deadline = timers.nextDeadline, deadline <= now.milliseconds else { return }
        for index in timers.advance(to: now.milliseconds) {
            if let key = connections.key(at: UInt32(index)) { deadlinePassed(for: key) }
        }
    }

    private func deadlinePassed(for key: Key) {
        switch connections[key].phase {
        case .readingHeader(let reading): headerDeadlinePassed(for: key, reading)
        case .connecting: connectFailed(for: key, reason: "connect timed out")
        case .relaying: relayTimerFired(for: key)
        case .accepted, .greeting, .lingering: finish(key, connections[key].end)
        }
    }

    /// Bytes do not move the deadline of silence, they only note the time: one timer serves for
    /// hours.
    private func relayTimerFired(for key: Key) {
        probeBackend(of: key)
        guard let nextLook = lookForStall(of: key) else { return }
        let (timeout, end) = silence(of: key)
        let deadline = connections[key].activeAt + timeout
        guard deadline > now.milliseconds else { return finish(key, end) }
        connections[key].watch = nextLook < .max ? .soon : .none
        timers.schedule(Int(key.index), at: min(nextLook, deadline))
    }

    /// After how many milliseconds without a byte the connection ends, and as what.
    private func silence(of key: Key) -> (timeout: Int64, end: ConnectionEnd) {
        let timeouts = connections[key].profile.settings.timeouts
        let isShorter = connections[key].tunnel.isHalfClosed && timeouts.halfClosed < timeouts.idle
        return isShorter
            ? (timeouts.halfClosed.milliseconds, .halfClosedTimeout)
            : (timeouts.idle.milliseconds, .idleTimeout)
    }

    /// From now on a backend that is gone without a word is noticed, and one that does not read holds
    /// little.
    private func probeBackend(of key: Key) {
        guard !connections[key].isBackendProbed else { return }
        connections[key].isBackendProbed = true
        // `try?`: on a socket that has failed meanwhile, whose event is under way.
        let socket = connections[key].tunnel.backend.socket
        try? socket.setKeepalive(snapshot.keepalive)
        if let limit = services.bufferPolicy.unsent { try? socket.setUnsentLimit(limit) }
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, within Int64.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        let rest = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return overflow ? .max / 2 : min(product, .max / 2) + rest
    }

    /// Whole nanoseconds, within Int64.
    var nanoseconds: Int64 {
        let (product, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? .max / 2 : product
    }
}
