import Addresses
import HTTPProtocol
import MySQLProtocol
import Sockets
import Traffic

/// The only place that performs what connections' lifecycles request.
///
/// Whatever happens (readiness, time, an operator's request) is reported to the connection's
/// ``Lifecycle``. ``perform(_:for:)`` performs the step that it returns and reports the result,
/// until there is nothing to do before the next event. What is called from here returns what it
/// found, and never calls back.
extension Shard {
    /// Begins with a new client.
    func begin(_ socket: Socket, from peer: SocketAddress, at listener: ListenerID) {
        guard let routes = snapshot.listeners[listener] else {
            socket.close()
            services.descriptors.release(Int(DescriptorBudget.perConnection))
            return port.releaseConnection()
        }
        let isRouted = routes.profile.destination != nil
        routes.profile.counters.recordOpened(isAccepted: isRouted)
        let key = connections.insert(
            Connection(
                id: makeConnectionNumber(),
                listener: listener,
                routes: routes,
                socket: socket,
                peer: peer,
                sessionID: routes.greeting == nil ? 0 : services.directory.makeID(),
                at: now
            )
        )
        carryOn(key, connections[key].lifecycle.begin())
        if connections.contains(key) { watchClient(of: key) }
    }

    /// Unique among all shards.
    private func makeConnectionNumber() -> UInt64 {
        lastConnectionNumber += 1
        return lastConnectionNumber << 8 | UInt64(port.number & 255)
    }

    private func watchClient(of key: Key) {
        do {
            let socket = connections[key].tunnel.client.socket
            try epoll.add(socket, token: EventToken.client(key).rawValue)
        } catch {
            services.report(.acceptPaused(reason: error.description))
            close(key, .resourceExhausted)
        }
    }

    /// Records an event and does what it allows. An event for a slot's previous tenant is ignored.
    func handle(_ event: ReadinessEvent, from side: RelaySide, of key: Key) {
        guard connections.contains(key) else { return }
        connections[key].record(event, from: side, at: now.milliseconds)
        switch connections[key].relay(event, with: tools) {
        case .moved(let moved):
            // Most events end here.
            if moved.isSettled { return }
            see(to: moved, of: key)
            carryOn(key, report(moved.progress, of: key))
        case .wantsTurn:
            // Bulk waits for its turn: others have less to send, and are done sooner.
            return queueTurn(of: key)
        case .failed:
            failed(side, of: key)
        case .looksAtBytes:
            readsLeft = RelayTools.turnLimit
            carryOn(key, progress(by: event, from: side, of: key) ?? look(at: key))
        }
    }

    /// Passes on what a failed side had sent, as far as the other side accepts it, and then the
    /// failure.
    private func failed(_ side: RelaySide, of key: Key) {
        carryOn(key, move(key, limit: .max))
        if connections.contains(key), connections[key].isRelaying {
            let error = connections[key].tunnel[side].socket.takeError()
            carryOn(key, failed(side, error.map(SideFailure.init) ?? .reset, of: key))
        }
    }

    /// The deadline that was set last for a connection has passed.
    func deadlinePassed(for key: Key) {
        guard connections[key].lifecycle.phase == .relaying else {
            return carryOn(key, connections[key].lifecycle.deadlinePassed())
        }
        guard let end = lookAfterRelay(of: key) else { return }
        if end == .idleTimeout, connections[key].lifecycle.awaitsAnswer {
            return carryOn(key, connections[key].lifecycle.answerTimedOut())
        }
        close(key, end, byReset: end.isStall)
    }

    /// Continues a connection that was interrupted, for at most `limit` bytes.
    func takeTurn(of key: Key, limit: Int) {
        connections[key].activeAt = now.milliseconds
        readsLeft = RelayTools.turnLimit
        carryOn(key, goOn(with: key, limit: limit))
    }

    /// Another backend was asked to end a session, for a client that may have gone since.
    func killed(failure: String?, for key: Key) {
        guard connections.contains(key) else { return }
        let target = failure.map { KillTarget.outOfReach(reason: $0) } ?? .done
        carryOn(key, connections[key].lifecycle.killResolved(target))
    }

