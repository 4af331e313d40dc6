import Sockets

/// Performing what a conversation decided.
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
        case .close: closeIdle(key)
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
    /// may be opened, so that the hold does not limit the rate.
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
        proceed(key, isReusable, at: time)
    }

    private func refuse(_ key: Key, _ failure: Failure, _ isReusable: Bool) {
        countOperation(failure, began: endOperation(key))
        judge(failure, hadBeenReady: true)
        proceed(key, isReusable, at: now)
    }

    private func endOperation(_ key: Key) -> Int64 {
        operationCount -= 1
        let began = connections[key].operationBegan ?? now
        connections[key].operationBegan = nil
        return began
    }

    /// Begins the next operation immediately, if one is due.
    private func proceed(_ key: Key, _ isReusable: Bool, at time: Int64) {
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

    /// The peer closed an idle connection, as it may once it has served an operation.
    private func closeIdle(_ key: Key) {
        if connections[key].operationCount > 0 { return close(key) }
        fail(key, Failure(.closedEarly, "connection closed before the first operation"))
    }

    /// Closes a connection normally.
    private func close(_ key: Key) {
        guard let connection = connections.remove(key) else { return }
        if !connection.talk.farewell.isEmpty {
            // `_`: if it is not accepted, the peer still sees the end of the stream.
            _ = connection.socket.write(connection.talk.farewell)
        }
        if connection.talk.closesWithReset {
            connection.socket.closeWithReset()
        } else {
            connection.socket.close()
        }
        current.openConnections -= 1
        releaseSeat(of: connection, isResting: false)
    }

    /// Another connection may be opened in its place: now, or at the next tick if it rests.
    private func releaseSeat(of connection: borrowing Connection<Talk>, isResting: Bool) {
        guard connection.hasSeat else {
            heldCount -= 1
            return
        }
        if isResting { restingSeats += 1 } else { vacantSeats += 1 }
    }

    /// Abandons a connection, and its operation with it.
    func fail(_ key: Key, _ failure: Failure) {
        guard let connection = connections.remove(key) else { return }
        connection.socket.closeWithReset()
        if connection.stage == .connecting {
            connectingCount -= 1
        } else {
            current.openConnections -= 1
        }
        releaseSeat(of: connection, isResting: connection.operationCount == 0)
        if let start = connection.heldSince { longestDenial = max(longestDenial, now - start) }
        if let began = connection.operationBegan {
            operationCount -= 1
            countOperation(failure, began: began)
        } else {
            // Once it was established, the time of the failure counts.
            let time = connection.stage == .connecting ? connection.openedAt : now
            countConnection(failure, at: time)
        }
        judge(failure, hadBeenReady: connection.hasBeenReady)
    }

    /// Ends the run if every other attempt would fail in the same way: before anything has succeeded,
    /// the cause is not the load. Any other failure only ends the trial.
    func judge(_ failure: Failure, hadBeenReady: Bool) {
        let hasSucceeded = current.completed > 0 || control.progress.completed > 0
        if failure.isFatal, !hasSucceeded, hadBeenReady || !control.hasPassedTrial {
            control.abort(at: now)
            updateEnd()
        } else {
            control.passTrial()
        }
    }

    /// An operation failed; it counts when it began.
    func countOperation(_ failure: Failure, began: Int64) {
        count(failure, at: began, as: \.failures)
        if failure.isWithoutAnswer, window.contains(began) {
            tally.recordLowerBound(nanoseconds: now - began)
        }
    }

    /// A connection without an operation failed; if connections are only held, it is an operation
    /// itself.
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
