/// The result of one target.
package struct TargetReport: Encodable, Sendable {
    package let name: String
    package let address: String
    /// Operations that succeeded and ended in the measured time, of all rounds.
    package let completed: Int
    /// Operations that failed.
    package let failed: Int
    /// By kind; see ``Failure/Kind``.
    package let failures: [FailureReport]
    /// Connections that failed while no operation was running on them or waiting for them.
    package let failedConnects: Int
    package let connectFailures: [FailureReport]
    /// Failures of both kinds before the measured time.
    package let warmUpFailures: [FailureReport]
    package let bytesReceived: Int
    package let bytesSent: Int
    /// When measuring ended in the last round.
    package let openConnections: Int
    /// Of all rounds together; absent if there were no operations.
    package let latency: LatencyReport?
    /// How long connects took: from connect(2) to the established connection.
    package let connect: LatencyReport?
    /// By ``Metric``: median, lowest and highest of the rounds.
    package let metrics: [String: Spread]
    /// By ``Metric``: the ratio to the first target that has the figure; absent if there is none.
    package let ratios: [String: Ratio]?
    package let processes: [ProcessReport]
    package let generator: GeneratorReport
    package let others: OthersReport
    package let rounds: [RoundReport]

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
package struct FailureReport: Encodable, Sendable {
    package let kind: String
    /// The HTTP status or the number of the MySQL error; absent for other kinds.
    package let code: Int?
    package let count: Int
    /// The detail of the first one.
    package let detail: String?

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

/// The load generator's own use of the CPU, in all rounds.
package struct GeneratorReport: Encodable, Sendable {
    /// 1 is one whole CPU.
    package let processorShare: Double
    package let processorMicrosecondsPerOperation: Double?

    init(_ rounds: [Round]) {
        // A few milliseconds are too short to measure.
        let rounds = rounds.filter { $0.measuredNanoseconds > 1_000_000 }
        let used = Double(rounds.reduce(0) { $0 + $1.generatorNanoseconds })
        let measured = Double(rounds.reduce(0) { $0 + $1.measuredNanoseconds })
        let completed = rounds.reduce(0) { $0 + $1.completed }
        processorShare = measured > 0 ? used / measured : 0
        processorMicrosecondsPerOperation = completed > 0 ? used / 1e3 / Double(completed) : nil
    }
}

/// One round.
package struct RoundReport: Encodable, Sendable {
    package let measuredSeconds: Double
    /// Why it ended; see ``RunEnding``.
    package let ended: String
    package let operationsPerSecond: Double
    package let completed: Int
    package let failed: Int
    package let failedConnects: Int
    /// By ``Metric``; only those that were measured.
    package let metrics: [String: Double]
    /// Operations that ended, in slices of equal length; the last may be shorter if the round ended
    /// early.
    package let timeline: [Int]
    package let timelineSliceSeconds: Double

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

/// A distribution of latencies.
package struct LatencyReport: Encodable, Sendable {
    /// A point of the distribution: this percentage took no longer.
    package struct Point: Encodable, Sendable {
        package let percentile: Double
        package let microseconds: Double
    }

    package let count: Int
    /// How many of them got no answer, and are counted with the time that they waited.
    package let lowerBounds: Int
    package let meanMicroseconds: Double
    package let maximumMicroseconds: Double
    /// 50 to 99.999, as far as there are enough operations.
    package let percentiles: [Point]
    /// Denser, for a chart, up to the last single operation.
    package let curve: [Point]

    /// `nil` for an empty distribution.
    init?(_ latency: LatencyHistogram, lowerBounds: Int = 0) {
        guard latency.count > 0 else { return nil }
        count = latency.count
        self.lowerBounds = lowerBounds
        meanMicroseconds = latency.meanNanoseconds / 1e3
        maximumMicroseconds = Double(latency.maximumNanoseconds) / 1e3
        percentiles = Self.reportedPercentiles.filter(latency.supports).map {
            Self.point(latency, $0)
        }
        curve = Self.curvePercentiles(latency.count).map { Self.point(latency, $0) }
    }

    /// The latency at one of the ``percentiles``.
    package func microseconds(at percentile: Double) -> Double? {
        percentiles.first { $0.percentile == percentile }?.microseconds
    }

    static let reportedPercentiles: [Double] = [50, 75, 90, 95, 99, 99.9, 99.99, 99.999]

    private static func point(_ latency: LatencyHistogram, _ percentile: Double) -> Point {
        let nanoseconds = latency.nanoseconds(at: percentile)
        return Point(percentile: percentile, microseconds: Double(nanoseconds) / 1e3)
    }

    /// Sixteen for each additional nine, from 0 to the last single operation.
    private static func curvePercentiles(_ count: Int) -> [Double] {
        var percentiles: [Double] = []
        var rest = 1.0
        while rest * Double(count) > 1 {
            percentiles.append(100 * (1 - rest))
            rest /= 1.154_781_984_689_458  // the sixteenth root of ten
        }
        return percentiles + [100 * (1 - 1 / Double(count))]
    }
}
