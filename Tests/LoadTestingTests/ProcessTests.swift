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
        #expect(status.ownTicks == 11 + 22)
        #expect(status.name == "a) b (c")
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
        // The kernel may leave out some while others end (proc(5)).
        #expect((0..<100).contains { _ in own.members.contains(child.id) })
        seen.signal()
    }

    @Test func neverCountsLessThanNoTime() {
        let begin = ProcessSample(processorNanoseconds: 9, residentByteCount: 1)
        let end = ProcessSample(processorNanoseconds: 4, residentByteCount: 1)
        let use = ProcessUse(id: 1, before: begin, begin: begin, end: end)
        #expect(use.processorNanoseconds == 0)
    }

    @Test func readsWhatTheMachineUses() {
        let stat = "cpu  100 20 30 900 5 6 7 8 0 0\ncpu0 50 10 15 450 2 3 3 4 0 0\n"
        let sample = MachineSample(stat: stat)
        #expect(sample.busyNanoseconds == 150 * ProcFile.nanosecondsPerTick)
        #expect(sample.stolenNanoseconds == 8 * ProcFile.nanosecondsPerTick)
        #expect(MachineSample(stat: "") == MachineSample(stat: "cpu 1 2"))
        let now = MachineSample.now()
        #expect(now.busyNanoseconds > 0)
        #expect(now.processes[getpid()]?.nanoseconds ?? 0 > 0)
    }

    @Test func findsWhatOthersUsed() {
        var (begin, end) = (MachineSample(stat: ""), MachineSample(stat: ""))
        (begin.busyNanoseconds, end.busyNanoseconds) = (1_000, 1_900)
        begin.processes = [
            1: .init(name: "a", startTicks: 1, nanoseconds: 10),
            2: .init(name: "b", startTicks: 1, nanoseconds: 500),
            3: .init(name: "c", startTicks: 1, nanoseconds: 7),
        ]
        end.processes = [
            1: .init(name: "a", startTicks: 1, nanoseconds: 310),
            // Number 2 has ended, and another process has its number.
            2: .init(name: "d", startTicks: 9, nanoseconds: 40),
            3: .init(name: "c", startTicks: 1, nanoseconds: 7),
            4: .init(name: "e", startTicks: 9, nanoseconds: 60),
        ]
        let use = OtherUse(from: begin, to: end, known: 400, members: [4])
        #expect(use.nanoseconds == 500)
        #expect(
            Set(use.processes) == [
                .init(id: 1, name: "a", nanoseconds: 300), .init(id: 2, name: "d", nanoseconds: 40),
            ]
        )
    }

    @Test func findsNoLessThanItsPartsSumUpTo() {
        var begin = MachineSample(stat: "cpu  0 0 0 0 0 0 0 0")
        var end = begin
        begin.processes = [1: .init(name: "a", startTicks: 1, nanoseconds: 0)]
        end.processes = [1: .init(name: "a", startTicks: 1, nanoseconds: 300)]
        #expect(OtherUse(from: begin, to: end, known: 50, members: []).nanoseconds == 300)
    }

    @Test func describesTheMachine() {
        let machine = Machine(processors: 2)
        #expect(machine.system.hasPrefix("Linux "))
        #expect(machine.summary.hasPrefix("2 CPUs, "))
        #expect(!machine.distribution.contains("\""))
    }

    @Test func goesOnWhereAWatchedProcessEnds() throws {
        let child = Sleeper()
        child.start()
        let watched = try #require(WatchedProcess(id: child.id))
        let (ended, served) = (Counter(), Counter())
        let server = try ScriptedServer { peer in
            peer.serve { _ in
                if ended.value > 0 { served.add() }
                return ScriptedPeer.answer
            }
        }
        let load = LoadRun(
            .http(),
            on: server.address,
            plan: .brief(),
            stoppingWhen: { served.value > 10 }
        )
        let run = try MeasuredRun(load, watching: [watched]) { event in
            guard case .measuringBegan = event else { return }
            child.end()
            ended.add()
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
