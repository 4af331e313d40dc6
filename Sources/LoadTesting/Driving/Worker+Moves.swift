internal import Sockets

/// Doing what a conversation decided.
extension Worker {
    func apply(_ move: Move, to key: Key) {
        switch move {
        case .wait: break
        case .hold(let nanoseconds): hold(key, nanoseconds)
        case .send(let outgoing):
            connections[key].outgoing = outgoing
            flush(key)
        case .endSending: connections[key].socket.shutdownWrite()
        case .ready: becomeReady(key)
        case .complete(let isReusable): complete(key, isReusable)
        case .refused(let failure, let isReusable): refuse(key, failure, isReusable)
        case .failed(let failure): fail(key, failure)
        case .close: closeUnasked(key)
        }
    }

    private func becomeReady(_ key: Key) {
        if !control.hasPassedTrial { control.passTrial() }
        if connections[key].operationBegan != nil { return operate(key) }
        connections[key].stage = .ready
        connections[key].deadline = .max
        free.append(key)
    }

    /// Lets the operation succeed later, if nothing happens to the connection. Meanwhile the next one
    /// may be opened: how long connections are held does not limit how many are opened.
    private func hold(_ key: Key, _ nanoseconds: Int64) {
        let time = Clock.monotonicNanoseconds()
        let twiceTheConnect = 2 * (time - connections[key].openedAt)
        connections[key].stage = .holding
        connections[key].heldSince = time
        connections[key].deadline = time + max(nanoseconds, twiceTheConnect)
        guard heldCount < heldLimit else { return }
        heldCount += 1
        connections[key].hasSeat = false
        vacantSeats += 1
    }

    func complete(_ key: Key, _ isReusable: Bool) {
        let time = connections[key].heldSince ?? Clock.monotonicNanoseconds()
        let began = endOperation(key)
        if window.contains(began) { tally.latency.record(nanoseconds: time - began) }
        if let offset = window.offset(of: time) {
            tally.completedInTime += 1
            tally.timeline.record(atNanoseconds: offset)
        }
        current.completed += 1
        goOn(key, isReusable, at: time)
    }

    private func refuse(_ key: Key, _ failure: Failure, _ isReusable: Bool) {
        countOperation(failure, began: endOperation(key))
        judge(failure, hadBeenReady: true)
        goOn(key, isReusable, at: now)
    }

    private func endOperation(_ key: Key) -> Int64 {
        operationCount -= 1
        let began = connections[key].operationBegan ?? now
        connections[key].operationBegan = nil
        return began
    }

    /// Begins the next operation at once where one is due.
    private func goOn(_ key: Key, _ isReusable: Bool, at time: Int64) {
        guard isReusable, !connections[key].peerHasEnded,
            life.permits(after: connections[key].operationCount)
        else { return close(key) }
        becomeReadyOrBegin(key, at: time)
    }

    private func becomeReadyOrBegin(_ key: Key, at time: Int64) {
        // Those that have been free for longer come first.
        if free.isEmpty, let beginning = pacer.take(at: time) {
            begin(key, countingFrom: beginning)
        } else {
            becomeReady(key)
        }
    }

    /// The peer ended a connection on which nothing was asked: its right once it has served.
    private func closeUnasked(_ key: Key) {
        if connections[key].operationCount > 0 { return close(key) }
        fail(key, Failure(.closedEarly, "the stream ended before anything was asked"))
    }

    /// Closes a connection in good order.
    private func close(_ key: Key) {
        guard let connection = connections.remove(key) else { return }
        if !connection.talk.farewell.isEmpty {
            // A peer that does not take it will see the end of the stream.
            _ = connection.socket.write(connection.talk.farewell)
        }
        if connection.talk.closesWithReset {
            connection.socket.closeWithReset()
        } else {
            connection.socket.close()
        }
        current.openConnections -= 1
        leaveSeat(of: connection, isResting: false)
    }

    /// Another connection may be opened in its place: now, or if it rests at the next tick.
    private func leaveSeat(of connection: borrowing Connection<Talk>, isResting: Bool) {
        guard connection.hasSeat else {
            heldCount -= 1
            return
        }
        if isResting { restingSeats += 1 } else { vacantSeats += 1 }
    }

    /// Gives a connection up, and its operation with it.
    func fail(_ key: Key, _ failure: Failure) {
        guard let connection = connections.remove(key) else { return }
        connection.socket.closeWithReset()
        if connection.stage == .connecting {
            connectingCount -= 1
        } else {
            current.openConnections -= 1
        }
        leaveSeat(of: connection, isResting: connection.operationCount == 0)
        if let start = connection.heldSince { longestDenial = max(longestDenial, now - start) }
        if let began = connection.operationBegan {
            operationCount -= 1
            countOperation(failure, began: began)
        } else {
            // Once it stood, it is the moment of the failure that counts.
            let time = connection.stage == .connecting ? connection.openedAt : now
            countConnection(failure, at: time)
        }
        judge(failure, hadBeenReady: connection.hasBeenReady)
    }

    /// Ends the run if the failure is one that every other attempt would meet: before anything has
    /// succeeded, what is wrong is not the load. Any other failure ends the trial only.
    func judge(_ failure: Failure, hadBeenReady: Bool) {
        let hasSucceeded = current.completed > 0 || control.progress.completed > 0
        if failure.isFatal, !hasSucceeded, hadBeenReady || !control.hasPassedTrial {
            control.giveUp(at: now)
            learnTheEnd()
        } else {
            control.passTrial()
        }
    }

    /// An operation failed; it counts where it began.
    func countOperation(_ failure: Failure, began: Int64) {
        count(failure, at: began, as: \.failures)
        if failure.isWithoutAnswer, window.contains(began) {
            tally.recordLowerBound(nanoseconds: now - began)
        }
    }

    /// A connection failed that belonged to no operation; where connections are only held, it was
    /// one itself.
    func countConnection(_ failure: Failure, at time: Int64) {
        count(failure, at: time, as: plan.pace == .none ? \.failures : \.connectionFailures)
    }

    private func count(
        _ failure: Failure,
        at time: Int64,
        as counts: WritableKeyPath<Tally, FailureCounts>
    ) {
        current.failed += 1
        if window.contains(time) {
            tally[keyPath: counts].record(failure)
        } else if time < window.measuredFrom {
            tally.warmUpFailures.record(failure)
        }
    }
}
