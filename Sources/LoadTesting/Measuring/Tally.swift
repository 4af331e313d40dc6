/// What one thread counted, or all of them together.
///
/// An operation counts where it *began* in the measured time: in an open loop, where it was due.
/// What ended in that time, whenever it began, makes up the throughput.
public struct Tally: Sendable, Equatable {
    /// Of the operations that succeeded, each from where it began.
    public var latency = LatencyHistogram()
    /// Of the connects that succeeded.
    public var connects = LatencyHistogram()
    public var failures = FailureCounts()
    /// What failed before the measured time.
    public var warmUpFailures = FailureCounts()
    /// Operations that succeeded and ended in the measured time.
    public var completedInTime = 0
    /// Payload bytes that were read, and written, in the measured time.
    public var bytesReceived = 0
    public var bytesSent = 0
    public var timeline: Timeline

    /// A tally of nothing; the timeline covers `nanoseconds`.
    public init(covering nanoseconds: Int64) {
        timeline = Timeline(covering: nanoseconds)
    }

    /// Takes over all that `other`, which covers the same time, has.
    public mutating func add(_ other: Tally) {
        latency.add(other.latency)
        connects.add(other.connects)
        failures.add(other.failures)
        warmUpFailures.add(other.warmUpFailures)
        completedInTime += other.completedInTime
        bytesReceived += other.bytesReceived
        bytesSent += other.bytesSent
        timeline.add(other.timeline)
    }
}
