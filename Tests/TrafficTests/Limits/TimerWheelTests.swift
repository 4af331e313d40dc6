import Testing
import Traffic

@Suite("The timer wheel")
struct TimerWheelTests {
    /// Where a level's buckets end, and where all levels do.
    private static let boundaries = (1...6).map { Int64(1) << Int64(6 * $0) }

    @Test("A timer fires at its deadline and not a tick earlier, around each level's boundary")
    func boundaries() {
        let starts: [Int64] = Self.boundaries.flatMap { [-$0 - 1, -$0, $0 - 1, $0] } + [0, 1]
        let distances: [Int64] = Self.boundaries.flatMap { [$0 - 1, $0, $0 + 1] }
        for start in starts {
            for distance in distances {
                var wheel = TimerWheel(startingAt: start)
                wheel.schedule(3, at: start + distance)
                #expect(wheel.advance(to: start + distance - 1).isEmpty, "\(start) + \(distance)")
                #expect(wheel.isScheduled(3))
                #expect(wheel.advance(to: start + distance) == [3], "\(start) + \(distance)")
                #expect(!wheel.isScheduled(3))
                #expect(wheel.nextDeadline == nil)
            }
        }
    }

    @Test("A deadline beyond the span of all levels is kept to the tick")
    func beyondTheSpan() {
        for deadline in [1 << 36, (1 << 36) + 1, (1 << 40) + 12_345, (1 << 42) - 1] as [Int64] {
            var wheel = TimerWheel()
            wheel.schedule(0, at: deadline)
            #expect(wheel.advance(to: deadline - 1).isEmpty)
            #expect(wheel.advance(to: deadline) == [0])
        }
    }

    @Test("The farthest deadline of all never fires and costs nothing")
    func never() {
        var wheel = TimerWheel()
        wheel.schedule(0, at: .max)
        #expect(wheel.advance(to: 1 << 41).isEmpty)
        #expect(wheel.isScheduled(0))
    }

    @Test("A deadline that has passed fires in the next advance, also where no time goes by")
    func overdue() {
        var wheel = TimerWheel(startingAt: 1_000)
        for (id, deadline) in ([1_000, 999, -5, .min] as [Int64]).enumerated() {
            wheel.schedule(id, at: deadline)
        }
        #expect(wheel.nextDeadline == 1_000)
        #expect(Set(wheel.advance(to: 1_000)) == [0, 1, 2, 3])
        #expect(wheel.count == 0)
    }

    @Test("An overdue timer can be canceled and set again")
    func overdueAndCancelled() {
        var wheel = TimerWheel(startingAt: 100)
        for id in 0..<3 { wheel.schedule(id, at: 50) }
        wheel.cancel(1)
        wheel.schedule(2, at: 200)
        #expect(wheel.advance(to: 100) == [0])
        #expect(wheel.advance(to: 199).isEmpty)
        #expect(wheel.advance(to: 200) == [2])
    }

    @Test("Time never goes back")
    func backwards() {
        var wheel = TimerWheel(startingAt: 500)
        wheel.schedule(0, at: 510)
        #expect(wheel.advance(to: 100).isEmpty)
        #expect(wheel.advance(to: 509).isEmpty)
        #expect(wheel.advance(to: 510) == [0])
    }

    @Test("An id has one timer: setting it again replaces it")
    func replacement() {
        var wheel = TimerWheel()
        wheel.schedule(7, at: 10)
        wheel.schedule(7, at: 5_000)
        #expect(wheel.count == 1)
        #expect(wheel.advance(to: 4_999).isEmpty)
        #expect(wheel.advance(to: 5_000) == [7])
    }

    @Test("Ids that never had a timer are not scheduled, and cancelling them changes nothing")
    func unknownIDs() {
        var wheel = TimerWheel()
        wheel.cancel(99)
        #expect(!wheel.isScheduled(99))
        #expect(wheel.count == 0)
        #expect(wheel.advance(to: 1 << 40).isEmpty)
    }

    @Test("Its memory grows with the largest id, not with what is done")
    func memory() throws {
        var wheel = TimerWheel()
        var tick: Int64 = 0
        for round in 0..<20_000 {
            wheel.schedule(round % 50, at: tick + Int64(round % 5_000))
            if round.isMultiple(of: 3) { wheel.cancel(round % 50) }
            tick += Int64(round % 7)
            _ = wheel.advance(to: tick)
        }
        let arrays = Mirror(reflecting: wheel).children.compactMap { $0.value as? [Any] }
        #expect(arrays.count == 3, "buckets, maps and timers")
        #expect(arrays.map(\.count).sorted() == [6, 50, 385])
    }
}
