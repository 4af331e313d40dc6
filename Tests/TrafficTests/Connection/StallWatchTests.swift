import Testing
import Traffic

@Suite("Peers that do not read what is held for them")
struct StallWatchTests {
    private let nothing = StallWatch.Waiting(byteCount: 0, takenPosition: 0)
    private var watch = StallWatch()

    /// Shows what waits for the client.
    private mutating func look(
        _ byteCount: Int,
        taken: Int64 = 0,
        isOverBudget: Bool = false,
        at now: Int64
    ) -> StallWatch.Verdict {
        watch.look(
            client: StallWatch.Waiting(byteCount: byteCount, takenPosition: taken),
            backend: nothing,
            writeTimeout: 60_000,
            isOverBudget: isOverBudget,
            at: now
        )
    }

    @Test("If nothing waits, no peer is checked")
    mutating func idle() {
        #expect(look(0, at: 0) == .nothingWaits)
        #expect(look(1, at: 1_000) == .lookAgain(after: 1_000))
        #expect(look(0, taken: 1, at: 2_000) == .nothingWaits)
    }

    @Test("A peer that reads nothing is closed when the write timeout is over, and not before")
    mutating func writeTimeout() {
        var now: Int64 = 0
        while case .lookAgain(let delay) = look(100, at: now) {
            #expect(now < 60_000)
            #expect(delay >= 1 && delay <= StallWatch.longestInterval)
            now += delay
        }
        #expect(now == 60_000)
        #expect(look(100, at: now) == .peerTakesNothing(.client))
    }

    @Test("A byte that is read restarts the timeout")
    mutating func slowPeer() {
        for step in 0..<100 as Range<Int64> {
            let verdict = look(1_000, taken: step, at: step * 59_000)
            #expect(verdict == .lookAgain(after: 1_000))
        }
    }

    @Test("Time in which nothing waited does not count")
    mutating func pause() {
        _ = look(100, at: 0)
        _ = look(0, taken: 100, at: 59_000)
        #expect(look(100, taken: 100, at: 118_000) == .lookAgain(after: 1_000))
    }

    @Test("Each side has its own timeout, and the verdict names the one that reads nothing")
    mutating func backend() {
        for now in stride(from: 0, through: 59_000, by: 1_000) as StrideThrough<Int64> {
            let verdict = watch.look(
                client: StallWatch.Waiting(byteCount: 5, takenPosition: now),
                backend: StallWatch.Waiting(byteCount: 5, takenPosition: -50),
                writeTimeout: 60_000,
                isOverBudget: false,
                at: now
            )
            guard case .lookAgain = verdict else { Issue.record("\(verdict) at \(now)"); return }
        }
        let verdict = watch.look(
            client: StallWatch.Waiting(byteCount: 5, takenPosition: 60_000),
            backend: StallWatch.Waiting(byteCount: 5, takenPosition: -50),
            writeTimeout: 60_000,
            isOverBudget: false,
            at: 60_000
        )
        #expect(verdict == .peerTakesNothing(.backend))
    }

    @Test("Over budget, bytes that have waited for the grace time end their connection")
    mutating func overBudget() {
        #expect(look(100, isOverBudget: true, at: 0) == .lookAgain(after: 1_000))
        #expect(look(100, isOverBudget: true, at: 4_999) == .lookAgain(after: 1_000))
        #expect(look(100, isOverBudget: true, at: 5_000) == .overBudget)
        #expect(look(100, isOverBudget: false, at: 5_001) == .lookAgain(after: 1_250))
    }

    @Test("A peer that reads a byte now and then is still over budget")
    mutating func dripping() {
        var now: Int64 = 0
        while look(1_000_000, taken: now / 1_000, isOverBudget: true, at: now) != .overBudget {
            now += 1_000
            guard now < 10_000 else { Issue.record("never over budget"); return }
        }
        #expect(now == StallWatch.grace)
    }

    @Test("A peer that reads all of it within the grace time is not")
    mutating func brisk() {
        for second in 0..<100 as Range<Int64> {
            let position = second * 300_000
            let verdict = look(1_000_000, taken: position, isOverBudget: true, at: second * 1_000)
            #expect(verdict == .lookAgain(after: 1_000))
        }
    }
}
