/// One number of a run, by which targets are compared.
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

    /// The metric's value in a run; `nil` where it was not measured.
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
        guard latency.tells(percentile) else { return nil }
        return Double(latency.nanoseconds(at: percentile)) / 1e3
    }
}

extension MeasuredRun {
    /// Payload in both directions, in the measured time.
    var byteCount: Int { result.tally.bytesReceived + result.tally.bytesSent }

    /// What the watched processes used for each of `count`; nanoseconds a byte are seconds a GB.
    ///
    /// - Returns: `nil` where one of them has ended: nobody knows what it used.
    fileprivate func processorNanoseconds(per count: Int) -> Double? {
        let used = processes.compactMap(\.processorNanoseconds)
        guard !used.isEmpty, used.count == processes.count, count > 0 else { return nil }
        return Double(used.reduce(0, +)) / Double(count)
    }
}