    /// Ends a connection, whatever it is doing.
    func close(_ key: Key, _ end: ConnectionEnd, byReset: Bool = false) {
        carryOn(key, connections[key].lifecycle.close(end, byReset: byReset))
    }

    func closeAll(_ end: ConnectionEnd) {
        for key in connections.keys { close(key, end) }
    }

    /// Ends one connection that is not admitted, so that its descriptors serve one that may be.
    ///
    /// - Returns: whether there was one.
    func makeRoom() -> Bool {
        guard let key = oldestRefused ?? oldestUnidentified else { return false }
        evict(key)
        return true
    }

    private func evict(_ key: Key) {
        recordEviction(of: key)
        close(key, .denied)
    }

    /// Does one step after the other, until there is nothing to do before the next event.
    private func carryOn(_ key: Key, _ first: consuming Lifecycle.Step?) {
        guard var step = first else { return }
        readsLeft = RelayTools.turnLimit
        while let next = perform(step, for: key) { step = next }
        // A connection that has taken a place may have been one too many.
        while identifying.isOverfull, let key = oldestUnidentified { evict(key) }
        while refused.isOverfull, let key = oldestRefused { evict(key) }
    }

    /// Performs what a lifecycle requested.
    ///
    /// - Returns: its next step after the result; `nil` if it waits, or has ended.
    private func perform(_ step: borrowing Lifecycle.Step, for key: Key) -> Lifecycle.Step? {
        if step.isServersAnswer { connections[key].tunnel.countToClient(step.toClient.count) }
        if let record = finishedRequest(by: step, of: key) {
            recordRequest(record, of: key, before: step)
        }
        if case .end(let end, let byReset) = step.action {
            finish(key, end, byReset: byReset, giving: step.released)
            return nil
        }
        if let greeting = step.backendGreeting.first { see(greeting, ofBackendOf: key) }
        release(step.released, of: key)
        takePlaces(step.acquired, for: key)
        if let deadline = step.deadline { set(deadline, for: key) }
        // While it logs in again, whose session it is is not known.
        if step.deadline == .dialogue { leaveDirectory(connections[key]) }
        send(step, for: key)
        switch step.action {
        case .wait, .end:
            return look(at: key)
        case .judge(let introduction, let isForged):
            let verdict = judge(key, introduction, willBeDenied: isForged)
            return connections[key].lifecycle.judged(verdict)
        case .dial(let target):
            return connections[key].lifecycle.dialed(dial(target, for: key))
        case .redial(let reason):
            giveUpBackend(of: key, reason: reason)
            return connections[key].lifecycle.dialed(dialNext(for: key))
        case .relay(let bounds):
            // What was read of a client that speaks another protocol from now on.
            let excess = bounds == nil ? connections[key].tunnel.takeExcess(of: .client) : []
            connections[key].tunnel.end(at: bounds)
            connections[key].tunnel.enqueue(excess, for: .backend, isCounted: true)
            if connections[key].lifecycle.isWatched {
                enterDirectory(key)
                connections[key].dial = nil
            }
            connections[key].noteRelaying()
            connections[key].tunnel.beginRelay(with: tools)
            // Its failure came with the request: no event follows.
            if bounds != nil, connections[key].tunnel.client.hasFailed {
                return connections[key].lifecycle.readFailed(.client)
            }
            if connections[key].isAsked() { return nil }
            return goOn(with: key, limit: tools.eventByteCount)
        case .startTLS(.client, let held):
            return startTLS(withClientOf: key, held: held)
        case .startTLS(.backend, _):
            return secureBackend(of: key)
        case .kill(let request):
            guard let target = resolve(request, of: key) else { return nil }
            return connections[key].lifecycle.killResolved(target)
        case .passOn, .passAnswer:
            connections[key].noteRelaying()
            return goOn(with: key, limit: tools.eventByteCount)
        case .next(let excess):
            connections[key].isRelaying = false
            if let excess {
                let bounds = ExchangeBounds(toBackend: .bytes(0), excess: excess)
                connections[key].tunnel.end(at: bounds)
            }
            return connections[key].isAtRest() ? nil : look(at: key)
        case .shutdownWrite(let side):
            connections[key].tunnel[side].endWriting()
            return goOn(with: key, limit: tools.eventByteCount)
        case .deny(let reason, let detail):
            return connections[key].lifecycle.refuse(refusal(of: key, reason, detail))
        case .linger, .drain:
            connections[key].isRelaying = false
            return look(at: key)
        }
    }
}

