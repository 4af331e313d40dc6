/// What is reported of a load test: the keys of the JSON report, and the source of the others.
///
/// Times are in microseconds where the key says nothing else; rates are for a second.
public struct BenchReport: Encodable, Sendable {
    /// What was asked for.
    public struct Setting: Encodable, Sendable {
        /// `http`, `mysql`, `tcp`, `connect` or `idle`.
        public var workload: String
        /// In words, for a person.
        public var summary: String
        /// What one operation is called: "request".
        public var operation: String
        public var connections: Int
        public var threads: Int
        /// How many processors the load generator may run on.
        public var processors: Int
        public var warmUpSeconds: Double
        public var durationSeconds: Double
        public var timeoutSeconds: Double
        /// Of an open loop; absent for a closed one.
        public var ratePerSecond: Double?
        /// After how many operations a round ends; absent for no limit.
        public var operationLimit: Int?
        /// How many were to be run; each target's `rounds` are those that were.
        public var rounds: Int
        public var sendsProxyHeader: Bool

        public init(
            workload: String,
            operation: String,
            plan: LoadPlan,
            rounds: Int,
            processors: Int
        ) {
            self.workload = workload
            summary = Self.summary(of: plan, workload, Self.plural(of: operation))
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

    /// "sluice 0.3.0".
    public let version: String
    /// ISO 8601, the start of the test.
    public let date: String
    public let setting: Setting
    /// In the order of the command line; ratios are to the first. A target that never had its turn
    /// is not among them.
    public let targets: [TargetReport]
    /// Of all targets together.
    let askedRunCount: Int

    private enum CodingKeys: String, CodingKey {
        case version, date, setting, targets
    }

    public init(version: String, date: String, setting: Setting, targets: [TargetRounds]) {
        self.version = version
        self.date = date
        self.setting = setting
        self.targets = targets.enumerated().compactMap { index, target in
            TargetReport(target, reference: index == 0 ? nil : targets.first)
        }
        askedRunCount = setting.rounds * targets.count
    }

    /// Whether something succeeded at every target.
    public var isMeaningful: Bool {
        targets.allSatisfy { setting.isIdle ? $0.openConnections > 0 : $0.completed > 0 }
    }
}

extension Duration {
    /// As a number, for reports.
    var inSeconds: Double { Double(nanoseconds) / 1e9 }
}
