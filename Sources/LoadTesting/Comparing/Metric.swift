/// One number of a run, by which targets are compared.
public enum Metric: String, CaseIterable, Sendable {
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
    public func value(of run: MeasuredRun) -> Double? {
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
        latency.count > 0 ? Double(latency.nanoseconds(at: percentile)) / 1e3 : nil
    }
}

extension MeasuredRun {
    /// Payload in both directions, in the measured time.
    var byteCount: Int { result.tally.bytesReceived + result.tally.bytesSent }

    /// What the watched processes used for each of `count`; nanoseconds a byte are seconds a GB.
    fileprivate func processorNanoseconds(per count: Int) -> Double? {
        guard !processes.isEmpty, count > 0 else { return nil }
        let total = processes.reduce(0) { $0 + $1.processorNanoseconds }
        return Double(total) / Double(count)
    }
}
