import Addresses
import CIDRTrie
import Operations
import Policy
import Settings
import Sockets
import Time
import Traffic

/// Running sessions: listed, reviewed under a new policy, closed.
extension Shard {
    /// Slots that are looked at in one turn.
    private static let sliceSize = 1_024
    /// The wall clock may be set: an expiry is looked for at least so often, in seconds.
    private static let reviewInterval: Int64 = 60

    func schedule(_ sweep: SessionSweep) {
        sweeps.append(sweep)
    }

    /// Does one slice of the oldest sweep.
    func continueSweeps() {
        guard var sweep = sweeps.first else { return }
        let end = min(sweep.next + Self.sliceSize, connections.slotCount)
        for index in sweep.next..<max(sweep.next, end) {
            if let key = connections.key(at: UInt32(index)), connections[key].lifecycle.isAdmitted {
                visit(key, for: &sweep)
            }
        }
        sweep.next = end
        if end < connections.slotCount {
            sweeps[0] = sweep
        } else {
            sweeps.removeFirst()
            sweep.finish(services.revocations)
        }
    }

    /// Answers pending requests; the shard no longer looks at connections.
    func abandonSweeps() {
        for sweep in sweeps { sweep.finish(services.revocations) }
        sweeps = []
    }

    private func visit(_ key: Key, for sweep: inout SessionSweep) {
        switch sweep.task {
        case .review:
            let profile = connections[key].profile
            guard review(key) else { return }
            let listener = RevocationTally.Listener(
                warehouse: profile.warehouse,
                address: profile.name
            )
            sweep.revoked[listener, default: 0] += 1
        case .list(let query):
            let session = session(key)
            guard query.matches(session) else { return }
            sweep.add(session, acceptedAt: connections[key].acceptedAt)
        case .close(let query):
            let session = session(key)
            guard query.matches(session) else { return }
            sweep.add(session, acceptedAt: connections[key].acceptedAt)
            close(key, .closedByOperator)
        }
    }
}

// MARK: - Review

extension Shard {
    /// Applies a snapshot: new connections follow it immediately, running ones within a moment.
    ///
    /// A snapshot of the same generation has other backends, and the same policy.
    func install(_ snapshot: Snapshot) {
        let isNewPolicy = snapshot.generation != self.snapshot.generation
        self.snapshot = snapshot
        identifying.limit = snapshot.identifyingLimit
        guard isNewPolicy else { return }
        hits.prune { snapshot.policy.series }
        if connections.count > 0 {
            schedule(SessionSweep(.review))
        } else {
            services.revocations.end([:])
        }
    }

    /// When rules are looked at next for having expired, in monotonic milliseconds.
    var nextReview: Int64? {
        guard let nextExpiry else { return nil }
        let seconds = min(nextExpiry.seconds - now.unixTime.seconds, Self.reviewInterval)
        return now.milliseconds + max(0, seconds) * 1_000 - now.millisecondsOfSecond
    }

    func reviewExpired() {
        guard let expiry = nextExpiry, expiry <= now.unixTime else { return }
        // The review finds the next one.
        nextExpiry = nil
        services.revocations.expect(1)
        schedule(SessionSweep(.review))
    }

    /// Closes a session that is no longer admitted, unless its warehouse keeps such sessions.
    ///
    /// - Returns: whether it was closed.
    private func review(_ key: Key) -> Bool {
        switch snapshot.sessionPolicies.judge(connections[key].identity, at: now.unixTime) {
        case .goesOn(let expiry):
            recordExpiry(expiry)
            return false
        case .ends(let denial):
            connections[key].notes.denial = denial
            close(key, .revoked)
            return true
        }
    }

    private func session(_ key: Key) -> Session {
        let connection = connections[key]
        return Session(
            connection: connection.id,
            warehouse: connection.profile.warehouse,
            listener: connection.profile.name,
            protocol: connection.profile.settings.protocol,
            link: connection.profile.settings.link,
            peer: connection.peer,
            client: connection.client.address,
            introducedBy: connection.client.isIntroduced
                ? [connection.peer.ip] + connection.client.intermediaries : [],
            endpoint: connection.client.endpoint,
            rule: connection.notes.rule,
            backend: connection.isBackendConnected ? connection.backend?.address : nil,
            startedAt: connection.acceptedAt.unixTime,
            durationMilliseconds: now.milliseconds - connection.acceptedAt.milliseconds,
            idleMilliseconds: now.milliseconds - connection.activeAt,
            bytesIn: connection.tunnel.toBackend.byteCount,
            bytesOut: connection.tunnel.toClient.byteCount
        )
    }
}
