import Addresses
import ArgumentParser
import CIDRTrie
import LoadTesting
import Operations
import Sockets
import Text
import Time

/// The runs of one command, from its arguments to its report.
struct BenchSession {
    let targets: BenchTargets
    let options: BenchOptions
    let output: ReportOptions
    /// `http`, `mysql`, `tcp`, `connect` or `idle`.
    let name: String
    /// The name of one operation.
    let operation: String

    /// A target, with everything that is needed to run the workload against it.
    private struct Subject {
        let target: NamedTarget
        let address: SocketAddress
        let workload: Workload
        let processes: [WatchedProcess]
    }

    /// Runs every round against every target and reports the outcome.
    ///
    /// - Parameter workload: the workload for a target.
    /// - Throws: exit code 1 if too much failed, or a system call did.
    func run(_ workload: (NamedTarget) throws -> Workload) throws {
        try output.check(against: targets.all)
        let plan = options.plan(clients: try options.clientAddresses())
        let subjects = try targets.all.map { target in
            Subject(
                target: target,
                address: try TargetAddress.resolved(target),
                workload: try workload(target),
                processes: try output.watched(for: target)
            )
        }
        let date = UnixTime(seconds: Clock.realtimeMicroseconds() / 1_000_000).rfc3339
        let origin = BenchReport.Origin(
            version: "sluice \(Version.current)",
            date: date,
            command: RecordedCommand(Array(CommandLine.arguments.dropFirst())).text,
            machine: Machine(processors: ProcessLimits.processors())
        )
        let report = BenchReport(
            origin,
            setting: setting(plan),
            targets: try rounds(subjects, plan)
        )
        try output.publish(report)
        let failures = report.failures(tolerating: options.maxErrorRate / 100)
        for failure in failures { StandardError.print("sluice: \(failure)") }
        if !failures.isEmpty { throw ExitCode.failure }
    }

    /// All rounds, or those until Ctrl-C or an error that every other round would hit.
    private func rounds(_ subjects: [Subject], _ plan: LoadPlan) throws -> [TargetRounds] {
        let interrupt = Interrupt()
        var rounds = subjects.map { TargetRounds(name: $0.target.name, address: "\($0.address)") }
        for round in 0..<roundCount {
            for index in order(ofRound: round, targetCount: subjects.count)
            where !interrupt.flag.isSet {
                let run = try measure(subjects[index], plan, round, interrupt.flag)
                // A run interrupted during its warm-up is not comparable to the other rounds.
                let isVoid =
                    run.result.ending == .interrupted && run.result.measuredNanoseconds == 0
                if isVoid, !rounds[index].rounds.isEmpty { continue }
                rounds[index].append(run)
                if run.result.ending == .fatalError { return rounds }
            }
        }
        return rounds
    }

    private var roundCount: Int { options.rounds ?? (targets.compare.isEmpty ? 1 : 5) }

    private func measure(
        _ subject: Subject,
        _ plan: LoadPlan,
        _ round: Int,
        _ interrupt: Interrupt.Flag
    ) throws -> MeasuredRun {
        let run = LoadRun(
            subject.workload,
            on: subject.address,
            plan: plan,
            stoppingWhen: { interrupt.isSet }
        )
        let place = "round \(round + 1) of \(roundCount), \(subject.target.name): "
        var progress = BenchProgress(
            place: roundCount > 1 || !targets.compare.isEmpty ? place : "",
            operations: setting(plan).operationPlural,
            warmsUp: plan.warmUp > .zero
        )
        defer { progress.end() }
        do throws(SystemError) {
            return try MeasuredRun(run, watching: subject.processes) { progress.show($0) }
        } catch {
            StandardError.print("sluice: cannot create an epoll instance: \(error)")
            throw ExitCode.failure
        }
    }

    private func setting(_ plan: LoadPlan) -> BenchReport.Setting {
        BenchReport.Setting(
            workload: name,
            operation: operation,
            plan: plan,
            rounds: roundCount,
            processors: ProcessLimits.processors()
        )
    }
}

/// A progress line on standard error, if that is a terminal.
struct BenchProgress {
    private static let isTerminal = File.standardError.isTerminal
    private static let eraseLine = "\r\u{1b}[K"

    /// "round 2 of 5, direct: "; empty for a single run.
    let place: String
    let operations: String
    private var isWarmingUp: Bool
    private var last = (completed: 0, elapsed: Duration.zero)

    /// Shows the place immediately: a round may be over before there is progress.
    init(place: String, operations: String, warmsUp: Bool) {
        self.place = place
        self.operations = operations
        isWarmingUp = warmsUp
        write("\(place)\(phase)")
    }

    mutating func show(_ event: LoadRun.Event) {
        switch event {
        case .measuringBegan: isWarmingUp = false
        case .measuringEnded: break
        case .progress(let progress, let elapsed): show(progress, elapsed)
        }
    }

    private mutating func show(_ progress: RunProgress, _ elapsed: Duration) {
        let seconds = (elapsed - last.elapsed) / .seconds(1)
        let rate = seconds > 0 ? Double(progress.completed - last.completed) / seconds : 0
        last = (progress.completed, elapsed)
        write(
            "\(place)\(phase)\(Int(elapsed / .seconds(1))) s, "
                + "\(progress.openConnections.of("connection")), "
                + "\(progress.completed) \(operations) (\(Int(rate))/s), \(progress.failed) failed"
        )
    }

    private var phase: String { isWarmingUp ? "warming up, " : "" }

    /// Clears the line for what follows.
    func end() { write("") }

    private func write(_ line: String) {
        guard Self.isTerminal else { return }
        StandardError.write(raw: Self.eraseLine + LogText.visible(line, keepsLines: false))
    }
}
