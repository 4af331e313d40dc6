/// Several targets side by side.
extension BenchReport {
    /// One line for each target, each metric with its ratio to the first target.
    var comparison: [String] {
        let metrics = Metric.allCases.filter { metric in
            targets.contains { $0.metrics[metric.rawValue] != nil } && isTold(metric)
        }
        var table = TextTable()
        table.append([""] + metrics.flatMap { [$0.heading(setting), "ratio"] } + ["failed"])
        for target in targets {
            let cells = metrics.flatMap { self.cells(target, $0) }
            table.append([target.name] + cells + [Numbers.count(target.failed)])
        }
        let reference = targets.first?.name ?? ""
        let rounds = "medians of \(setting.rounds) interleaved rounds"
        return table.lines + [
            "", "\(rounds); ratios to \(reference), round by round (lowest-highest)",
        ]
    }

    /// Bytes are of interest where they are the matter.
    private func isTold(_ metric: Metric) -> Bool {
        switch metric {
        case .bytesPerSecond, .processorSecondsPerGigabyte: setting.workload == "tcp"
        case .p999Microseconds: false
        default: true
        }
    }

    private func cells(_ target: TargetReport, _ metric: Metric) -> [String] {
        guard let spread = target.metrics[metric.rawValue] else { return ["-", "-"] }
        return [metric.text(spread.median), ratio(target, metric)]
    }

    private func ratio(_ target: TargetReport, _ metric: Metric) -> String {
        guard let ratios = target.ratios else { return "1" }
        guard let ratio = ratios[metric.rawValue] else { return "-" }
        let ends = [ratio.lowest, ratio.highest].map(Numbers.decimal).joined(separator: "-")
        return "\(Numbers.decimal(ratio.median)) (\(ends))"
    }
}

extension BenchReport.Setting {
    /// "requests", "queries".
    var operationPlural: String {
        operation.hasSuffix("y") ? operation.dropLast() + "ies" : operation + "s"
    }
}

extension Metric {
    fileprivate func heading(_ setting: BenchReport.Setting) -> String {
        switch self {
        case .operationsPerSecond: "\(setting.operationPlural)/s"
        case .bytesPerSecond: "bytes/s"
        case .p50Microseconds: "p50"
        case .p99Microseconds: "p99"
        case .p999Microseconds: "p99.9"
        case .processorMicrosecondsPerOperation: "CPU/\(setting.operation)"
        case .processorSecondsPerGigabyte: "CPU/GB"
        }
    }

    fileprivate func text(_ value: Double) -> String {
        switch self {
        case .operationsPerSecond: Numbers.decimal(value)
        case .bytesPerSecond: Numbers.bytes(value)
        case .processorSecondsPerGigabyte: Numbers.time(microseconds: value * 1e6)
        case .p50Microseconds, .p99Microseconds, .p999Microseconds,
            .processorMicrosecondsPerOperation:
            Numbers.time(microseconds: value)
        }
    }
}
