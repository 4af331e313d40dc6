internal import Histogram

/// How long operations took, to three significant digits, however many there are
/// (hdrhistogram.org). Recording allocates nothing.
package struct LatencyHistogram: Sendable, Equatable {
    /// What takes longer counts as this long, in nanoseconds: one hour.
    package static let highestNanoseconds: Int64 = 3_600_000_000_000

    private var histogram = Histogram<UInt64>(
        lowestDiscernibleValue: 1,
        highestTrackableValue: UInt64(highestNanoseconds),
        numberOfSignificantValueDigits: .three
    )

    /// A histogram of nothing.
    package init() {}

    /// How many operations were recorded.
    package var count: Int { Int(clamping: histogram.totalCount) }

    /// Takes note of `count` operations. A clock that went backwards counts as 0.
    package mutating func record(nanoseconds: Int64, count: Int = 1) {
        guard count > 0 else { return }
        let value = UInt64(min(max(0, nanoseconds), Self.highestNanoseconds))
        histogram.record(value, count: UInt64(count))
    }

    /// Whether an operation lies beyond `percentile`: else it says no more than the maximum.
    package func tells(_ percentile: Double) -> Bool { Double(count) * (100 - percentile) >= 100 }

    /// Takes over all that `other` has.
    package mutating func add(_ other: LatencyHistogram) {
        histogram.add(other.histogram)
    }

    /// What `percentile` percent of all operations did not exceed, in nanoseconds; 0 for none.
    package func nanoseconds(at percentile: Double) -> Int64 {
        guard count > 0 else { return 0 }
        return min(Int64(clamping: histogram.valueAtPercentile(percentile)), maximumNanoseconds)
    }

    /// The longest, in nanoseconds; 0 for none.
    package var maximumNanoseconds: Int64 {
        count > 0 ? Int64(clamping: histogram.maxRecorded) : 0
    }

    /// The arithmetic mean, in nanoseconds; 0 for none.
    package var meanNanoseconds: Double { count > 0 ? histogram.mean : 0 }
}
