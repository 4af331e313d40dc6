/// What is kept of one run: its numbers, without the distributions that they come from.
package struct Round: Sendable {
    /// Those that were measured.
    package let metrics: [Metric: Double]
    package let measuredNanoseconds: Int64
    package let ending: RunEnding
    package let completed: Int
    package let failed: Int
    package let failedConnects: Int
    /// Operations that ended, in slices from the beginning of the measured time; the last slice
    /// may be shorter than the others.
    package let timeline: [Int]
    package let sliceNanoseconds: Int64
    package let processes: [ProcessUse]
    /// What used the machine beside them and the load generator.
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
