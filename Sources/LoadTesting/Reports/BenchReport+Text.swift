/// The report as it is shown in a terminal.
extension BenchReport {
    /// Lines of text, without a last line feed.
    public var text: String {
        let body = targets.count > 1 ? comparison : targets.flatMap { single($0) }
        return ([setting.summary, ""] + body + notes).joined(separator: "\n")
    }

    // MARK: - One target

    private func single(_ target: TargetReport) -> [String] {
        var table = TextTable()
        for row in counts(target) + latencies(target) { table.append(row) }
        return table.lines + processes(target) + [generator(target)]
    }

    private func counts(_ target: TargetReport) -> [[String]] {
        var rows: [[String]] = []
        if setting.workload == "idle" {
            rows.append(["connections held", Numbers.count(target.openConnections)])
        } else {
            let rate = target.metrics[Metric.operationsPerSecond.rawValue]?.median ?? 0
            let name = setting.operationPlural
            rows.append([name, Numbers.count(target.completed), Numbers.decimal(rate) + "/s"])
        }
        rows.append(["failed", Numbers.count(target.failed)])
        if target.bytesReceived + target.bytesSent > 0, setting.workload != "idle" {
            let rate = target.metrics[Metric.bytesPerSecond.rawValue]?.median ?? 0
            let sum = Numbers.bytes(Double(target.bytesReceived + target.bytesSent))
            rows.append(["bytes", sum, Numbers.bytes(rate) + "/s"])
        }
        return rows
    }

    private func latencies(_ target: TargetReport) -> [[String]] {
        var rows: [[String]] = []
        var headings: [String] = []
        for case let (name, latency?) in [("latency", target.latency), ("connect", target.connect)]
        {
            if Self.headings(latency) != headings {
                headings = Self.headings(latency)
                rows.append(headings)
            }
            rows.append(Self.times(name, latency))
        }
        return rows
    }

    private static func headings(_ latency: LatencyReport) -> [String] {
        [""] + latency.percentiles.map { "p" + Numbers.plain($0.percentile) } + ["max", "mean"]
    }

    private static func times(_ name: String, _ latency: LatencyReport) -> [String] {
        let ends = [latency.maximumMicroseconds, latency.meanMicroseconds]
        let all = latency.percentiles.map(\.microseconds) + ends
        return [name] + all.map { Numbers.time(microseconds: $0) }
    }

    private func processes(_ target: TargetReport) -> [String] {
        target.processes.map { process in
            var parts = [Numbers.decimal(process.processorSeconds) + " s of processor time"]
            if let used = target.metrics[Metric.processorMicrosecondsPerOperation.rawValue],
                target.processes.count == 1
            {
                parts[0] += " (\(Numbers.decimal(used.median)) µs a \(setting.operation))"
            }
            let growth = process.residentBytes - process.residentBytesBefore
            parts.append(
                Numbers.bytes(Double(process.residentBytes)) + " resident"
                    + " (\(growth < 0 ? "" : "+")\(Numbers.bytes(Double(growth))))"
            )
            if setting.workload == "idle", let bytes = process.bytesPerConnection {
                parts.append(Numbers.bytes(bytes) + " a connection")
            }
            return "process \(process.id): " + parts.joined(separator: ", ")
        }
    }

    private func generator(_ target: TargetReport) -> String {
        let share = Numbers.decimal(100 * target.generator.processorShare)
        let each = target.generator.processorMicrosecondsPerOperation.map {
            ", \(Numbers.decimal($0)) µs a \(setting.operation)"
        }
        return "the load generator itself: \(share) % of a processor" + (each ?? "")
    }
}
