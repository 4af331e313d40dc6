internal import Sockets

/// Deadlines and the end.
extension Worker {
    func tick() {
        guard now >= nextTick else { return }
        nextTick = now + Self.tickNanoseconds
        pacer.end = control.end
        vacantSeats += restingSeats
        restingSeats = 0
        giveUp { $0.deadline <= now }
    }

    /// What has not ended by now has failed.
    func finish() {
        giveUp { $0.operationBegan != nil }
        for key in connections.keys { connections.remove(key)?.socket.close() }
        tally.failures.record(Failure(.unsent), count: pacer.missedCount)
    }

    private func giveUp(where isLate: (borrowing Connection<Talk>) -> Bool) {
        for index in 0..<connections.slotCount {
            guard let key = connections.key(at: UInt32(index)), isLate(connections[key]) else {
                continue
            }
            let isConnecting = connections[key].stage == .connecting
            fail(key, Failure(isConnecting ? .connectTimeout : .timeout))
        }
    }
}
