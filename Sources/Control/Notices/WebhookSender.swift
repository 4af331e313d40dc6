import Credentials
import Operations
import Store
import Synchronization
import Time

/// Delivers notices to one webhook, one at a time. It runs only while something waits.
final class WebhookSender: Sendable {
    /// Attempts that are remembered.
    static let attemptLimit = 50
    /// While it waits for a retry, how often it looks for something new.
    private static let interval = Duration.seconds(1)

    private struct State {
        var queue = DeliveryQueue()
        /// The latest first.
        var attempts: [DeliveryAttempt] = []
        var counts = ControlPlaneStatus.Notices.Deliveries()
        var task: Task<Void, Never>?
        var isClosed = false
    }

    private let exchange: WebhookExchange
    private let names: ReceiverNames
    private let policy: @Sendable () -> ReceiverPolicy
    /// The webhook as it is now; `nil` if it was removed.
    private let webhook: @Sendable () -> Webhook?
    private let clock: NoticeClock
    private let state = Mutex(State())

    init(
        _ exchange: WebhookExchange,
        _ clock: NoticeClock,
        policy: @escaping @Sendable () -> ReceiverPolicy,
        webhook: @escaping @Sendable () -> Webhook?
    ) {
        self.exchange = exchange
        names = ReceiverNames(lookUp: exchange.lookUp)
        self.clock = clock
        self.policy = policy
        self.webhook = webhook
    }

    /// The latest attempts, the latest first.
    var attempts: [DeliveryAttempt] { state.withLock { $0.attempts } }

    var status: ControlPlaneStatus.Notices.Deliveries {
        state.withLock { state in
            var counts = state.counts
            counts.waiting = state.queue.count
            (counts.dropped, counts.superseded) = (state.queue.dropped, state.queue.superseded)
            return counts
        }
    }

    /// Sends a change as soon as it can. Returns immediately.
    func add(_ change: NoticeChange) {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.queue.add(change, id: Self.newID(), at: clock.elapsed)
            if state.task == nil { state.task = Task { await run() } }
        }
    }

    /// Stops, and forgets what waits.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.queue.removeAll()
            state.task?.cancel()
        }
    }

    /// Sends one message now, apart from what waits.
    func test(_ webhook: Webhook) async -> DeliveryAttempt {
        let condition = NoticeCondition(
            .test,
            .info,
            subject: "webhook \(webhook.name)",
            "This is a test of the webhook \(webhook.name)."
        )
        let change = NoticeChange(.test, Notice(condition, at: .systemTime))
        let attempt = await attempt(change, id: Self.newID(), number: 1, to: webhook)
        return attempt.record
    }

    /// 128 random bits.
    private static func newID() -> String { [UInt8].random(count: 16).hexadecimal }
}

// MARK: - Running

extension WebhookSender {
    private enum Step {
        case send(DeliveryQueue.Delivery, Webhook)
        case wait(Duration)
        case stop
    }

    private func run() async {
        while true {
            switch nextStep() {
            case .stop: return
            case .wait(let pause):
                // `try?`: it throws if the task is cancelled.
                try? await Task.sleep(for: min(pause, Self.interval))
            case .send(let delivery, let webhook):
                let attempt = await attempt(
                    delivery.change,
                    id: delivery.id,
                    number: delivery.attempts + 1,
                    to: webhook
                )
                finish(attempt.result)
            }
        }
    }

    private func nextStep() -> Step {
        let webhook = webhook()
        let isCancelled = Task.isCancelled
        return state.withLock { state in
            if webhook?.isEnabled != true { state.queue.removeAll() }
            let now = clock.elapsed
            guard !isCancelled, let webhook, let due = state.queue.nextDue else {
                state.task = nil
                return .stop
            }
            return state.queue.next(at: now).map { .send($0, webhook) } ?? .wait(due - now)
        }
    }

    private func finish(_ result: DeliveryQueue.Result) {
        let jitter = Double.random(in: 0...1)
        state.withLock { state in
            switch state.queue.finish(result, at: clock.elapsed, jitter: jitter) {
            case .delivered: state.counts.delivered += 1
            case .retry, .superseded: break
            case .abandoned: state.counts.abandoned += 1
            }
        }
    }

    private func attempt(
        _ change: NoticeChange,
        id: String,
        number: Int,
        to webhook: Webhook
    ) async -> (record: DeliveryAttempt, result: DeliveryQueue.Result) {
        let (at, start) = (UnixTime.systemTime, ContinuousClock.now)
        let answer = await exchange.send(
            NoticeMessage(deliveryID: id, change),
            to: webhook,
            names,
            policy(),
            attempt: number
        )
        let record = DeliveryAttempt(
            at: at,
            deliveryID: id,
            change,
            attempt: number,
            status: answer.status,
            error: answer.error,
            duration: ContinuousClock.now - start
        )
        state.withLock { state in
            state.attempts.insert(record, at: 0)
            if state.attempts.count > Self.attemptLimit { state.attempts.removeLast() }
            if !record.delivered { state.counts.failedAttempts += 1 }
        }
        return (record, answer.result)
    }
}

/// Time that nobody sets, since the start.
final class NoticeClock: Sendable {
    private let start = Mutex(ContinuousClock.now)

    var elapsed: Duration { ContinuousClock.now - start.withLock { $0 } }

    /// Lets time pass at once, for tests.
    func advance(by duration: Duration) {
        start.withLock { $0 -= duration }
    }
}
