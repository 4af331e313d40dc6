/// When a delivery that failed is tried again.
package enum RetrySchedule {
    /// One delivery is tried this often at most.
    package static let attemptLimit = 8
    /// Between one attempt and the next, in seconds: about 18 hours together.
    private static let pauses: [Double] = [10, 60, 300, 1_200, 3_600, 14_400, 43_200]

    /// The pause after a number of failed attempts; `nil` after the last one.
    ///
    /// - Parameter jitter: from 0 to 1; it makes the pause up to a fifth shorter or longer, so that
    ///   gateways do not try at the same moment.
    package static func pause(afterAttempts count: Int, jitter: Double) -> Duration? {
        guard count < attemptLimit, count > 0 else { return nil }
        return .seconds(pauses[min(count, pauses.count) - 1] * (0.8 + 0.4 * jitter))
    }
}

/// What waits to be sent to one receiver.
///
/// It is bounded: the oldest is dropped, and counted. Deliveries are made in order as long as they
/// succeed; one that failed waits for its next attempt without holding up others. What is older of
/// one notice never follows what is newer: a newer state of a notice takes the place of one that
/// waits.
package struct DeliveryQueue: Sendable {
    package static let standardLimit = 1_000

    /// One change of a notice on its way to one receiver.
    package struct Delivery: Hashable, Sendable {
        /// The same for each attempt.
        package var id: String
        package var change: NoticeChange
        /// Attempts that failed.
        package var attempts = 0
        /// Increases with each delivery.
        fileprivate let number: Int
        /// By the clock that decides.
        fileprivate var dueAt: Duration
    }

    /// How an attempt ended.
    package enum Result: Hashable, Sendable {
        case delivered
        case failed
        /// The receiver is gone for good (RFC 9110 §15.5.11).
        case gone
    }

    /// What became of a delivery.
    package enum Outcome: Hashable, Sendable {
        case delivered
        case retry
        /// There are no more attempts.
        case abandoned
        /// A newer state of its notice is sent instead.
        case superseded
    }

    private let limit: Int
    /// The oldest first. The one that is being sent is not in it.
    private var waiting: [Delivery] = []
    private var current: Delivery?
    private var nextNumber = 0
    /// Deliveries that were dropped because too many waited.
    package private(set) var dropped = 0
    /// Deliveries that a newer state of their notice has replaced.
    package private(set) var superseded = 0

    package init(limit: Int = standardLimit) {
        self.limit = max(1, limit)
    }

    /// With the one that is being sent.
    package var count: Int { waiting.count + (current == nil ? 0 : 1) }
    package var isEmpty: Bool { count == 0 }

    /// Adds a change.
    ///
    /// - Parameter id: of the delivery; not of any other.
    package mutating func add(_ change: NoticeChange, id: String, at now: Duration) {
        let before = waiting.count
        waiting.removeAll { $0.change.notice.id == change.notice.id }
        superseded += before - waiting.count
        if waiting.count >= limit {
            waiting.removeFirst()
            dropped += 1
        }
        waiting.append(Delivery(id: id, change: change, number: nextNumber, dueAt: now))
        nextNumber += 1
    }

    /// The delivery to attempt now, if one is due and none is being sent. It is followed by
    /// ``finish(_:at:jitter:)``.
    package mutating func next(at now: Duration) -> Delivery? {
        guard current == nil, let index = waiting.firstIndex(where: { $0.dueAt <= now }) else {
            return nil
        }
        current = waiting.remove(at: index)
        return current
    }

    /// When the next delivery is due; `nil` if none waits.
    package var nextDue: Duration? { waiting.map(\.dueAt).min() }

    /// Ends the attempt.
    ///
    /// - Parameter jitter: as for ``RetrySchedule``.
    package mutating func finish(
        _ result: Result,
        at now: Duration,
        jitter: Double
    ) -> Outcome {
        guard var delivery = current else { return .abandoned }
        current = nil
        guard result != .delivered else {
            // The receiver is there again.
            for index in waiting.indices { waiting[index].dueAt = min(waiting[index].dueAt, now) }
            return .delivered
        }
        delivery.attempts += 1
        let notice = delivery.change.notice.id
        if waiting.contains(where: { $0.change.notice.id == notice }) {
            superseded += 1
            return .superseded
        }
        guard result == .failed,
            let pause = RetrySchedule.pause(
                afterAttempts: delivery.attempts,
                jitter: jitter
            )
        else { return .abandoned }
        delivery.dueAt = now + pause
        guard waiting.count < limit else {
            dropped += 1
            return .abandoned
        }
        let place = waiting.firstIndex { $0.number > delivery.number } ?? waiting.endIndex
        waiting.insert(delivery, at: place)
        return .retry
    }

    /// Forgets what waits: its receiver was removed or disabled.
    package mutating func removeAll() {
        waiting = []
    }
}
