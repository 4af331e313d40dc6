/// The report as it is shown in a terminal.
extension BenchReport {
    /// Lines of text, without a last line feed.
    package var text: String {
        (heading + [""] + body + notes + [""] + origin).joined(separator: "\n")
    }

    /// Who measured, where and how.
    var origin: [String] {
        ["\(version), \(date)", "machine: \(machine.summary)", "command: \(command)"]
    }

    /// All but the heading and the notes.
    var body: [String] {
        targets.count > 1 ? comparison.lines + generators : targets.flatMap { single($0) }
    }

    // MARK: - One target

    private func single(_ target: TargetReport) -> [String] {
        var table = TextTable()
        for row in counts(target) + latencies(target) { table.append(row) }
        return table.lines + processes(target) + [generator(target)]
    }

    private func counts(_ target: TargetReport) -> [[String]] {
        var rows: [[String]] = []
        if setting.isIdle {
            rows.append(["connections held", Numbers.count(target.openConnections)])
        } else {
            let rate = target.metrics[Metric.operationsPerSecond.rawValue]?.median ?? 0
            let name = setting.operationPlural
            rows.append([name, Numbers.count(target.completed), Numbers.decimal(rate) + "/s"])
        }
        rows.append(["failed", Numbers.count(target.failed)])
        if target.failedConnects > 0 {
            rows.append(["failed connects", Numbers.count(target.failedConnects)])
        }
        if target.bytesReceived + target.bytesSent > 0, !setting.isIdle {
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
            let parts = [processorTime(process, of: target)] + memory(process)
            return "process \(process.id): " + parts.joined(separator: ", ")
        }
    }

    private func processorTime(_ process: ProcessReport, of target: TargetReport) -> String {
        let time = Numbers.decimal(process.processorSeconds) + " s of CPU time"
        guard let used = target.metrics[Metric.processorMicrosecondsPerOperation.rawValue],
            target.processes.count == 1
        else { return time }
        return time + " (\(Numbers.decimal(used.median)) µs per \(setting.operation))"
    }

    private func memory(_ process: ProcessReport) -> [String] {
        let each = setting.isIdle ? process.bytesPerConnection : nil
        return [
            Self.memory("resident", process.residentBytesBefore, process.residentBytes),
            Self.memory("anonymous", process.anonymousBytesBefore, process.anonymousBytes),
            each.map { Numbers.bytes($0) + " per connection" },
        ].compactMap { $0 }
    }

    /// `6.84 MB resident (+1.20 MB)`.
    private static func memory(_ name: String, _ before: Int?, _ after: Int?) -> String? {
        guard let before, let after else { return nil }
        let growth = after - before
        return Numbers.bytes(Double(after))
            + " \(name) (\(growth < 0 ? "" : "+")\(Numbers.bytes(Double(growth))))"
    }

    private func generator(_ target: TargetReport) -> String {
        let each = target.generator.processorMicrosecondsPerOperation.map {
            ", \(Numbers.decimal($0)) µs per \(setting.operation)"
        }
        return "load generator: \(share(target)) of a CPU" + (each ?? "")
    }

    var generators: [String] {
        let shares = targets.map { "\($0.name) \(share($0))" }.joined(separator: ", ")
        return ["load generator, share of a CPU: " + shares]
    }

    private func share(_ target: TargetReport) -> String {
        Numbers.percent(target.generator.processorShare)
    }
}
