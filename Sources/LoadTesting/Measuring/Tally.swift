/// What one thread counted, or all of them together.
///
/// An operation counts where it *began* in the measured time: in an open loop, where it was due.
/// What ended in that time, whenever it began, makes up the throughput.
package struct Tally: Sendable, Equatable {
    /// Of the operations that succeeded, each from where it began; and of those that were given up
    /// without an answer, the time for which they had waited: a lower bound.
    package var latency = LatencyHistogram()
    /// How many of ``latency`` are lower bounds.
    package var lowerBoundCount = 0
    /// Of the connects that succeeded.
    package var connects = LatencyHistogram()
    /// Of operations. Where connections are only held, each is one.
    package var failures = FailureCounts()
    /// Of connections that no operation was running on or waiting for, when that happened.
    package var connectionFailures = FailureCounts()
    /// What failed before the measured time, of both.
    package var warmUpFailures = FailureCounts()
    /// Operations that succeeded and ended in the measured time.
    package var completedInTime = 0
    /// Payload bytes that were read, and written, in the measured time.
    package var bytesReceived = 0
    package var bytesSent = 0
    package var timeline: Timeline
    /// How often a thread waited for something to happen, in all of the run.
    var waitCount = 0

    /// A tally of nothing; the timeline covers `nanoseconds`.
    package init(covering nanoseconds: Int64) {
        timeline = Timeline(covering: nanoseconds)
    }

    /// Takes over all that `other`, which covers the same time, has.
    package mutating func add(_ other: Tally) {
        addCounts(of: other)
        timeline.add(other.timeline)
    }

    /// Takes over all that `other` has but its timeline.
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
    /// Takes note of operations that were given up after they had waited so long.
    mutating func recordLowerBound(nanoseconds: Int64, count: Int = 1) {
        latency.record(nanoseconds: nanoseconds, count: count)
        lowerBoundCount += count
    }
}