// MARK: - Requests

extension Shard {
    /// The request that a step ends: also one that is not carried out, or for which no backend could be
    /// connected.
    private func finishedRequest(by step: borrowing Lifecycle.Step, of key: Key)
        -> HTTPRequestRecord?
    {
        if let record = step.finishedRequest.first { return record }
        switch step.action {
        case .deny, .end: break
        default: return nil
        }
        return connections[key].notes.requests?.refused ?? connections[key].dial?.request?.record
    }
}

// MARK: - What a backend has said

extension Shard {
    /// A MySQL server has greeted: of one that no health check sees, this is all that is known.
    private func see(_ greeting: MySQLGreeting, ofBackendOf key: Key) {
        guard let backend = connections[key].backend, backend.recordLoginGreeting(greeting) else {
            return
        }
        services.greetingSeen.withLock { $0 }?()
    }
}

// MARK: - What a lifecycle looks at

extension Shard {
    /// Moves bytes if that is all there is to do. What arrived before a state that allows it is not
    /// reported again: waiting for an event would mean waiting for the next one.
    private func goOn(with key: Key, limit: Int) -> Lifecycle.Step? {
        connections[key].isRelaying ? move(key, limit: limit) : look(at: key, limit: limit)
    }

    /// Passes the bytes that it wants to inspect to the lifecycle; if there are none, moves the
    /// others.
    private func look(at key: Key, limit: Int? = nil) -> Lifecycle.Step? {
        let phase = connections[key].lifecycle.phase
        if phase == .securing { return continueHandshake(with: .client, of: key) }
        if phase == .securingBackend { return secureBackend(of: key) }
        if connections[key].sendsFirst(),
            let step = report(connections[key].tunnel.sendPending(with: tools), of: key)
        {
            return step
        }
        if phase == .lingering, !connections[key].tunnel.hasPending(from: .backend) {
            connections[key].tunnel.client.endWriting()
        }
        // A backend that is gone is noticed before the client's next request.
        if let step = read(from: .backend, of: key) ?? read(from: .client, of: key) { return step }
        return phase == .relaying ? move(key, limit: limit ?? tools.eventByteCount) : nil
    }

    /// Reads once if the lifecycle looks at bytes of that side, and shows what came.
    private func read(from side: RelaySide, of key: Key) -> Lifecycle.Step? {
        guard connections[key].looksAtBytes(from: side) else { return nil }
        let excess = connections[key].tunnel.takeExcess(of: side)
        if !excess.isEmpty { return show(excess, from: side, of: key) }
        guard connections[key].tunnel[side].isReadable else { return nil }
        guard readsLeft > 0 else { return interrupt(key) }
        readsLeft -= 1
        switch connections[key].tunnel[side].read(into: tools.scratch) {
        case .bytes(let count, let isLast):
            return show(count, isLast: isLast, from: side, of: key)
        case .wouldBlock:
            return nil
        case .endOfStream:
            // A relay that takes over reads the end once more.
            connections[key].tunnel[side].isReadable =
                connections[key].lifecycle.phase != .conversing
            return connections[key].lifecycle.endOfStream(from: side)
        case .failed(let failure):
            return connections[key].lifecycle.readFailed(side, failure)
        }
    }

