import Text

/// What was asked for and what came of it, in words.
extension BenchReport {
    /// The head of the report: one line, and another if it did not go as planned.
    var heading: [String] { [setting.summary] + (measured.map { [$0] } ?? []) }

    /// How much was measured, if that is not what was planned.
    private var measured: String? {
        let rounds = targets.flatMap(\.rounds)
        let early = rounds.filter { $0.ended != RunEnding.duration.rawValue }
        guard !early.isEmpty || rounds.count < askedRunCount else { return nil }
        let seconds = Numbers.time(microseconds: rounds.reduce(0) { $0 + $1.measuredSeconds } * 1e6)
        let runs = askedRunCount > 1 ? " in \(rounds.count) of \(askedRunCount) runs" : ""
        return "measured \(seconds)\(runs)\(Self.reason(early, of: rounds.count))"
    }

    private static func reason(_ early: [RoundReport], of count: Int) -> String {
        guard let ending = early.last.flatMap({ RunEnding(rawValue: $0.ended) }) else { return "" }
        let whose = early.count == count ? "" : " (\(early.count) of them)"
        return ", \(ending.explanation)\(whose)"
    }
}

extension RunEnding {
    fileprivate var explanation: String {
        switch self {
        case .duration: "to the end"
        case .operations: "until all operations were done"
        case .interrupted: "until Ctrl-C"
        case .fatalError: "until an error that every attempt would meet"
        case .nothingSucceeded: "until nothing had succeeded for a second"
        }
    }
}

extension BenchReport.Setting {
    /// `64 connections, 1 thread, closed loop, 10 s after 1 s of warm-up`.
    static func summary(of plan: LoadPlan, _ workload: String, _ operations: String) -> String {
        let isIdle = workload == "idle"
        let parts = [
            counted(plan.connections, "connection"), counted(plan.threads, "thread"),
            isIdle ? "held" : loop(plan.pace),
            limit(plan, operations) + time(plan),
            plan.clients == nil ? nil : "PROXY v2 headers",
        ]
        return parts.compactMap { $0 }.joined(separator: ", ")
    }

    private static func loop(_ pace: Pace) -> String {
        switch pace {
        case .openLoop(let rate): "open loop, \(Numbers.decimal(rate))/s"
        case .closedLoop, .none: "closed loop"
        }
    }

    private static func limit(_ plan: LoadPlan, _ operations: String) -> String {
        plan.operationLimit.map { "\(Numbers.count($0)) \(operations) or " } ?? ""
    }

    private static func time(_ plan: LoadPlan) -> String {
        let duration = "\(Numbers.plain(plan.duration.inSeconds)) s"
        if plan.warmUp == .zero { return duration }
        return "\(duration) after \(Numbers.plain(plan.warmUp.inSeconds)) s of warm-up"
    }

    private static func counted(_ count: Int, _ noun: String) -> String {
        count.of(noun, written: Numbers.count(count))
    }
}

extension BenchReport.Setting {
    /// "requests", "queries", "echoes".
    package var operationPlural: String { operation.plural }

    var isIdle: Bool { workload == "idle" }
}
