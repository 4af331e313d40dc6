/// Several targets side by side: the cells of the table, for a terminal and a page alike.
struct ComparisonTable {
    let heading: [String]
    /// A target each.
    let rows: [[String]]
    /// What stands below it.
    let caption: String

    var lines: [String] {
        var table = TextTable()
        for row in [heading] + rows { table.append(row) }
        return table.lines + ["", caption]
    }
}

extension BenchReport {
    /// One row for each target.
    var comparison: ComparisonTable {
        let columns = (setting.isIdle ? memoryColumns : metricColumns) + failureColumns
        return ComparisonTable(
            heading: [""] + columns.map(\.heading),
            rows: targets.map { target in [target.name] + columns.map { $0.cell(target) } },
            caption: setting.isIdle ? rounds : rounds + ratioExplanation
        )
    }

    private struct Column {
        let heading: String
        let cell: (TargetReport) -> String
    }

    /// Each metric with its ratio to the first target.
    private var metricColumns: [Column] {
        Metric.allCases.filter(isTold).flatMap { metric in
            [
                Column(heading: metric.heading(setting)) { target in
                    target.metrics[metric.rawValue].map { metric.text($0.median) } ?? "-"
                },
                Column(heading: "ratio") { Self.ratio($0, metric) },
            ]
        }
    }

    private var memoryColumns: [Column] {
        [
            Column(heading: "held") { Numbers.count($0.openConnections) },
            Column(heading: "resident") { Self.bytes($0, \.residentBytes) },
            Column(heading: "anonymous") { Self.bytes($0, \.anonymousBytes) },
            Column(heading: "a connection") { target in
                let each = target.processes.compactMap(\.bytesPerConnection)
                return each.isEmpty ? "-" : Numbers.bytes(each.reduce(0, +))
            },
        ]
    }

    private var failureColumns: [Column] {
        let connects = Column(heading: "failed connects") { Numbers.count($0.failedConnects) }
        let hasAny = targets.contains { $0.failedConnects > 0 }
        return [Column(heading: "failed") { Numbers.count($0.failed) }] + (hasAny ? [connects] : [])
    }

    /// Of all processes of a target; "-" where none was there at the end.
    private static func bytes(_ target: TargetReport, _ part: (ProcessReport) -> Int?) -> String {
        let parts = target.processes.compactMap(part)
        return parts.isEmpty ? "-" : Numbers.bytes(Double(parts.reduce(0, +)))
    }

    /// What was measured at one target at least; bytes are of interest where they are the matter.
    private func isTold(_ metric: Metric) -> Bool {
        guard targets.contains(where: { $0.metrics[metric.rawValue] != nil }) else { return false }
        return switch metric {
        case .bytesPerSecond, .processorSecondsPerGigabyte: setting.workload == "tcp"
        case .p999Microseconds: false
        default: true
        }
    }

    private static func ratio(_ target: TargetReport, _ metric: Metric) -> String {
        guard let ratios = target.ratios else { return "1" }
        guard let ratio = ratios[metric.rawValue] else { return "-" }
        let ends = [ratio.lowest, ratio.highest].map(Numbers.decimal).joined(separator: "-")
        return "\(Numbers.decimal(ratio.median)) (\(ends))"
    }

    /// Those that were run: fewer than asked for where somebody ended the test.
    private var rounds: String {
        let counts = targets.map(\.rounds.count)
        guard let fewest = counts.min(), let most = counts.max(), most > 1 else {
            return setting.isIdle ? "one round" : "one round of each"
        }
        let text = fewest == most ? "\(most)" : "\(fewest) to \(most)"
        return setting.isIdle
            ? "the last of \(text) rounds" : "medians of \(text) interleaved rounds"
    }

    private var ratioExplanation: String {
        "; ratios to \(targets.first?.name ?? ""), round by round (lowest-highest)"
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