    /// A connection has read enough for now.
    private func interrupt(_ key: Key) -> Lifecycle.Step? {
        let lifecycle = connections[key].lifecycle
        if lifecycle.phase == .lingering, !lifecycle.isDraining {
            return connections[key].lifecycle.deadlinePassed()
        }
        queueTurn(of: key)
        return nil
    }

    /// Shows the lifecycle bytes in the scratch buffer, and passes them on if it lets them pass.
    private func show(_ count: Int, isLast: Bool, from side: RelaySide, of key: Key)
        -> Lifecycle.Step
    {
        let step = tools.scratch.withBytes(in: 0..<count) { bytes in
            connections[key].lifecycle.receive(bytes, from: side)
        }
        if side == .backend, connections[key].isAnsweredEarly(by: step) {
            connections[key].lifecycle.answerIsEarly()
        }
        let progress: Tunnel.Progress
        if let replay = step.replay {
            progress = connections[key].tunnel.pass(replay, count, isLast: isLast, with: tools)
        } else if let answer = step.answer {
            connections[key].notes.requests?.endHop(at: now)
            progress = connections[key].tunnel.pass(answer, count, with: tools)
        } else {
            return step
        }
        if let next = report(progress, of: key) { return next }
        return step
    }

    /// Shows the lifecycle bytes that were read before it wanted any.
    private func show(_ bytes: [UInt8], from side: RelaySide, of key: Key) -> Lifecycle.Step {
        let step = connections[key].lifecycle.receive(bytes.span, from: side)
        if let replay = step.replay {
            let passed = replay.held + bytes[replay.offset...]
            connections[key].tunnel.enqueue(passed, for: .backend, isCounted: true)
        }
        return step
    }

    /// The lifecycle's response to the result of moving bytes.
    private func report(_ progress: Tunnel.Progress, of key: Key) -> Lifecycle.Step? {
        switch progress {
        case .waitForReadiness: return nil
        case .takeTurn:
            queueTurn(of: key)
            return nil
        case .boundsReached: return connections[key].lifecycle.boundsReached()
        case .answeredEarly: return connections[key].lifecycle.answeredEarly()
        case .endOfStream(from: .backend) where isUnanswered(key):
            return connections[key].lifecycle.unanswered(silence(nil, of: key))
        case .endOfStream(let side):
            return connections[key].lifecycle.endOfStream(from: side)
        case .readFailed(let side, let failure):
            return failed(side, failure, of: key)
        case .writeFailed(let side, let failure):
            let isGentle = isGentle(side, of: key)
            return connections[key].lifecycle.writeFailed(side, failure, isGentle: isGentle)
        }
    }

    private func failed(_ side: RelaySide, _ failure: SideFailure, of key: Key)
        -> Lifecycle.Step
    {
        if side == .backend, isUnanswered(key) {
            return connections[key].lifecycle.unanswered(silence(failure, of: key))
        }
        let isGentle = isGentle(side, of: key)
        return connections[key].lifecycle.readFailed(side, failure, isGentle: isGentle)
    }

    /// Moves bytes, about `limit` at most in each direction.
    private func move(_ key: Key, limit: Int) -> Lifecycle.Step? {
        report(advance(key, limit: limit), of: key)
    }

    /// What an event means before bytes are relayed; `nil` if only bytes can show it.
    private func progress(by event: ReadinessEvent, from side: RelaySide, of key: Key)
        -> Lifecycle.Step?
    {
        switch (connections[key].lifecycle.phase, side) {
        case (.dialing, .backend):
            guard let outcome = connectProgressed(event, for: key) else { return nil }
            return connections[key].lifecycle.dialed(outcome)
        case (.dialing, .client):
            // A client that resets while it waits for a backend no longer needs one.
            return event.isError ? connections[key].lifecycle.readFailed(side) : nil
        case (.conversing, .client), (.relaying, .client):
            // The same while it waits for an answer. Otherwise its bytes are read first.
            guard event.isError, !connections[key].lifecycle.looksAtBytes(from: .client) else {
                return nil
            }
            return connections[key].lifecycle.readFailed(side)
        default:
            return nil
        }
    }
}
