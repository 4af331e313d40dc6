import Operations
import Testing
import Time

@Suite("What waits for a receiver")
struct DeliveryQueueTests {
    private static func change(_ subject: String, _ event: NoticeChange.Event = .raised)
        -> NoticeChange
    {
        let condition = NoticeCondition(.backendDown, .warning, subject: subject, "Down.")
        return NoticeChange(event, Notice(condition, at: UnixTime(seconds: 1_795_428_000)))
    }

    /// The subjects of what is delivered now.
    private func deliver(_ queue: inout DeliveryQueue, at now: Duration) -> [String] {
        var subjects: [String] = []
        while let delivery = queue.next(at: now) {
            subjects.append(delivery.change.notice.subject)
            _ = queue.finish(.delivered, at: now, jitter: 0.5)
        }
        return subjects
    }

    @Test("Deliveries are made in order, one at a time")
    func order() {
        var queue = DeliveryQueue()
        for name in ["a", "b", "c"] { queue.add(Self.change(name), id: name, at: .zero) }
        #expect(queue.next(at: .zero)?.id == "a" && queue.next(at: .zero) == nil)
        #expect(queue.count == 3)
        #expect(queue.finish(.delivered, at: .zero, jitter: 0) == .delivered)
        #expect(deliver(&queue, at: .zero) == ["b", "c"] && queue.isEmpty)
    }

    @Test(
        "A delivery that failed waits, holds up no other, and follows once another succeeds"
    )
    func retry() {
        var queue = DeliveryQueue()
        queue.add(Self.change("a"), id: "a", at: .zero)
        _ = queue.next(at: .zero)
        #expect(queue.finish(.failed, at: .zero, jitter: 0.5) == .retry)
        #expect(queue.next(at: .seconds(9)) == nil && queue.nextDue == .seconds(10))
        queue.add(Self.change("b"), id: "b", at: .seconds(9))
        #expect(deliver(&queue, at: .seconds(9)) == ["b", "a"])
    }

    @Test("Pauses grow, and after eight attempts a delivery is given up")
    func schedule() {
        var queue = DeliveryQueue()
        queue.add(Self.change("a"), id: "a", at: .zero)
        var now = Duration.zero
        var pauses: [Duration] = []
        for attempt in 1...8 {
            let delivery = queue.next(at: now)
            #expect(delivery?.attempts == attempt - 1 && delivery?.id == "a")
            let outcome = queue.finish(.failed, at: now, jitter: 0.5)
            #expect(outcome == (attempt < 8 ? .retry : .abandoned))
            guard let due = queue.nextDue else { break }
            pauses.append(due - now)
            now = due
        }
        #expect(queue.isEmpty && pauses.count == 7 && pauses == pauses.sorted())
        #expect(pauses.first == .seconds(10) && now < .seconds(24 * 3_600))
        #expect(now > .seconds(12 * 3_600))
    }

    @Test("Gateways do not all try at one moment")
    func jitter() {
        let pauses = [0.0, 1.0].compactMap { RetrySchedule.pause(afterAttempts: 1, jitter: $0) }
        #expect(pauses.map { ($0 / .milliseconds(1)).rounded() } == [8_000, 12_000])
    }

    @Test("A receiver that is gone for good is tried once")
    func gone() {
        var queue = DeliveryQueue()
        queue.add(Self.change("a"), id: "a", at: .zero)
        _ = queue.next(at: .zero)
        #expect(queue.finish(.gone, at: .zero, jitter: 0) == .abandoned && queue.isEmpty)
    }

    @Test("A newer state of a notice takes the place of one that waits, and never comes before it")
    func newerState() {
        var queue = DeliveryQueue()
        queue.add(Self.change("a", .raised), id: "1", at: .zero)
        queue.add(Self.change("b", .raised), id: "2", at: .zero)
        queue.add(Self.change("a", .ended), id: "3", at: .zero)
        #expect(queue.count == 2 && queue.superseded == 1)
        #expect(queue.next(at: .zero)?.id == "2")
        // While it is being sent, and fails.
        queue.add(Self.change("b", .ended), id: "4", at: .zero)
        #expect(queue.finish(.failed, at: .zero, jitter: 0) == .superseded)
        #expect(queue.next(at: .zero)?.id == "3")
        _ = queue.finish(.delivered, at: .zero, jitter: 0)
        #expect(queue.next(at: .zero)?.id == "4" && queue.superseded == 2)
    }

    @Test("The queue is bounded: the oldest is dropped, and counted")
    func bound() {
        var queue = DeliveryQueue(limit: 3)
        for number in 0..<10 { queue.add(Self.change("\(number)"), id: "\(number)", at: .zero) }
        #expect(queue.count == 3 && queue.dropped == 7)
        // What is being sent has no place any more once it fails.
        _ = queue.next(at: .zero)
        queue.add(Self.change("new"), id: "new", at: .zero)
        #expect(queue.finish(.failed, at: .zero, jitter: 0) == .abandoned)
        #expect(queue.dropped == 8)
        #expect(deliver(&queue, at: .zero) == ["8", "9", "new"])
    }

    @Test("The standard bound is a thousand")
    func standardBound() {
        var queue = DeliveryQueue()
        for number in 0..<1_500 { queue.add(Self.change("\(number)"), id: "", at: .zero) }
        #expect(queue.count == 1_000 && queue.dropped == 500)
    }
}
