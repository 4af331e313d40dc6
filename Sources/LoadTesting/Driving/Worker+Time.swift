internal import Sockets

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

    /// What has not ended by now is not waited for.
    func finish() {
        giveUp { $0.operationBegan != nil }
        for key in connections.keys { connections.remove(key)?.socket.close() }
        countMissed()
    }

    private func countMissed() {
        tally.warmUpFailures.record(Failure(.unsent), count: pacer.missedInWarmUp)
        let missed = pacer.missed
        tally.failures.record(Failure(.unsent), count: missed.count)
        missed.forEachWait(until: pacer.end) { tally.recordLowerBound(nanoseconds: $0, count: $1) }
    }

    /// Ends what has waited to its deadline: held connections have proved themselves by then.
    private func expire() {
        for index in 0..<connections.slotCount {
            guard let key = connections.key(at: UInt32(index)), connections[key].deadline <= now
            else { continue }
            if connections[key].stage == .holding {
                completeOrHoldLonger(key)
            } else {
                fail(key, Failure(reasonToGiveUp(connections[key])))
            }
        }
    }

    /// A target under load takes longer to turn clients away, as they wait in its backlog: what is
    /// held is held several times as long as that has taken so far.
    private func completeOrHoldLonger(_ key: Key) {
        let longest = min(Self.denialFactor * longestDenial, plan.timeout.nanoseconds)
        let deadline = (connections[key].heldSince ?? now) + longest
        if deadline > now {
            connections[key].deadline = deadline
        } else {
            complete(key, false)
        }
    }

    private func giveUp(where isToEnd: (borrowing Connection<Talk>) -> Bool) {
        for index in 0..<connections.slotCount {
            guard let key = connections.key(at: UInt32(index)), isToEnd(connections[key]) else {
                continue
            }
            fail(key, Failure(reasonToGiveUp(connections[key])))
        }
    }

    private func reasonToGiveUp(_ connection: borrowing Connection<Talk>) -> Failure.Kind {
        guard connection.deadline <= now else { return .unfinished }
        return connection.stage == .connecting ? .connectTimeout : .timeout
    }
}
