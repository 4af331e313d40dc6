import Histogram

/// What one thread counted, or all of them together.
///
/// An operation counts if it *began* in the measured time: in an open loop, if it was due then. The
/// throughput is what ended in that time, whenever it began.
package struct Tally: Sendable, Equatable {
    /// Of operations that succeeded, from when each began; and of those abandoned without an answer,
    /// the time that they had waited: a lower bound.
    package var latency = LatencyHistogram()
    /// How many of ``latency`` are lower bounds.
    package var lowerBoundCount = 0
    /// Of connects that succeeded.
    package var connects = LatencyHistogram()
    /// Of operations. If connections are only held, each is one.
    package var failures = FailureCounts()
    /// Of connections on which no operation was running and for which none was waiting.
    package var connectionFailures = FailureCounts()
    /// Failures of both kinds before the measured time.
    package var warmUpFailures = FailureCounts()
    /// Operations that succeeded and ended in the measured time.
    package var completedInTime = 0
    /// Payload bytes read and written in the measured time.
    package var bytesReceived = 0
    package var bytesSent = 0
    package var timeline: Timeline
    /// How often a thread waited for events, in the whole run.
    var waitCount = 0

    /// An empty tally; the timeline covers `nanoseconds`.
    package init(covering nanoseconds: Int64) {
        timeline = Timeline(covering: nanoseconds)
    }

    /// Adds everything of `other`, which must cover the same time.
    package mutating func add(_ other: Tally) {
        addCounts(of: other)
        timeline.add(other.timeline)
    }

    /// Adds everything of `other` except its timeline.
    mutating func addCounts(of other: Tally) {
        latency.add(other.latency)
        lowerBoundCount += other.lowerBoundCount
        connects.add(other.connects)
        failures.add(other.failures)
        connectionFailures.add(other.connectionFailures)
        warmUpFailures.add(other.warmUpFailures)
        completedInTime += other.completedInTime
        bytesReceived += other.bytesReceived
        bytesSent += other.bytesSent
        waitCount += other.waitCount
    }
}

extension Tally {
    /// Records operations that were abandoned after they had waited this long.
    mutating func recordLowerBound(nanoseconds: Int64, count: Int = 1) {
        latency.record(nanoseconds: nanoseconds, count: count)
        lowerBoundCount += count
    }
}

/// How long operations took, to three significant digits, in constant memory (hdrhistogram.org).
/// Recording does not allocate.
package struct LatencyHistogram: Sendable, Equatable {
    /// Longer times count as this long, in nanoseconds: one hour.
    package static let highestNanoseconds: Int64 = 3_600_000_000_000

    private var histogram = Histogram<UInt64>(
        lowestDiscernibleValue: 1,
        highestTrackableValue: UInt64(highestNanoseconds),
        numberOfSignificantValueDigits: .three
    )

    /// An empty histogram.
    package init() {}

    /// How many operations were recorded.
    package var count: Int { Int(clamping: histogram.totalCount) }

    /// Records `count` operations. Negative times count as 0.
    package mutating func record(nanoseconds: Int64, count: Int = 1) {
        guard count > 0 else { return }
        let value = UInt64(min(max(0, nanoseconds), Self.highestNanoseconds))
        histogram.record(value, count: UInt64(count))
    }

    /// Whether at least one operation is beyond `percentile`; if not, it is just the maximum.
    package func supports(_ percentile: Double) -> Bool {
        Double(count) * (100 - percentile) >= 100
    }

    /// Adds everything of `other`.
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

/// How many operations ended, in slices of equal length from the start of the measured time.
package struct Timeline: Sendable, Equatable {
    /// The maximum number of slices, so that a long run needs no more memory.
    package static let sliceLimit = 120

    /// The length of one slice, in nanoseconds.
    package let sliceNanoseconds: Int64
    /// For each slice, how many ended in it.
    package private(set) var counts: [Int]

    /// Slices of equal length that cover `nanoseconds`; of at least a tenth of a second, if there is
    /// more than one.
    package init(covering nanoseconds: Int64) {
        let length = max(1, nanoseconds)
        let count = min(max(1, length / 100_000_000), Int64(Self.sliceLimit))
        sliceNanoseconds = (length - 1) / count + 1
        counts = [Int](repeating: 0, count: Int(count))
    }

    /// Records an operation that ended this long after the start; ignored if outside.
    package mutating func record(atNanoseconds offset: Int64) {
        let slice = offset / sliceNanoseconds
        guard offset >= 0, slice < counts.count else { return }
        counts[Int(slice)] += 1
    }

    /// The slices within `nanoseconds` of the start, the last perhaps in part.
    func counts(until nanoseconds: Int64) -> [Int] {
        guard nanoseconds > 0 else { return [] }
        let reached = (nanoseconds - 1) / sliceNanoseconds + 1
        return Array(counts.prefix(Int(min(reached, Int64(counts.count)))))
    }

    /// Adds the counts of `other`, which must cover the same time.
    package mutating func add(_ other: Timeline) {
        precondition(other.counts.count == counts.count)
        for index in counts.indices { counts[index] += other.counts[index] }
    }
}
