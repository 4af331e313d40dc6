import Foundation
import Glibc
import Testing

@testable import LoadTesting

@Suite struct ProcessTests {
    private static func line(name: String = "a) b (c", state: String = "S") -> String {
        "7 (\(name)) \(state) 1 7 7 0 -1 4194560 900 80 0 0 11 22 33 44 20 0 3 0 5555 9000000 678 "
            + "18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0"
    }

    /// Children that were waited for count on, else their time would be taken away.
    @Test func countsTheTimeOfChildrenThatHaveEnded() throws {
        let status = try #require(ProcessStatus(stat: Self.line()))
        #expect(status.processorTicks == 11 + 22 + 33 + 44)
        #expect(status.startTicks == 5_555)
        #expect(status.residentPageCount == 678)
        #expect(!status.isZombie)
        #expect(ProcessStatus(stat: Self.line(state: "Z"))?.isZombie == true)
        #expect(ProcessStatus(stat: "7 (a) S 1") == nil)
    }

    @Test func tellsAnonymousMemoryFromThatOfFiles() {
        let status = "Name:\tx\nVmRSS:\t 9000 kB\nRssAnon:\t    1234 kB\nRssFile:\t 7766 kB\n"
        #expect(ProcessStatus.anonymousByteCount(status: status) == 1_234 * 1_024)
        #expect(ProcessStatus.anonymousByteCount(status: "Name:\tkthreadd\n") == 0)
    }

    @Test func readsWhatThisProcessUses() throws {
        let sample = try #require(WatchedProcess(id: getpid())?.sample())
        #expect(sample.processorNanoseconds > 0)
        #expect(sample.anonymousByteCount > 1_000_000)
        #expect(sample.residentByteCount > sample.anonymousByteCount)
        #expect(WatchedProcess(id: .max) == nil)
    }

    @Test func findsChildrenOfEveryThread() throws {
        let own = try #require(WatchedProcess(id: getpid()))
        let (started, seen) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let child = Sleeper()
        Thread.detachNewThread {
            child.start()
            started.signal()
            seen.wait()
            child.end()
        }
        started.wait()
        #expect(own.members.contains(child.id))
        seen.signal()
    }

    @Test func neverCountsLessThanNoTime() {
        let begin = ProcessSample(processorNanoseconds: 9, residentByteCount: 1)
        let end = ProcessSample(processorNanoseconds: 4, residentByteCount: 1)
        let use = ProcessUse(id: 1, before: begin, begin: begin, end: end)
        #expect(use.processorNanoseconds == 0)
    }

    @Test func goesOnWhereAWatchedProcessEnds() throws {
        let child = Sleeper()
        child.start()
        let watched = try #require(WatchedProcess(id: child.id))
        let server = try ScriptedServer { $0.serve() }
        let run = try MeasuredRun(
            LoadRun(.http(), on: server.address, plan: .brief(seconds: 1)),
            watching: [watched]
        ) { event in
            if case .measuringBegan = event { child.end() }
        }
        #expect(run.result.tally.completedInTime > 0)
        #expect(run.processes.map(\.id) == [child.id])
        #expect(run.processes.first?.before != nil)
        #expect(run.processes.first?.after == nil)
        #expect(run.processes.first?.processorNanoseconds == nil)
        #expect(Metric.processorMicrosecondsPerOperation.value(of: run) == nil)
    }
}

/// A process that does nothing.
private final class Sleeper: @unchecked Sendable {
    // @unchecked: the tests hand it from thread to thread by semaphores.
    private let process = Process()

    var id: Int32 { process.processIdentifier }

    func start() {
        process.executableURL = URL(filePath: "/bin/sleep")
        process.arguments = ["60"]
        // `try?`: the expectation on the process fails then.
        try? process.run()
    }

    func end() {
        // A thread of the tests may have SIGTERM blocked, which its children inherit.
        kill(id, SIGKILL)
        process.waitUntilExit()
    }
}
