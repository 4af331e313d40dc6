/// What is reported of one target.
public struct TargetReport: Encodable, Sendable {
    public let name: String
    public let address: String
    /// Operations that succeeded and ended in the measured time, of all rounds.
    public let completed: Int
    public let failed: Int
    /// By kind; see ``Failure/Kind``.
    public let failures: [FailureReport]
    /// Before the measured time.
    public let warmUpFailures: [FailureReport]
    public let bytesReceived: Int
    public let bytesSent: Int
    /// When measuring ended in the last round.
    public let openConnections: Int
    /// Of all rounds together; absent where nothing succeeded.
    public let latency: LatencyReport?
    /// How long connects took: from connect(2) to the established connection.
    public let connect: LatencyReport?
    /// By ``Metric``: median, lowest and highest of the rounds.
    public let metrics: [String: Spread]
    /// By ``Metric``: the ratio to the first target, round by round; absent for the first.
    public let ratios: [String: Spread]?
    public let processes: [ProcessReport]
    public let generator: GeneratorReport
    public let rounds: [RoundReport]

    /// `nil` for a target without rounds.
    init?(_ target: TargetRounds, reference: TargetRounds?) {
        guard let total = target.total, let last = target.rounds.last else { return nil }
        name = target.name
        address = target.address
        completed = total.completedInTime
        failed = total.failures.total
        failures = FailureReport.all(total.failures)
        warmUpFailures = FailureReport.all(total.warmUpFailures)
        bytesReceived = total.bytesReceived
        bytesSent = total.bytesSent
        openConnections = last.openConnectionCount
        latency = LatencyReport(total.latency)
        connect = LatencyReport(total.connects)
        metrics = Self.byMetric { target.spread(of: $0) }
        ratios = reference.map { reference in
            Self.byMetric { target.ratio(of: $0, to: reference) }
        }
        processes = last.processes.map {
            ProcessReport($0, connectionCount: last.openConnectionCount)
        }
        generator = GeneratorReport(target.rounds)
        rounds = target.rounds.map { RoundReport($0) }
    }

    private static func byMetric(_ spread: (Metric) -> Spread?) -> [String: Spread] {
        let pairs = Metric.allCases.compactMap { metric in
            spread(metric).map { (metric.rawValue, $0) }
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }
}

/// Failures of one kind.
public struct FailureReport: Encodable, Sendable {
    public let kind: String
    public let count: Int
    /// What was said about the first of them.
    public let detail: String?

    static func all(_ failures: FailureCounts) -> [FailureReport] {
        failures.kinds.map { kind in
            FailureReport(
                kind: kind.rawValue,
                count: failures[kind],
                detail: failures.detail(of: kind)
            )
        }
    }
}

/// A watched process in the last round.
public struct ProcessReport: Encodable, Sendable {
    public let id: Int32
    /// User and system time in the measured time.
    public let processorSeconds: Double
    public let residentBytesBefore: Int
    public let residentBytes: Int
    /// The growth since before the first connection, for each that stood at the end; absent for
    /// none.
    public let bytesPerConnection: Double?

    init(_ use: MeasuredRun.ProcessUse, connectionCount: Int) {
        id = use.id
        processorSeconds = Double(use.processorNanoseconds) / 1e9
        residentBytesBefore = use.residentByteCountBefore
        residentBytes = use.residentByteCountAfter
        let growth = Double(residentBytes - residentBytesBefore)
        bytesPerConnection = connectionCount > 0 ? growth / Double(connectionCount) : nil
    }
}

/// What the load generator itself used, in all rounds.
public struct GeneratorReport: Encodable, Sendable {
    /// Of one processor: 1 is all of it.
    public let processorShare: Double
    public let processorMicrosecondsPerOperation: Double?

    init(_ rounds: [MeasuredRun]) {
        // A run that ended while it warmed up measured nothing.
        let rounds = rounds.filter { $0.result.measuredNanoseconds > 1_000_000 }
        let used = Double(rounds.reduce(0) { $0 + $1.generatorNanoseconds })
        let measured = Double(rounds.reduce(0) { $0 + $1.result.measuredNanoseconds })
        let completed = rounds.reduce(0) { $0 + $1.result.tally.completedInTime }
        processorShare = measured > 0 ? used / measured : 0
        processorMicrosecondsPerOperation = completed > 0 ? used / 1e3 / Double(completed) : nil
    }
}

/// One round by itself.
public struct RoundReport: Encodable, Sendable {
    public let operationsPerSecond: Double
    public let failed: Int
    /// Operations that ended, in slices of equal length.
    public let timeline: [Int]
    public let timelineSliceSeconds: Double

    init(_ run: MeasuredRun) {
        operationsPerSecond = run.result.operationsPerSecond
        failed = run.result.tally.failures.total
        timeline = run.result.tally.timeline.counts
        timelineSliceSeconds = Double(run.result.tally.timeline.sliceNanoseconds) / 1e9
    }
}
