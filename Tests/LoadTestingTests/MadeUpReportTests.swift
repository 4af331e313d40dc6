import Testing

@testable import LoadTesting

/// Reports of rounds that never were: each sentence where it belongs.
@Suite struct MadeUpReportTests {
    private static func round(
        ending: RunEnding = .duration,
        seconds: Double = 10,
        timeline: [Int] = [],
        memory: (before: Int, after: Int)? = nil,
        generatorShare: Double = 0.1
    ) -> Round {
        let uses = memory.map { memory in
            let samples = [memory.before, memory.after].map {
                ProcessSample(
                    processorNanoseconds: Int64($0),
                    residentByteCount: 7_000_000 + $0,
                    anonymousByteCount: $0
                )
            }
            return ProcessUse(id: 7, before: samples[0], begin: samples[0], end: samples[1])
        }
        return Round(
            metrics: [.operationsPerSecond: 100],
            measuredNanoseconds: Int64(seconds * 1e9),
            ending: ending,
            completed: 1_000,
            failed: 0,
            failedConnects: 0,
            timeline: timeline,
            sliceNanoseconds: 1_000_000_000,
            processes: uses.map { [$0] } ?? [],
            generatorNanoseconds: Int64(seconds * 1e9 * generatorShare),
            openConnectionCount: 1_000
        )
    }

    private static func target(
        _ name: String,
        _ rounds: [Round],
        _ tally: Tally = Tally(covering: 0)
    ) -> TargetRounds {
        var target = TargetRounds(name: name, address: "192.0.2.1:80")
        for round in rounds { target.append(round, tally) }
        return target
    }

    private static func report(
        _ targets: [TargetRounds],
        workload: String = "http",
        operation: String = "request",
        threads: Int = 1,
        rounds: Int = 1
    ) -> BenchReport {
        var plan = LoadPlan()
        plan.threads = threads
        plan.connections = 8
        let setting = BenchReport.Setting(
            workload: workload,
            operation: operation,
            plan: plan,
            rounds: rounds,
            processors: 2
        )
        return BenchReport(version: "v", date: "d", setting: setting, targets: targets)
    }

    // MARK: - What was measured

    @Test func saysInTheHeadingHowMuchWasMeasured() {
        let whole = Self.report([Self.target("a", [Self.round()])])
        #expect(whole.heading == ["8 connections, 1 thread, closed loop, 10 s"])
        let cut = Self.report([Self.target("a", [Self.round(ending: .interrupted, seconds: 2.5)])])
        #expect(cut.heading.last == "measured 2.50 s, until Ctrl-C")
    }

    @Test func countsTheRoundsThatWereRun() {
        let targets = [
            Self.target("a", [Self.round(), Self.round(), Self.round(ending: .interrupted)]),
            Self.target("b", [Self.round(), Self.round()]),
        ]
        let report = Self.report(targets, rounds: 5)
        #expect(report.heading.last == "measured 50.0 s in 5 of 10 runs, until Ctrl-C (1 of them)")
        #expect(report.comparison.caption.hasPrefix("medians of 2 to 3 interleaved rounds"))
        let single = Self.report(targets.map { Self.target($0.name, [Self.round()]) })
        #expect(single.comparison.caption.hasPrefix("one round of each; ratios to a"))
    }

    @Test func dividesEachSliceByTheTimeThatWasMeasuredOfIt() {
        let round = RoundReport(Self.round(seconds: 2.6, timeline: [10, 10, 6]))
        #expect(round.rates.map(\.perSecond).map { ($0 * 1e6).rounded() / 1e6 } == [10, 10, 10])
        let short = RoundReport(Self.round(seconds: 2.1, timeline: [10, 10, 2]))
        #expect(short.rates.count == 2)
    }

    // MARK: - Processes

    @Test func countsAProcessOverAllRoundsFromTheFirstOn() throws {
        let rounds = [
            Self.round(memory: (1_000_000, 3_000_000)), Self.round(memory: (3_000_000, 4_000_000)),
        ]
        let process = try #require(ProcessReport.all(rounds).first)
        #expect(process.anonymousBytesBefore == 1_000_000)
        #expect(process.anonymousBytes == 4_000_000)
        #expect(process.residentBytes == 11_000_000)
        #expect(process.processorSeconds == 0.003)
        #expect(process.bytesPerConnection == 3_000)
        #expect(!process.hasEnded)
    }

