/// What is reported of one target.
public struct TargetReport: Encodable, Sendable {
    public let name: String
    public let address: String
    /// Operations that succeeded and ended in the measured time, of all rounds.
    public let completed: Int
    /// Operations that failed.
    public let failed: Int
    /// By kind; see ``Failure/Kind``.
    public let failures: [FailureReport]
    /// Connections that failed while no operation ran on them or waited for them.
    public let failedConnects: Int
    public let connectFailures: [FailureReport]
    /// Before the measured time, of both.
    public let warmUpFailures: [FailureReport]
    public let bytesReceived: Int
    public let bytesSent: Int
    /// When measuring ended in the last round.
    public let openConnections: Int
    /// Of all rounds together; absent where nothing was asked.
    public let latency: LatencyReport?
    /// How long connects took: from connect(2) to the established connection.
    public let connect: LatencyReport?
    /// By ``Metric``: median, lowest and highest of the rounds.
    public let metrics: [String: Spread]
    /// By ``Metric``: the ratio to the first target that has the figure; absent if there is none.
    public let ratios: [String: Ratio]?
    public let processes: [ProcessReport]
    public let generator: GeneratorReport
    public let others: OthersReport
    public let rounds: [RoundReport]

    /// `nil` for a target without rounds.
    ///
    /// - Parameter references: by metric, the target to compare with, which may be this one.
    init?(_ target: TargetRounds, references: [Metric: TargetRounds]) {
        guard let last = target.rounds.last else { return nil }
        let total = target.total
        name = target.name
        address = target.address
        completed = total.completedInTime
        failed = total.failures.total
        failures = FailureReport.all(total.failures)
        failedConnects = total.connectionFailures.total
        connectFailures = FailureReport.all(total.connectionFailures)
        warmUpFailures = FailureReport.all(total.warmUpFailures)
        bytesReceived = total.bytesReceived
        bytesSent = total.bytesSent
        openConnections = last.openConnectionCount
        latency = LatencyReport(total.latency, lowerBounds: total.lowerBoundCount)
        connect = LatencyReport(total.connects)
        metrics = Self.byMetric { target.spread(of: $0) }
        let ratios = Self.byMetric { metric in
            references[metric].flatMap {
                $0.name == target.name ? nil : Ratio(of: metric, target, to: $0)
            }
        }
        self.ratios = ratios.isEmpty ? nil : ratios
        processes = ProcessReport.all(target.rounds)
        generator = GeneratorReport(target.rounds)
        others = OthersReport(target.rounds)
        rounds = target.rounds.map { RoundReport($0) }
    }

    private static func byMetric<Value>(_ value: (Metric) -> Value?) -> [String: Value] {
        let pairs = Metric.allCases.compactMap { metric in
            value(metric).map { (metric.rawValue, $0) }
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }
}

/// Failures of one kind and, if it has numbers, one number.
public struct FailureReport: Encodable, Sendable {
    public let kind: String
    /// The HTTP status or the number of the MySQL error; absent for other kinds.
    public let code: Int?
    public let count: Int
    /// What was said about the first of them.
    public let detail: String?

    static func all(_ failures: FailureCounts) -> [FailureReport] {
        failures.classes.map { key in
            FailureReport(
                kind: key.kind.rawValue,
                code: key.code,
                count: failures[key],
                detail: failures.detail(of: key)
            )
        }
    }
}

/// What the load generator itself used, in all rounds.
public struct GeneratorReport: Encodable, Sendable {
    /// Of one processor: 1 is all of it.
    public let processorShare: Double
    public let processorMicrosecondsPerOperation: Double?

    init(_ rounds: [Round]) {
        // A few milliseconds are not enough to tell.
        let rounds = rounds.filter { $0.measuredNanoseconds > 1_000_000 }
        let used = Double(rounds.reduce(0) { $0 + $1.generatorNanoseconds })
        let measured = Double(rounds.reduce(0) { $0 + $1.measuredNanoseconds })
        let completed = rounds.reduce(0) { $0 + $1.completed }
        processorShare = measured > 0 ? used / measured : 0
        processorMicrosecondsPerOperation = completed > 0 ? used / 1e3 / Double(completed) : nil
    }
}

/// One round by itself.
public struct RoundReport: Encodable, Sendable {
    public let measuredSeconds: Double
    /// Why it ended; see ``RunEnding``.
    public let ended: String
    public let operationsPerSecond: Double
    public let completed: Int
    public let failed: Int
    public let failedConnects: Int
    /// By ``Metric``, as far as they were measured.
    public let metrics: [String: Double]
    /// Operations that ended, in slices of equal length; the last may be shorter where the round
    /// ended early.
    public let timeline: [Int]
    public let timelineSliceSeconds: Double

    init(_ round: Round) {
        measuredSeconds = Double(round.measuredNanoseconds) / 1e9
        ended = round.ending.rawValue
        operationsPerSecond = round.metrics[.operationsPerSecond] ?? 0
        completed = round.completed
        failed = round.failed
        failedConnects = round.failedConnects
        metrics = Dictionary(uniqueKeysWithValues: round.metrics.map { ($0.rawValue, $1) })
        timeline = round.timeline
        timelineSliceSeconds = Double(round.sliceNanoseconds) / 1e9
    }
}
