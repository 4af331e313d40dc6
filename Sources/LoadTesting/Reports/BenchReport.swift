import Text

/// What is reported of a load test: the keys of the JSON report, and the source of the others.
///
/// Times are in microseconds unless the key says otherwise; rates are per second.
package struct BenchReport: Encodable, Sendable {
    /// What was asked for.
    package struct Setting: Encodable, Sendable {
        /// `http`, `mysql`, `tcp`, `connect` or `idle`.
        package var workload: String
        /// In words, for a person.
        package var summary: String
        /// What one operation is called: "request".
        package var operation: String
        package var connections: Int
        package var threads: Int
        /// How many processors the load generator may run on.
        package var processors: Int
        package var warmUpSeconds: Double
        package var durationSeconds: Double
        package var timeoutSeconds: Double
        /// Of an open loop; absent for a closed one.
        package var ratePerSecond: Double?
        /// After how many operations a round ends; absent for no limit.
        package var operationLimit: Int?
        /// How many were to be run; each target's `rounds` are those that were.
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

    /// By whom, where and how a test was run.
    package struct Origin: Sendable {
        /// "sluice 0.3.0".
        package var version: String
        /// ISO 8601, the start of the test.
        package var date: String
        /// What repeats it, without secrets.
        package var command: String
        package var machine: Machine

        package init(version: String, date: String, command: String, machine: Machine) {
            self.version = version
            self.date = date
            self.command = command
            self.machine = machine
        }
    }

    package let version: String
    package let date: String
    package let command: String
    package let machine: Machine
    package let setting: Setting
    /// In the order of the command line. A target that never had its turn is not among them.
    package let targets: [TargetReport]
    /// Of all targets together.
    let askedRunCount: Int

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
        askedRunCount = setting.rounds * targets.count
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
    /// As a number, for reports.
    var inSeconds: Double { Double(nanoseconds) / 1e9 }
}
