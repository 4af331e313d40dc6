/// A distribution of latencies.
package struct LatencyReport: Encodable, Sendable {
    /// A point of the distribution: so many percent took no longer.
    package struct Point: Encodable, Sendable {
        package let percentile: Double
        package let microseconds: Double
    }

    package let count: Int
    /// How many of them got no answer, and count with the time that they waited for one.
    package let lowerBounds: Int
    package let meanMicroseconds: Double
    package let maximumMicroseconds: Double
    /// 50 to 99.999, as far as there are enough operations to tell.
    package let percentiles: [Point]
    /// Denser, for a picture; up to where a single operation is left.
    package let curve: [Point]

    /// `nil` for a distribution of nothing.
    init?(_ latency: LatencyHistogram, lowerBounds: Int = 0) {
        guard latency.count > 0 else { return nil }
        count = latency.count
        self.lowerBounds = lowerBounds
        meanMicroseconds = latency.meanNanoseconds / 1e3
        maximumMicroseconds = Double(latency.maximumNanoseconds) / 1e3
        percentiles = Self.toldPercentiles.filter(latency.tells).map { Self.point(latency, $0) }
        curve = Self.curvePercentiles(latency.count).map { Self.point(latency, $0) }
    }

    /// The latency that `percentile` percent did not exceed, of those in ``percentiles``.
    package func microseconds(at percentile: Double) -> Double? {
        percentiles.first { $0.percentile == percentile }?.microseconds
    }

    static let toldPercentiles: [Double] = [50, 75, 90, 95, 99, 99.9, 99.99, 99.999]

    private static func point(_ latency: LatencyHistogram, _ percentile: Double) -> Point {
        let nanoseconds = latency.nanoseconds(at: percentile)
        return Point(percentile: percentile, microseconds: Double(nanoseconds) / 1e3)
    }

    /// Sixteen for each further nine, from 0 to where a single operation is left.
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
