import Dispatch
import Synchronization
import Testing

@testable import Control

@Suite("Reloads on their own threads", .timeLimit(.minutes(2)))
struct ReloaderTests {
    /// A file whose reading blocks until the test lets it end.
    private final class Disk: Sendable {
        let started = DispatchSemaphore(value: 0)
        let answer = DispatchSemaphore(value: 0)
        private let reads = Mutex(0)
        let applied = Mutex<[Int]>([])
        let failures = Mutex<[ReloadFailure]>([])
        let happened = DispatchSemaphore(value: 0)

        func read() -> Int {
            let number = reads.withLock { reads in
                reads += 1
                return reads
            }
            started.signal()
            answer.wait()
            return number
        }

        func reloader(deadline: Duration) -> Reloader<Int> {
            Reloader(
                deadline: deadline,
                load: { self.read() },
                apply: { number in
                    self.applied.withLock { $0.append(number) }
                    self.happened.signal()
                },
                fail: { failure in
                    self.failures.withLock { $0.append(failure) }
                    self.happened.signal()
                }
            )
        }
    }

    @Test("A request returns immediately while another blocks, and many lead to one more")
    func oneAtATime() async throws {
        let applied = try await onOwnThread {
            let disk = Disk()
            let reloader = disk.reloader(deadline: .seconds(3_600))
            reloader.request()
            disk.started.wait()
            for _ in 0..<100 { reloader.request() }
            disk.answer.signal()
            disk.started.wait()
            disk.answer.signal()
            for _ in 0..<2 { disk.happened.wait() }
            return disk.applied.withLock { $0 }
        }
        #expect(applied == [1, 2])
    }

    @Test("A reload that never loads is abandoned at its deadline, and the next one is applied")
    func deadline() async throws {
        let (applied, failures) = try await onOwnThread {
            let disk = Disk()
            let reloader = disk.reloader(deadline: .milliseconds(50))
            reloader.request()
            disk.started.wait()
            disk.happened.wait()
            // Both may end now; only the second counts, unless it was too slow as well.
            reloader.request()
            disk.started.wait()
            for _ in 0..<2 { disk.answer.signal() }
            disk.happened.wait()
            return (disk.applied.withLock { $0 }, disk.failures.withLock { $0 })
        }
        #expect(failures.first == .abandoned(after: .milliseconds(50)))
        #expect(applied == [2] || failures.count == 2)
        #expect(!applied.contains(1))
    }
}
