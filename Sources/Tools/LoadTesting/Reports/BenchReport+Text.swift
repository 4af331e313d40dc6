import Text

/// The report for a terminal.
extension BenchReport {
    /// Lines of text, without a final line feed.
    package var text: String {
        (heading + [""] + body + notes + [""] + origin).joined(separator: "\n")
    }

    /// Version, date, machine and command.
    var origin: [String] {
        ["\(version), \(date)", "machine: \(machine.summary)", "command: \(command)"]
    }

    /// Everything except the heading and the notes.
    var body: [String] {
        targets.count > 1 ? comparison.lines + generators : targets.flatMap { single($0) }
    }

    // MARK: - One target

    private func single(_ target: TargetReport) -> [String] {
        let table = Columns(counts(target) + latencies(target)) { $0 > 0 }
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
        return ["load generator CPU: " + shares]
    }

    private func share(_ target: TargetReport) -> String {
        Numbers.percent(target.generator.processorShare)
    }
}

/// Whether a test succeeded.
extension BenchReport {
    /// Why the test failed, one line per failed target; empty if it succeeded.
    ///
    /// - Parameter tolerance: the share of operations that may fail, from 0 to 1.
    package func failures(tolerating tolerance: Double) -> [String] {
        targets.compactMap { failure(of: $0, tolerance) }
    }

    private func failure(of target: TargetReport, _ tolerance: Double) -> String? {
        if setting.isIdle { return idleFailure(of: target, tolerance) }
        guard target.completed > 0 else {
            return "\(target.name): no \(setting.operation) succeeded"
        }
        let failed = target.failed + target.failedConnects - Self.interruptedCount(target)
        let all = target.completed + failed
        guard failed > 0, Double(failed) > tolerance * Double(all) else { return nil }
        return "\(target.name): \(Numbers.percent(Double(failed) / Double(all))) failed "
            + "(\(Numbers.count(failed)) of \(Numbers.count(all)))"
    }

    /// What Ctrl-C interrupted did not fail.
    private static func interruptedCount(_ target: TargetReport) -> Int {
        guard target.rounds.last?.ended == RunEnding.interrupted.rawValue else { return 0 }
        let unfinished = target.failures.filter { $0.kind == Failure.Kind.unfinished.rawValue }
        return unfinished.reduce(0) { $0 + $1.count }
    }

    private func idleFailure(of target: TargetReport, _ tolerance: Double) -> String? {
        let missing = setting.connections - target.openConnections
        guard missing > 0, Double(missing) > tolerance * Double(setting.connections) else {
            return nil
        }
        return "\(target.name): only \(Numbers.count(target.openConnections)) of "
            + "\(Numbers.count(setting.connections)) connections were open at the end"
    }
}
