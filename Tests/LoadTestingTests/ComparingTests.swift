import Testing
import Text

@testable import LoadTesting

@Suite struct ComparingTests {
    @Test func findsTheMiddleAndTheEnds() {
        #expect(Spread([]) == nil)
        #expect(Spread([3, 1, 2]).map { [$0.lowest, $0.median, $0.highest] } == [1, 2, 3])
        #expect(Spread([4, 1, 2, 3]).map { [$0.lowest, $0.median, $0.highest] } == [1, 2.5, 4])
    }

    @Test func coversTheMeasuredTimeBySlicesOfEqualLength() {
        for (nanoseconds, count) in [(1_050_000_000, 10), (99_000_000, 1), (61_000_000_000, 120)] {
            let timeline = Timeline(covering: Int64(nanoseconds))
            #expect(timeline.counts.count == count)
            #expect(timeline.sliceNanoseconds * Int64(count) - Int64(nanoseconds) < 120)
        }
    }

    @Test func cutsATimelineWhereTheRunEnded() {
        var timeline = Timeline(covering: 1_000_000_000)
        for slice: Int64 in 0..<3 { timeline.record(atNanoseconds: slice * 100_000_000) }
        #expect(timeline.counts(until: 250_000_000) == [1, 1, 1])
        #expect(timeline.counts(until: 200_000_000) == [1, 1])
        #expect(timeline.counts(until: 0) == [])
        #expect(timeline.counts(until: .max).count == 10)
    }

    @Test func tellsAPercentileOnlyWhereAnOperationLiesBeyondIt() {
        var latency = LatencyHistogram()
        latency.record(nanoseconds: 5_000, count: 99)
        #expect(LatencyReport(latency)?.percentiles.map(\.percentile) == [50, 75, 90, 95])
        latency.record(nanoseconds: 9_000)
        #expect(LatencyReport(latency)?.percentiles.last?.percentile == 99)
        var single = LatencyHistogram()
        single.record(nanoseconds: 5_000)
        #expect(LatencyReport(single)?.percentiles.isEmpty == true)
    }

    @Test(arguments: [1, 2, 10, 777, 100_000])
    func endsACurveWhereASingleOperationIsLeft(count: Int) throws {
        var latency = LatencyHistogram()
        latency.record(nanoseconds: 5_000, count: count)
        let curve = try #require(LatencyReport(latency)).curve.map(\.percentile)
        #expect(curve.last == 100 * (1 - 1 / Double(count)))
        #expect(curve == curve.sorted())
    }

    private static func target(_ name: String, _ rounds: [[Metric: Double]]) -> TargetRounds {
        var target = TargetRounds(name: name, address: "192.0.2.1:80")
        for metrics in rounds { target.append(.madeUp(metrics: metrics), Tally(covering: 0)) }
        return target
    }

    /// Whoever divides the two medians in the table finds the ratio beside them, in its range.
    @Test(arguments: [
        ([90, 100, 110], [100, 100, 100], 1.0, 0.9, 1.1, false),
        ([80, 50, 90, 70, 60], [100, 100, 100, 100, 100], 0.7, 0.5, 0.9, true),
        // The middle of the ratios is 0.5, and the ratio of the middles 0.9.
        ([50, 90, 400], [100, 180, 100], 0.9, 0.5, 4, false),
        ([90, 110], [100, 100], 1.0, 0.9, 1.1, false),
        ([110, 120], [100, 100], 1.15, 1.1, 1.2, true),
    ])
    func dividesTheMediansThatAreShown(
        own: [Double],
        other: [Double],
        value: Double,
        lowest: Double,
        highest: Double,
        isSignificant: Bool
    ) throws {
        let ratio = try #require(
            Ratio(
                of: .operationsPerSecond,
                Self.target("a", own.map { [.operationsPerSecond: $0] }),
                to: Self.target("b", other.map { [.operationsPerSecond: $0] })
            )
        )
        #expect(abs(ratio.value - value) < 1e-9)
        #expect(abs(ratio.lowest - lowest) < 1e-9)
        #expect(abs(ratio.highest - highest) < 1e-9)
        #expect(ratio.isSignificant == isSignificant)
        #expect(ratio.reference == "b")
    }

    @Test func theRatioIsAlwaysBetweenThoseOfSingleRounds() throws {
        for _ in 0..<500 {
            let count = Int.random(in: 1...7)
            let numbers = {
                (0..<count).map { _ in [Metric.bytesPerSecond: Double.random(in: 1...9)] }
            }
            let (own, other) = (Self.target("a", numbers()), Self.target("b", numbers()))
            let ratio = try #require(Ratio(of: .bytesPerSecond, own, to: other))
            #expect(ratio.value >= ratio.lowest - 1e-9 && ratio.value <= ratio.highest + 1e-9)
            #expect((ratio.isSignificant == nil) == (count == 1))
        }
    }

    @Test func letsEachTargetBeFirstAsOftenAsTheOthers() {
        let orders = (0..<6).map { order(ofRound: $0, targetCount: 3) }
        #expect(orders[0] == [0, 1, 2])
        #expect(orders[1] == [1, 2, 0])
        #expect(Set(orders.map { $0[0] }) == [0, 1, 2])
        for order in orders { #expect(order.sorted() == [0, 1, 2]) }
    }
}

@Suite struct AxisTests {
    @Test func coversTheValuesWithRoundTicks() {
        let axis = Axis.linear(to: 47_000) { Numbers.decimal($0) }
        #expect(
            axis.ticks.map(\.label) == ["0.00", "10,000", "20,000", "30,000", "40,000", "50,000"]
        )
        #expect(axis.place(25_000) == 0.5)
        #expect(axis.place(60_000) == 1)
    }

    @Test(arguments: [(1.0, 1.0), (85.3, 3_800), (1e-3, 1e7), (500, 501)])
    func coversAnyRangeByALogarithm(low: Double, high: Double) {
        let axis = Axis.logarithmic(from: low, to: high) { "\($0)" }
        #expect(axis.ticks.count >= 2)
        #expect(axis.ticks.map(\.place) == axis.ticks.map(\.place).sorted())
        #expect(axis.ticks.first?.place == 0)
        #expect(axis.place(low) >= 0 && axis.place(low) <= axis.place(high))
        #expect(axis.place(high) <= 1)
    }

    @Test func setsNinesEquallyFarApart() {
        let axis = Axis.percentiles(operationCount: 10_000)
        #expect(abs(axis.place(99.9) - 0.75) < 1e-6)
        #expect(abs(axis.place(90) - 0.25) < 1e-6)
        #expect(axis.place(100) == 1)
        #expect(axis.ticks.map(\.label) == ["0%", "50%", "90%", "99%", "99.9%", "99.99%"])
    }
}
