import Operations
import Settings
import Synchronization
import Testing
import Time

@testable import ACME

@Suite("Keeping certificates")
struct KeeperTests {
    private let bench: KeeperBench

    init() throws { bench = try KeeperBench() }

    @Test("Each certificate is obtained, then nothing is due before the first renewal")
    func obtaining() async throws {
        let keeper = bench.keeper(try bench.settings("a.example", "b.example"))
        #expect(keeper.statuses.map(\.state) == [.pending, .pending])
        let next = await keeper.pass()
        #expect(keeper.statuses.map(\.state) == [.valid, .valid])
        #expect(next == UnixTime(seconds: 1_800_000_000 + 60 * 86_400))
        #expect(keeper.statuses.map(\.nextAttemptAt) == [next, next])
        #expect(
            bench.recorder.state.withLock { $0.used } == [
                ["a.example"], ["a.example", "b.example"],
            ]
        )
        let count = bench.authority.requests.count
        #expect(await keeper.pass() == next)
        #expect(bench.authority.requests.count == count)
        // Another process finds them.
        #expect(bench.keeper(try bench.settings("b.example")).certificates.count == 1)
    }

    @Test("A renewal replaces the certificate")
    func renewal() async throws {
        let keeper = bench.keeper(try bench.settings("a.example"))
        _ = await keeper.pass()
        let old = try #require(keeper.certificates.first)
        bench.advance(60 * 86_400)
        _ = await keeper.pass()
        let new = try #require(keeper.certificates.first)
        #expect(new != old && new.keyPEM != old.keyPEM)
    }

    @Test("If the authority is gone, one certificate finds out for all")
    func sharedFailures() async throws {
        let keeper = bench.keeper(try bench.settings("a.example", "b.example"))
        bench.authority.state.withLock { $0.failure = .unreachable("connection refused") }
        let next = await keeper.pass()
        #expect(bench.authority.requests.count == 1)
        #expect(keeper.statuses.map(\.state) == [.failing, .pending])
        #expect(
            keeper.statuses[0].lastError == "cannot reach the authority: connection refused"
        )
        #expect(next == UnixTime(seconds: 1_800_000_220))
        #expect(keeper.statuses.map(\.nextAttemptAt) == [next, next])
        bench.authority.state.withLock { $0.failure = nil }
        bench.advance(120)
        _ = await keeper.pass()
        #expect(keeper.statuses.map(\.state) == [.valid, .valid])
        #expect(keeper.statuses.allSatisfy { $0.failures == 0 && $0.lastError == nil })
    }

    @Test("A failed renewal leaves the certificate in use, until it expires and after")
    func failedRenewal() async throws {
        let keeper = bench.keeper(try bench.settings("a.example"))
        _ = await keeper.pass()
        bench.authority.state.withLock { $0.failure = .status(500, retryAt: nil) }
        bench.advance(60 * 86_400)
        _ = await keeper.pass()
        #expect(keeper.statuses.map(\.state) == [.renewalFailing])
        #expect(keeper.certificates.count == 1)
        bench.advance(31 * 86_400)
        _ = await keeper.pass()
        #expect(keeper.statuses.map(\.state) == [.expired])
        #expect(keeper.certificates.count == 1 && keeper.statuses[0].failures == 2)
    }

    @Test("Another configuration is applied: what is still wanted stays, failures are forgotten")
    func update() async throws {
        let keeper = bench.keeper(try bench.settings("a.example", "b.example"))
        _ = await keeper.pass()
        await keeper.update(try bench.settings("c.example", "b.example"))
        #expect(keeper.statuses.map(\.state) == [.pending, .valid])
        #expect(bench.recorder.state.withLock { $0.used.last } == ["b.example"])
        _ = await keeper.pass()
        #expect(bench.recorder.state.withLock { $0.used.last } == ["c.example", "b.example"])
        #expect(bench.authority.state.withLock { $0.orders.count } == 3)
    }

    @Test(
        "Stopped in the middle of an order, it withdraws its answers and goes on at the next start"
    )
    func stopping() async throws {
        bench.authority.state.withLock { $0.isUndecided = true }
        let settings = try bench.settings("a.example")
        let keeper = bench.keeper(settings) { _ in try await Task.sleep(for: .seconds(600)) }
        let run = Task { await keeper.run() }
        while bench.recorder.state.withLock({ $0.published.isEmpty }) { await Task.yield() }
        run.cancel()
        await run.value
        #expect(bench.recorder.state.withLock { $0.published.isEmpty })
        #expect(keeper.statuses.map(\.state) == [.pending] && keeper.statuses[0].failures == 0)
        bench.authority.state.withLock { $0.isUndecided = false }
        let successor = bench.keeper(settings)
        _ = await successor.pass()
        #expect(successor.statuses.map(\.state) == [.valid])
        #expect(bench.authority.state.withLock { $0.orders.count } == 1)
    }

    @Test("A running keeper applies another configuration at once")
    func wake() async throws {
        let keeper = bench.keeper(try bench.settings("a.example"))
        let run = Task { await keeper.run() }
        while keeper.statuses.map(\.state) != [.valid] { await Task.yield() }
        await keeper.update(try bench.settings("a.example", "b.example"))
        while keeper.statuses.map(\.state) != [.valid, .valid] { await Task.yield() }
        run.cancel()
        await run.value
    }

    @Test("An authority that never decides is left, and the answer is withdrawn")
    func undecided() async throws {
        bench.authority.state.withLock { $0.isUndecided = true }
        let keeper = bench.keeper(try bench.settings("a.example"))
        _ = await keeper.pass()
        #expect(keeper.statuses[0].lastError == "verifying a.example took too long")
        #expect(bench.recorder.state.withLock { $0.published.isEmpty && $0.publications == 1 })
    }

    @Test("A folder that cannot be used is a failure with its path")
    func noFolder() async throws {
        let settings = try bench.settings("a.example")
        try PrivateFiles.makeFolder(bench.root)
        let path = CertificateFolder(of: ["a.example"], in: bench.root).path
        try PrivateFiles.write("a file", to: path)
        let keeper = bench.keeper(settings)
        _ = await keeper.pass()
        #expect(keeper.statuses[0].lastError?.contains(path) == true)
        #expect(bench.authority.requests == [])
    }
}
