/// All runs against one target, one per round.
///
/// Each run's numbers are kept, and one latency distribution for all of them: many rounds need little
/// memory.
package struct TargetRounds: Sendable {
    package let name: String
    package let address: String
    package private(set) var rounds: [Round] = []
    /// The sum of all rounds, without the timelines.
    package private(set) var total = Tally(covering: 0)

    package init(name: String, address: String) {
        self.name = name
        self.address = address
    }

    package mutating func append(_ run: MeasuredRun) { append(Round(run), run.result.tally) }

    mutating func append(_ round: Round, _ tally: Tally) {
        rounds.append(round)
        total.addCounts(of: tally)
    }

    /// A metric over the rounds; `nil` if it was not measured.
    package func spread(of metric: Metric) -> Spread? {
        Spread(rounds.compactMap { $0.metrics[metric] })
    }
}

/// The order of the targets in a round: each is first equally often.
package func order(ofRound round: Int, targetCount: Int) -> [Int] {
    (0..<targetCount).map { ($0 + round) % targetCount }
}

/// The numbers of one run, without its distributions.
package struct Round: Sendable {
    /// Those that were measured.
    package let metrics: [Metric: Double]
    package let measuredNanoseconds: Int64
    package let ending: RunEnding
    package let completed: Int
    package let failed: Int
    package let failedConnects: Int
    /// Operations that ended, in slices from the start of the measured time; the last slice may be
    /// shorter.
    package let timeline: [Int]
    package let sliceNanoseconds: Int64
    package let processes: [ProcessUse]
    /// What used the machine besides them and the load generator.
    package let others: OtherUse
    /// What the load generator itself used in the measured time.
    package let generatorNanoseconds: Int64
    /// How many connections were open when measuring ended.
    package let openConnectionCount: Int
}

extension Round {
    init(_ run: MeasuredRun) {
        let tally = run.result.tally
        let metrics = Metric.allCases.compactMap { metric in
            metric.value(of: run).map { (metric, $0) }
        }
        self.metrics = Dictionary(uniqueKeysWithValues: metrics)
        measuredNanoseconds = run.result.measuredNanoseconds
        ending = run.result.ending
        completed = tally.completedInTime
        failed = tally.failures.total
        failedConnects = tally.connectionFailures.total
        timeline = tally.timeline.counts(until: measuredNanoseconds)
        sliceNanoseconds = tally.timeline.sliceNanoseconds
        processes = run.processes
        others = run.others
        generatorNanoseconds = run.generatorNanoseconds
        openConnectionCount = run.openConnectionCount
    }
}

/// A number by which targets are compared.
package enum Metric: String, CaseIterable, Sendable {
    case operationsPerSecond
    case bytesPerSecond
    case p50Microseconds
    case p99Microseconds
    case p999Microseconds
    /// Of the watched processes, all together.
    case processorMicrosecondsPerOperation
    /// Of the watched processes, all together.
    case processorSecondsPerGigabyte

    /// The metric's value in a run; `nil` if it was not measured.
    package func value(of run: MeasuredRun) -> Double? {
        guard run.result.measuredNanoseconds > 0 else { return nil }
        let latency = run.result.tally.latency
        return switch self {
        case .operationsPerSecond: run.result.operationsPerSecond
        case .bytesPerSecond: run.byteCount > 0 ? run.result.perSecond(run.byteCount) : nil
        case .p50Microseconds: Self.microseconds(latency, at: 50)
        case .p99Microseconds: Self.microseconds(latency, at: 99)
        case .p999Microseconds: Self.microseconds(latency, at: 99.9)
        case .processorMicrosecondsPerOperation:
            run.processorNanoseconds(per: run.result.tally.completedInTime).map { $0 / 1e3 }
        case .processorSecondsPerGigabyte: run.processorNanoseconds(per: run.byteCount)
        }
    }

    private static func microseconds(_ latency: LatencyHistogram, at percentile: Double) -> Double?
    {
        guard latency.supports(percentile) else { return nil }
        return Double(latency.nanoseconds(at: percentile)) / 1e3
    }
}

extension MeasuredRun {
    /// Payload in both directions, in the measured time.
    var byteCount: Int { result.tally.bytesReceived + result.tally.bytesSent }

    /// CPU time of the watched processes divided by `count`; nanoseconds per byte are seconds per GB.
    ///
    /// - Returns: `nil` if one of them has ended: its use is unknown.
    fileprivate func processorNanoseconds(per count: Int) -> Double? {
        let used = processes.compactMap(\.processorNanoseconds)
        guard !used.isEmpty, used.count == processes.count, count > 0 else { return nil }
        return Double(used.reduce(0, +)) / Double(count)
    }
}

/// The median and the range of some numbers.
package struct Spread: Hashable, Sendable, Encodable {
    package let median: Double
    package let lowest: Double
    package let highest: Double

    /// `nil` for no numbers. The median of an even count is the mean of the two in the middle.
    package init?(_ numbers: [Double]) {
        let sorted = numbers.sorted()
        guard let lowest = sorted.first, let highest = sorted.last else { return nil }
        self.lowest = lowest
        self.highest = highest
        let upper = sorted.count / 2
        median = sorted.count % 2 == 1 ? sorted[upper] : (sorted[upper - 1] + sorted[upper]) / 2
    }
}

/// A target's figure compared with the reference's.
package struct Ratio: Hashable, Sendable, Encodable {
    /// The name of the target that is compared with.
    package let reference: String
    /// The ratio of the two reported medians.
    package let value: Double
    /// The lowest ratio of single rounds. What disturbed a round disturbed both of its runs.
    package let lowest: Double
    /// The highest ratio of single rounds. ``value`` is always between the two.
    package let highest: Double
    /// Whether all rounds agree on which of the two is larger; absent for a single round.
    package let isSignificant: Bool?

    /// `nil` if there is nothing to divide.
    init?(of metric: Metric, _ target: TargetRounds, to reference: TargetRounds) {
        guard let own = target.spread(of: metric), let other = reference.spread(of: metric),
            other.median > 0
        else { return nil }
        let pairs = zip(target.rounds, reference.rounds)
        let ratios = pairs.compactMap { own, other -> Double? in
            guard let value = own.metrics[metric], let base = other.metrics[metric], base > 0
            else { return nil }
            return value / base
        }
        guard let lowest = ratios.min(), let highest = ratios.max() else { return nil }
        self.reference = reference.name
        value = own.median / other.median
        self.lowest = lowest
        self.highest = highest
        isSignificant = ratios.count > 1 ? lowest > 1 || highest < 1 : nil
    }
}
