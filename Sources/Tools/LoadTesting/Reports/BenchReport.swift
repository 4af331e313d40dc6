import Text
import Time

/// The result of a load test: the keys of the JSON report, and the source of the other forms.
///
/// Times are in microseconds unless the key has another unit; rates are per second.
package struct BenchReport: Encodable, Sendable {
    /// The settings of the test.
    package struct Setting: Encodable, Sendable {
        /// `http`, `mysql`, `tcp`, `connect` or `idle`.
        package var workload: String
        /// A summary for people.
        package var summary: String
        /// The name of one operation: "request".
        package var operation: String
        package var connections: Int
        package var threads: Int
        /// How many processors the load generator may run on.
        package var processors: Int
        package var warmUpSeconds: Double
        package var durationSeconds: Double
        package var timeoutSeconds: Double
        /// In an open loop; absent for a closed one.
        package var ratePerSecond: Double?
        /// The number of operations after which a round ends; absent for no limit.
        package var operationLimit: Int?
        /// The requested number; each target's `rounds` are those that ran.
        package var rounds: Int
        package var sendsProxyHeader: Bool

        package init(
            workload: String,
            operation: String,
            plan: LoadPlan,
            rounds: Int,
            processors: Int
        ) {
            self.workload = workload
            summary = Self.summary(of: plan, workload, operation.plural)
            self.operation = operation
            connections = plan.connections
            threads = plan.threads
            self.processors = processors
            warmUpSeconds = plan.warmUp.inSeconds
            durationSeconds = plan.duration.inSeconds
            timeoutSeconds = plan.timeout.inSeconds
            if case .openLoop(let rate) = plan.pace { ratePerSecond = rate }
            operationLimit = plan.operationLimit
            self.rounds = rounds
            sendsProxyHeader = plan.clients != nil
        }
    }

    package let version: String
    package let date: String
    package let command: String
    package let machine: Machine
    package let setting: Setting
    /// In the order of the command line; without targets that never ran.
    package let targets: [TargetReport]
    /// Of all targets together.
    let requestedRunCount: Int

    private enum CodingKeys: String, CodingKey {
        case version, date, command, machine, setting, targets
    }

    package init(_ origin: Origin, setting: Setting, targets: [TargetRounds]) {
        version = origin.version
        date = origin.date
        command = origin.command
        machine = origin.machine
        self.setting = setting
        let references = Self.references(targets)
        self.targets = targets.compactMap { TargetReport($0, references: references) }
        requestedRunCount = setting.rounds * targets.count
    }

    /// By metric, the first target that has the figure.
    private static func references(_ targets: [TargetRounds]) -> [Metric: TargetRounds] {
        let pairs = Metric.allCases.compactMap { metric in
            targets.first { $0.spread(of: metric) != nil }.map { (metric, $0) }
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }
}

extension Duration {
    /// For reports.
    var inSeconds: Double { Double(nanoseconds) / 1e9 }
}

/// The heading of a report.
extension BenchReport {
    /// One line, and another if the test did not go as planned.
    var heading: [String] { [setting.summary] + (measured.map { [$0] } ?? []) }

    /// How much was measured, if it is not what was planned.
    private var measured: String? {
        let rounds = targets.flatMap(\.rounds)
        let early = rounds.filter { $0.ended != RunEnding.duration.rawValue }
        guard !early.isEmpty || rounds.count < requestedRunCount else { return nil }
        let seconds = Numbers.time(microseconds: rounds.reduce(0) { $0 + $1.measuredSeconds } * 1e6)
        let runs = requestedRunCount > 1 ? " in \(rounds.count) of \(requestedRunCount) runs" : ""
        return "measured \(seconds)\(runs)\(Self.reason(early, of: rounds.count))"
    }

    private static func reason(_ early: [RoundReport], of count: Int) -> String {
        guard let ending = early.last.flatMap({ RunEnding(rawValue: $0.ended) }) else { return "" }
        let share = early.count == count ? "" : " (\(early.count) of them)"
        return ", \(ending.explanation)\(share)"
    }
}

extension RunEnding {
    fileprivate var explanation: String {
        switch self {
        case .duration: "to the end"
        case .operations: "until all operations were completed"
        case .interrupted: "until Ctrl-C"
        case .fatalError: "until an error that would affect every attempt"
        case .nothingSucceeded: "until nothing succeeded for a second"
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
