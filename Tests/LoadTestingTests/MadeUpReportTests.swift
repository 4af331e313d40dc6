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
        return .madeUp(
            ending: ending,
            seconds: seconds,
            timeline: timeline,
            processes: uses.map { [$0] } ?? [],
            generatorShare: generatorShare
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
        return BenchReport(.madeUp, setting: setting, targets: targets)
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
        #expect(
            single.comparison.caption.hasPrefix("one round each; ratios of the figures shown")
        )
        #expect(
            single.comparison.caption.hasSuffix("cannot show whether a difference is significant")
        )
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
        let last = Round.madeUp(processes: [ended])
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
                == ["", "held", "resident", "anonymous", "per connection", "failed"]
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
        #expect(report.text.contains("between requests, 3 × connection refused"))
    }

    @Test(arguments: [(1, 0.95, true), (1, 0.8, false), (4, 1.9, true), (4, 1.5, false)])
    func saysOfWhichTargetTheGeneratorIsTheLimit(threads: Int, share: Double, isBusy: Bool) {
        let targets = [
            Self.target("a", [Self.round()]),
            Self.target("b", [Self.round(generatorShare: share)]),
        ]
        let text = Self.report(targets, threads: threads).text
        #expect(text.contains("b: the load generator was saturated") == isBusy)
        #expect(!text.contains("a: the load generator was saturated"))
        #expect(text.contains("load generator CPU: a 10.0%, b "))
    }

    @Test(arguments: [("echo", "echoes"), ("query", "queries"), ("request", "requests")])
    func findsThePlural(noun: String, plural: String) {
        #expect(Self.report([], operation: noun).setting.operationPlural == plural)
    }

    @Test func warnsOfOtherProcessesThatUsedTheProcessors() {
        var others = OtherUse()
        others.nanoseconds = 8_500_000_000
        others.stolenNanoseconds = 3_000_000_000
        others.processes = [
            .init(id: 9, name: "idler", nanoseconds: 20_000_000),
            .init(id: 8, name: "swiftc", nanoseconds: 8_000_000_000),
        ]
        let busy = Self.report([Self.target("a", [.madeUp(others: others)])]).text
        #expect(
            busy.contains("other processes used 85.0% of a CPU during the run: swiftc (8) 80.0%\n")
        )
        #expect(busy.contains("the hypervisor stole 30.0% of a CPU during the run"))
        others.nanoseconds = 900_000_000
        others.stolenNanoseconds = 0
        let quiet = Self.report([Self.target("a", [.madeUp(others: others)])]).text
        #expect(!quiet.contains("other processes") && !quiet.contains("hypervisor"))
    }

    // MARK: - Ratios

    /// `direct` has no process, so the first that has one is the reference for its CPU time.
    @Test func comparesWithTheFirstTargetThatHasTheFigure() throws {
        let metrics: [[Metric: Double]] = [
            [.operationsPerSecond: 200],
            [.operationsPerSecond: 100, .processorMicrosecondsPerOperation: 10],
            [.operationsPerSecond: 150, .processorMicrosecondsPerOperation: 8],
        ]
        let targets = zip(["direct", "haproxy", "sluice"], metrics).map { name, metrics in
            Self.target(name, [.madeUp(metrics: metrics), .madeUp(metrics: metrics)])
        }
        let report = Self.report(targets, rounds: 2)
        #expect(report.targets[0].ratios == nil)
        #expect(report.targets[1].ratios?.keys.sorted() == ["operationsPerSecond"])
        let ratios = try #require(report.targets[2].ratios)
        #expect(ratios["operationsPerSecond"]?.value == 0.75)
        #expect(ratios["processorMicrosecondsPerOperation"]?.value == 0.8)
        #expect(ratios["processorMicrosecondsPerOperation"]?.reference == "haproxy")
        #expect(report.comparison.caption.contains("to direct, CPU/request to haproxy (lowest"))
        #expect(
            report.comparison.rows.map { $0[3...4] } == [
                ["-", "-"], ["10.0 µs", "1"], ["8.00 µs", "0.80 (0.80–0.80)"],
            ]
        )
    }

    @Test func marksADifferenceThatIsNone() {
        let targets = [("a", [100.0, 100]), ("b", [90, 120]), ("c", [110, 120])].map {
            name,
            rates in
            Self.target(name, rates.map { .madeUp(metrics: [.operationsPerSecond: $0]) })
        }
        let report = Self.report(targets, rounds: 2)
        #expect(
            report.comparison.rows.map { $0[2] } == ["1", "~1.05 (0.90–1.20)", "1.15 (1.10–1.20)"]
        )
        #expect(report.comparison.caption.contains("~ no significant difference: the range"))
    }

    // MARK: - The verdict

    @Test(arguments: [
        (0, 0, 0.0, nil), (1, 0, 0.0, "0.10% failed (1 of 1,001)"), (0, 250, 0.1, "20.0% failed"),
        (10, 0, 0.01, nil),
    ])
    func failsWhereTooMuchFailed(failed: Int, connects: Int, tolerance: Double, words: String?) {
        var tally = Tally(covering: 0)
        tally.completedInTime = 1_000
        tally.failures.record(Failure(.status, code: 429), count: failed)
        tally.connectionFailures.record(Failure(.reset), count: connects)
        let report = Self.report([Self.target("a", [Self.round()], tally)])
        let found = report.failures(tolerating: tolerance)
        #expect(found.count == (words == nil ? 0 : 1))
        if let words { #expect(found.first?.contains(words) == true, "\(found)") }
    }

    @Test func failsWhereNothingSucceededOrWasHeld() {
        let nothing = Self.report([Self.target("a", [Self.round()])])
        #expect(nothing.failures(tolerating: 1) == ["a: no request succeeded"])
        let held = Self.report([Self.target("a", [.madeUp(openConnections: 3)])], workload: "idle")
        #expect(held.failures(tolerating: 0) == ["a: only 3 of 8 connections were open at the end"])
        #expect(held.failures(tolerating: 0.7) == [])
    }

    @Test func doesNotBlameTheTargetForCtrlC() {
        var tally = Tally(covering: 0)
        tally.completedInTime = 1_000
        tally.failures.record(Failure(.unfinished), count: 4)
        let report = Self.report([Self.target("a", [Self.round(ending: .interrupted)], tally)])
        #expect(report.failures(tolerating: 0) == [])
    }

    @Test(arguments: [
        (Failure(.reset), "limits.connectRatePerSource"),
        (Failure(.noLocalPort), "net.ipv4.tcp_tw_reuse"),
        (Failure(.noDescriptor), "ulimit -n"),
        (Failure(.status, code: 429), "raise them for the test"),
        (Failure(.status, code: 403), "whitelist"),
        (Failure(.serverError, code: 1045), "wrong user or password"),
        (Failure(.serverError, code: 1040), "max_connections"),
        (Failure(.serverError, code: 1129), "FLUSH HOSTS"),
        (Failure(.serverError, code: 1129), "max_connect_errors"),
        (Failure(.refused), "is the target running"),
    ])
    func namesTheProbableCauseOnce(failure: Failure, words: String) {
        var tally = Tally(covering: 0)
        tally.failures.record(failure)
        tally.warmUpFailures.record(failure)
        let targets = ["a", "b"].map { Self.target($0, [Self.round()], tally) }
        let report = Self.report(targets)
        #expect(report.causes.count == 2)
        #expect(report.causes.last?.contains(words) == true)
        #expect(report.text.contains(report.causes.joined(separator: "\n")))
    }

    // MARK: - The page

    @Test func titlesTheAxesAndNamesTheRounds() {
        let rounds = (0..<3).map { _ in Self.round(seconds: 2, timeline: [5, 6]) }
        var tally = Tally(covering: 0)
        tally.latency.record(nanoseconds: 1_000, count: 100)
        let page = HTMLReport(Self.report([Self.target("a", rounds, tally)], rounds: 3)).page
        for words in [
            "Percentile of requests", "Latency (logarithmic)", "requests per second",
            "Measured time, all rounds (s)", ">round 1<", ">round 3<", "Requests per second",
            "<h2>Summary</h2>", "machine: 2 CPUs, X1", "command: sluice bench http",
        ] {
            #expect(page.contains(words), "\(words)")
        }
        let single = HTMLReport(Self.report([Self.target("a", [rounds[0]], tally)])).page
        #expect(!single.contains("round 1"))
    }

    /// Rounds of different length begin at the same place for all targets.
    @Test func joinsRoundsAtTheLongest() throws {
        let targets = [
            Self.target("a", [1, 2].map { Self.round(seconds: $0, timeline: [5]) }),
            Self.target("b", [3, 1].map { Self.round(seconds: $0, timeline: [5]) }),
        ]
        let picture = try #require(HTMLReport(Self.report(targets, rounds: 2)).throughputPicture)
        #expect(picture.sections.map(\.start) == [0, 3])
        #expect(picture.series.allSatisfy { $0.lines[1].allSatisfy { $0.x > 3 } })
    }

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
