@testable import LoadTesting

extension Round {
    /// A round that never was.
    static func madeUp(
        metrics: [Metric: Double] = [.operationsPerSecond: 100],
        ending: RunEnding = .duration,
        seconds: Double = 10,
        timeline: [Int] = [],
        processes: [ProcessUse] = [],
        others: OtherUse = OtherUse(),
        generatorShare: Double = 0.1,
        openConnections: Int = 1_000
    ) -> Round {
        Round(
            metrics: metrics,
            measuredNanoseconds: Int64(seconds * 1e9),
            ending: ending,
            completed: 1_000,
            failed: 0,
            failedConnects: 0,
            timeline: timeline,
            sliceNanoseconds: 1_000_000_000,
            processes: processes,
            others: others,
            generatorNanoseconds: Int64(seconds * 1e9 * generatorShare),
            openConnectionCount: openConnections
        )
    }
}

extension BenchReport.Origin {
    static let madeUp = BenchReport.Origin(
        version: "sluice test",
        date: "2027-01-31T23:59:59Z",
        command: "sluice bench http",
        machine: Machine(
            processors: 2,
            model: "X1",
            system: "Linux 6",
            distribution: "Debian",
            congestionControl: "cubic"
        )
    )
}
