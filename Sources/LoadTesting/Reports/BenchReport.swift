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
        public var warmUpSeconds: Double
        public var durationSeconds: Double
        public var timeoutSeconds: Double
        /// Of an open loop; absent for a closed one.
        public var ratePerSecond: Double?
        public var rounds: Int
        public var sendsProxyHeader: Bool

        public init(workload: String, operation: String, plan: LoadPlan, rounds: Int) {
            self.workload = workload
            summary = plan.summary
            self.operation = operation
            connections = plan.connections
            threads = plan.threads
            warmUpSeconds = plan.warmUp.inSeconds
            durationSeconds = plan.duration.inSeconds
            timeoutSeconds = plan.timeout.inSeconds
            if case .openLoop(let rate) = plan.pace { ratePerSecond = rate }
            self.rounds = rounds
            sendsProxyHeader = plan.clients != nil
        }
    }

    /// "sluice 0.3.0".
    public let version: String
    /// ISO 8601, the start of the test.
    public let date: String
    public let setting: Setting
    /// In the order of the command line; ratios are to the first.
    public let targets: [TargetReport]

    public init(version: String, date: String, setting: Setting, targets: [TargetRounds]) {
        self.version = version
        self.date = date
        self.setting = setting
        self.targets = targets.enumerated().compactMap { index, target in
            TargetReport(target, reference: index == 0 ? nil : targets.first)
        }
    }

    /// Whether something succeeded at every target.
    public var isMeaningful: Bool {
        targets.allSatisfy {
            setting.workload == "idle" ? $0.openConnections > 0 : $0.completed > 0
        }
    }
}

extension LoadPlan {
    /// `64 connections, 1 thread, closed loop, 10 s after 1 s of warm-up`.
    var summary: String {
        let loop =
            switch pace {
            case .openLoop(let rate): "open loop of \(Numbers.decimal(rate)) a second"
            case .closedLoop, .none: "closed loop"
            }
        let parts = [
            Self.counted(connections, "connection"), Self.counted(threads, "thread"), loop,
            "\(Numbers.plain(duration.inSeconds)) s after "
                + "\(Numbers.plain(warmUp.inSeconds)) s of warm-up",
        ]
        return (parts + (clients == nil ? [] : ["PROXY v2 headers"])).joined(separator: ", ")
    }

    private static func counted(_ count: Int, _ noun: String) -> String {
        "\(Numbers.count(count)) \(noun)\(count == 1 ? "" : "s")"
    }
}

extension Duration {
    /// As a number, for reports.
    var inSeconds: Double { Double(nanoseconds) / 1e9 }
}
