import Text

/// A table that compares several targets, for a terminal and a page alike.
struct ComparisonTable {
    let heading: [String]
    /// One per target.
    let rows: [[String]]
    /// The text below the table.
    let caption: String

    var lines: [String] { Columns([heading] + rows) { $0 > 0 }.lines + ["", caption] }
}

extension BenchReport {
    /// One row per target.
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

    /// Each metric with its ratio to the reference.
    private var metricColumns: [Column] {
        Metric.allCases.filter(isShown).flatMap { metric in
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
            Column(heading: "per connection") { target in
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

    /// Of all processes of a target; "-" if none was running at the end.
    private static func bytes(_ target: TargetReport, _ part: (ProcessReport) -> Int?) -> String {
        let parts = target.processes.compactMap(part)
        return parts.isEmpty ? "-" : Numbers.bytes(Double(parts.reduce(0, +)))
    }

    /// Metrics measured for at least one target; bytes only if they are the subject of the test.
    private func isShown(_ metric: Metric) -> Bool {
        guard targets.contains(where: { $0.metrics[metric.rawValue] != nil }) else { return false }
        return switch metric {
        case .bytesPerSecond, .processorSecondsPerGigabyte: setting.workload == "tcp"
        case .p999Microseconds: false
        default: true
        }
    }

    /// `0.96 (0.91–0.98)`; `~0.96 (0.58–1.38)` if the rounds disagree on which target is ahead.
    private static func ratio(_ target: TargetReport, _ metric: Metric) -> String {
        guard target.metrics[metric.rawValue] != nil else { return "-" }
        guard let ratio = target.ratios?[metric.rawValue] else { return "1" }
        let value = Numbers.decimal(ratio.value)
        guard let isSignificant = ratio.isSignificant else { return value }
        let ends = [ratio.lowest, ratio.highest].map(Numbers.decimal).joined(separator: "–")
        return "\(isSignificant ? "" : "~")\(value) (\(ends))"
    }

    /// The rounds that ran: fewer than requested if the test ended early.
    private var rounds: String {
        let counts = targets.map(\.rounds.count)
        guard let fewest = counts.min(), let most = counts.max(), most > 1 else {
            return setting.isIdle ? "one round" : "one round each"
        }
        let text = fewest == most ? "\(most)" : "\(fewest) to \(most)"
        return setting.isIdle
            ? "the last of \(text) rounds" : "medians of \(text) interleaved rounds"
    }

    private var ratioExplanation: String {
        let ratios = targets.flatMap { ($0.ratios ?? [:]).values }
        let isSingle = ratios.allSatisfy { $0.isSignificant == nil }
        let range = isSingle ? "" : " (lowest–highest single round)"
        let verdict =
            isSingle
            ? "; a single round cannot show whether a difference is significant"
            : "; ~ no significant difference: the range includes 1"
        return "; ratios of the figures shown to \(references)\(range)\(verdict)"
    }

    /// The first target, and the references of metrics that it does not have.
    private var references: String {
        let first = targets.first?.name ?? ""
        let others = Metric.allCases.filter(isShown).compactMap { metric -> String? in
            let names = targets.compactMap { $0.ratios?[metric.rawValue]?.reference }
            guard let name = names.first, name != first else { return nil }
            return "\(metric.heading(setting)) to \(name)"
        }
        return ([first] + others).joined(separator: ", ")
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
