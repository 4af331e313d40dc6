/// What is kept of one run: its numbers, without the distributions that they come from.
public struct Round: Sendable {
    /// Those that were measured.
    public let metrics: [Metric: Double]
    public let measuredNanoseconds: Int64
    public let ending: RunEnding
    public let completed: Int
    public let failed: Int
    public let failedConnects: Int
    /// Operations that ended, in slices from the beginning of the measured time; the last slice
    /// may be shorter than the others.
    public let timeline: [Int]
    public let sliceNanoseconds: Int64
    public let processes: [ProcessUse]
    /// What used the machine beside them and the load generator.
    public let others: OtherUse
    /// What the load generator itself used in the measured time.
    public let generatorNanoseconds: Int64
    /// How many connections were open when measuring ended.
    public let openConnectionCount: Int
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
