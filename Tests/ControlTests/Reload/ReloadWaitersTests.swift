import Synchronization
import Testing

@testable import Control

@Suite("Those who wait for a reload")
struct ReloadWaitersTests {
    private final class Answers: Sendable {
        let list = Mutex<[String]>([])

        func waiter(_ name: String) -> ReloadWaiters.Waiter {
            { result in self.list.withLock { $0.append("\(name): \(result.failure ?? "done")") } }
        }

        var all: [String] { list.withLock { $0 } }
    }

    private let waiters = ReloadWaiters()
    private let answers = Answers()

    @Test("A request waits for a reload that begins after it, and is answered once")
    func order() {
        waiters.add(answers.waiter("a"))
        let first = waiters.begin()
        waiters.add(answers.waiter("b"))
        waiters.end(first, ReloadResult())
        waiters.end(first, ReloadResult(failure: "again"))
        #expect(answers.all == ["a: done"])
        let second = waiters.begin()
        waiters.end(second, ReloadResult(failure: "invalid"))
        #expect(answers.all == ["a: done", "b: invalid"])
    }

    @Test("An abandoned reload answers those who wait for it, and nobody when it ends after all")
    func abandoned() {
        waiters.add(answers.waiter("a"))
        let first = waiters.begin()
        waiters.add(answers.waiter("b"))
        waiters.endRunning(ReloadResult(failure: "abandoned"))
        #expect(answers.all == ["a: abandoned"])
        let second = waiters.begin()
        waiters.end(first, ReloadResult())
        waiters.end(second, ReloadResult())
        #expect(answers.all == ["a: abandoned", "b: done"])
    }

    @Test("If no reload can start, those who wait for one are told")
    func refused() {
        waiters.add(answers.waiter("a"))
        _ = waiters.begin()
        waiters.add(answers.waiter("b"))
        waiters.endWaiting(ReloadResult(failure: "refused"))
        #expect(answers.all == ["b: refused"])
    }
}