    @Test func tellsOfAProcessThatHasEndedAndKeepsTheRest() throws {
        let ended = ProcessUse(id: 7, before: nil, begin: nil, end: nil)
        var last = Self.round()
        last = Round(
            metrics: last.metrics,
            measuredNanoseconds: last.measuredNanoseconds,
            ending: .duration,
            completed: 1,
            failed: 0,
            failedConnects: 0,
            timeline: [],
            sliceNanoseconds: 1,
            processes: [ended],
            generatorNanoseconds: 0,
            openConnectionCount: 1
        )
        let report = Self.report([Self.target("a", [Self.round(memory: (1, 2_000_001)), last])])
        #expect(report.text.contains("process 7 ended during the test"))
        #expect(report.targets.first?.processes.first?.hasEnded == true)
        #expect(report.targets.first?.processes.first?.bytesPerConnection == 2_000)
    }

    @Test func showsWhatHeldConnectionsCostOfEachTarget() {
        let targets = [
            Self.target("a", [Self.round(memory: (0, 2_000_000))]),
            Self.target("b", [Self.round(memory: (0, 4_000_000))]),
        ]
        let report = Self.report(targets, workload: "idle", operation: "connection")
        #expect(report.heading == ["8 connections, 1 thread, held, 10 s"])
        #expect(
            report.comparison.heading
                == ["", "held", "resident", "anonymous", "a connection", "failed"]
        )
        #expect(
            report.comparison.rows == [
                ["a", "1,000", "9.00 MB", "2.00 MB", "2.00 kB", "0"],
                ["b", "1,000", "11.0 MB", "4.00 MB", "4.00 kB", "0"],
            ]
        )
    }

    // MARK: - Notes

    @Test func marksLatenciesThatAreLowerBounds() {
        var tally = Tally(covering: 0)
        tally.latency.record(nanoseconds: 1_000, count: 95)
        tally.recordLowerBound(nanoseconds: 2_000_000_000, count: 5)
        let report = Self.report([Self.target("a", [Self.round()], tally)])
        #expect(report.text.contains("5 of 100 latencies are lower bounds"))
    }

    @Test func tellsConnectsThatBelongedToNoRequestApart() {
        var tally = Tally(covering: 0)
        tally.connectionFailures.record(Failure(.refused), count: 3)
        let report = Self.report([Self.target("a", [Self.round()], tally)])
        #expect(report.targets.first?.failed == 0)
        #expect(report.targets.first?.failedConnects == 3)
        #expect(report.text.contains("outside of requests, 3 × connection refused"))
    }

    @Test(arguments: [(1, 0.95, true), (1, 0.8, false), (4, 1.9, true), (4, 1.5, false)])
    func saysOfWhichTargetTheGeneratorIsTheLimit(threads: Int, share: Double, isBusy: Bool) {
        let targets = [
            Self.target("a", [Self.round()]),
            Self.target("b", [Self.round(generatorShare: share)]),
        ]
        let text = Self.report(targets, threads: threads).text
        #expect(text.contains("b: the load generator used its") == isBusy)
        #expect(!text.contains("a: the load generator used its"))
        #expect(text.contains("the load generator itself: a 10.0 %, b "))
    }

    @Test(arguments: [("echo", "an echo", "echoes"), ("query", "a query", "queries")])
    func findsArticleAndPlural(noun: String, one: String, plural: String) {
        let setting = Self.report([], operation: noun).setting
        #expect(setting.oneOperation == one)
        #expect(setting.operationPlural == plural)
    }

    // MARK: - The page

    @Test func tellsTheLinesOfManyTargetsApart() {
        let classes = (0..<12).map(HTMLReport.lineClass)
        #expect(Set(classes).count == 12)
    }

    @Test func saysAnAddressOnce() {
        let target = TargetRounds(name: "192.0.2.1:80", address: "192.0.2.1:80")
        var targets = [target]
        targets[0].append(Self.round(), Tally(covering: 0))
        let page = HTMLReport(Self.report(targets)).page
        #expect(page.components(separatedBy: "192.0.2.1:80").count == 2)
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [Substring] {
        split(separator: separator, omittingEmptySubsequences: false)
    }
}
