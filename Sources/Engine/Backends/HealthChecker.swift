import Dispatch
import Settings
import Sockets
import Time
import Traffic

/// Checks backends independently of clients, off the data path: all checks run on one queue over
/// one epoll set. None blocks, so that unresponsive backends do not delay the checks of others.
///
/// Everything is accessed on `queue` only.
final class HealthChecker: @unchecked Sendable {
    // @unchecked: see above; the Dispatch queue is the isolation.

    private typealias Key = SlotTable<HealthConversation>.Key

    /// Checks at the same time, at most: each has a descriptor.
    private static let largestLimit = 512
    private static let wakeToken = UInt64.max
    private static let timerToken = UInt64.max - 1

    private let queue = DispatchQueue(label: "sluice.health", qos: .utility)
    private let epoll: Epoll
    private let tools = RelayTools(scratchByteCount: 4_096, pipeByteCount: 4_096)
    private let conversations = SlotTable<HealthConversation>()
    private var deadlines = TimerWheel(startingAt: Moment.now().milliseconds)
    private var schedule: CheckSchedule<ObjectIdentifier>
    private var backends: [ObjectIdentifier: Backend] = [:]
    private var source: (any DispatchSourceRead)?
    private var isStopped = false
    private var greetingChanged: (@Sendable () -> Void)?
    private let report: @Sendable (GatewayEvent) -> Void

    /// - Parameter descriptorLimit: of the process; the checks take a small part of it at most.
    init(descriptorLimit: Int, report: @escaping @Sendable (GatewayEvent) -> Void)
        throws(SystemError)
    {
        epoll = try Epoll(wakeToken: Self.wakeToken, timerToken: Self.timerToken)
        schedule = CheckSchedule(limit: min(Self.largestLimit, descriptorLimit / 16))
        self.report = report
    }

    /// Begins to check. Called once.
    ///
    /// - Parameter greetingChanged: a MySQL backend greets in another way than before.
    func start(greetingChanged: @escaping @Sendable () -> Void = {}) {
        queue.async { [self] in
            self.greetingChanged = greetingChanged
            let source = DispatchSource.makeReadSource(
                fileDescriptor: epoll.descriptor,
                queue: queue
            )
            source.setEventHandler { [weak self] in self?.turn() }
            // The cancel handler keeps the descriptor until Dispatch is done with it.
            source.setCancelHandler { [epoll] in _ = epoll.descriptor }
            source.activate()
            self.source = source
            startDueChecks()
        }
    }

    /// A client's login has shown how a backend greets that is not checked. Returns immediately.
    func greetingSeen() {
        queue.async { [self] in
            if !isStopped { greetingChanged?() }
        }
    }

    /// Ends the checks under way, without a verdict, and begins no others.
    func stop() {
        queue.async { [self] in
            isStopped = true
            source?.cancel()
            source = nil
            for key in conversations.keys { conversations.remove(key)?.socket.close() }
            backends = [:]
            schedule.watch([:], at: Moment.now().milliseconds)
        }
    }

    /// Checks these backends from now on, and no others. New ones are checked immediately.
    func watch(_ backends: [Backend]) {
        let checked = backends.filter { $0.check.kind != .off && $0.mode != .maintenance }
        queue.async { [self] in
            if isStopped { return }
            self.backends = Dictionary(uniqueKeysWithValues: checked.map { ($0.id, $0) })
            schedule.watch(
                self.backends.mapValues(\.check.interval.milliseconds),
                at: Moment.now().milliseconds
            )
            startDueChecks()
        }
    }
}

// MARK: - On the queue

extension HealthChecker {
    private func turn() {
        // Only a closed or invalid descriptor can fail here (epoll_wait(2)).
        let count = (try? epoll.wait(milliseconds: 0)) ?? 0
        for index in 0..<count { handle(epoll.event(at: index)) }
        let now = Moment.now().milliseconds
        for index in deadlines.advance(to: now) {
            guard let key = conversations.key(at: UInt32(index)) else { continue }
            finish(key, conversations[key].verdictAtDeadline)
        }
        startDueChecks()
    }

    private func handle(_ event: ReadinessEvent) {
        guard event.token < Self.timerToken else { return }
        let key = Key(
            index: UInt32(truncatingIfNeeded: event.token),
            generation: UInt32(truncatingIfNeeded: event.token >> 32)
        )
        // An event of an earlier conversation in the slot is ignored.
        guard conversations.contains(key) else { return }
        if let verdict = conversations[key].handle(event, with: tools) { finish(key, verdict) }
    }

    private func startDueChecks() {
        guard source != nil else { return }
        while let id = schedule.takeDue(at: Moment.now().milliseconds) {
            guard let backend = backends[id] else {
                schedule.finish(id)
                continue
            }
            do throws(SystemError) {
                try startCheck(of: backend)
            } catch {
                conclude(backend, .unknown(reason: error.description))
            }
        }
        setTimer()
    }

    private func startCheck(of backend: Backend) throws(SystemError) {
        guard let conversation = try HealthConversation(with: backend) else {
            return schedule.finish(backend.id)
        }
        let key = conversations.insert(conversation)
        if let verdict = conversations[key].begin() { return finish(key, verdict) }
        do throws(SystemError) {
            let token = UInt64(key.generation) << 32 | UInt64(key.index)
            try epoll.add(conversation.socket, token: token)
        } catch {
            return finish(key, .unknown(reason: error.description))
        }
        let deadline = Moment.now().milliseconds + backend.check.timeout.milliseconds
        deadlines.schedule(Int(key.index), at: deadline)
    }

    private func finish(_ key: Key, _ verdict: HealthVerdict) {
        deadlines.cancel(Int(key.index))
        guard let conversation = conversations.remove(key) else { return }
        conversation.socket.close()
        if let greeting = conversation.greeting, conversation.backend.recordGreeting(greeting) {
            greetingChanged?()
        }
        conclude(conversation.backend, verdict)
    }

    private func conclude(_ backend: Backend, _ verdict: HealthVerdict) {
        schedule.finish(backend.id)
        // One that is no longer watched is not notified.
        guard backends[backend.id] != nil else { return }
        if case .unknown(let reason) = verdict {
            report(.healthCheckImpossible(backend: backend.address, reason: reason))
        } else {
            backend.recordCheck(verdict, at: .now())
        }
    }

    private func setTimer() {
        let next = [deadlines.nextDeadline, schedule.nextDue].compactMap { $0 }.min()
        epoll.setTimer(milliseconds: next.map { $0 - Moment.now().milliseconds })
    }
}
