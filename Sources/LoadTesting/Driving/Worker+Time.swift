internal import Sockets

/// Deadlines and the end.
extension Worker {
    func tick() {
        guard now >= nextTick else { return }
        nextTick = now + Self.tickNanoseconds
        vacantSeats += restingSeats
        restingSeats = 0
        giveUp { $0.deadline <= now }
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
