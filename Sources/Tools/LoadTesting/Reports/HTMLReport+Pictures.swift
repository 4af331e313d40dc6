import Text

/// The charts of the page.
extension HTMLReport {
    /// `nil` if nothing succeeded.
    var latencyPicture: Picture? {
        let curves = targets.map { $0.latency?.curve ?? [] }
        let values = curves.joined().map(\.microseconds)
        guard let lowest = values.min(), let highest = values.max() else { return nil }
        let count = targets.compactMap { $0.latency?.count }.max() ?? 1
        return Picture(
            title: "Latency by percentile",
            horizontal: .percentiles(operationCount: count)
                .titled("Percentile of \(report.setting.operationPlural)"),
            vertical: .logarithmic(from: lowest, to: highest, label: Self.time)
                .titled("Latency (logarithmic)"),
            series: zip(targets, curves).map { target, curve in
                let line = curve.map { (x: $0.percentile, y: $0.microseconds) }
                return Picture.Series(name: target.name, lines: [line])
            }
        )
    }

    /// The rounds one after another. `nil` if nothing was counted.
    var throughputPicture: Picture? {
        let starts = roundStarts
        let lines = targets.map { Self.throughput($0, starts) }
        let points = lines.joined().joined()
        guard let highest = points.map(\.y).max(), highest > 0,
            let end = points.map(\.x).max()
        else { return nil }
        let name = report.setting.operationPlural
        let isJoined = starts.count > 1
        return Picture(
            title: "\(name.prefix(1).uppercased() + name.dropFirst()) per second",
            horizontal: .linear(to: end) { Numbers.plain($0.roundedToThousandths) }
                .titled(isJoined ? "Measured time, all rounds (s)" : "Measured time (s)"),
            vertical: .linear(to: highest, label: Self.tick).titled("\(name) per second"),
            series: zip(targets, lines).map { Picture.Series(name: $0.name, lines: $1) },
            sections: isJoined ? starts.enumerated().map { Self.section($0 + 1, start: $1) } : []
        )
    }

    private static func section(_ round: Int, start: Double) -> Picture.Section {
        Picture.Section(start: start, label: "round \(round)", shortLabel: "\(round)")
    }

    /// Where each round begins, in seconds: after the longest run of the previous round, so that the
    /// same round of all targets is in the same place.
    private var roundStarts: [Double] {
        let count = targets.map(\.rounds.count).max() ?? 0
        var start = 0.0
        return (0..<count).map { index in
            let lengths = targets.compactMap { target in
                index < target.rounds.count ? target.rounds[index].measuredSeconds : nil
            }
            defer { start += lengths.max() ?? 0 }
            return start
        }
    }

    private static func throughput(
        _ target: TargetReport,
        _ starts: [Double]
    ) -> [[(x: Double, y: Double)]] {
        zip(target.rounds, starts).map { round, start in
            round.rates.map { (x: start + $0.seconds, y: $0.perSecond) }
        }
    }

    /// `20,000` and `0` for whole numbers, which ticks usually are; `0.50` for others.
    private static func tick(_ value: Double) -> String {
        value == value.rounded() && value.magnitude < 1e15
            ? Numbers.count(Int(value)) : Numbers.decimal(value)
    }

    private static func time(_ microseconds: Double) -> String {
        let (value, unit) =
            switch microseconds {
            case ..<999.5: (microseconds, " µs")
            case ..<999_500: (microseconds / 1e3, " ms")
            default: (microseconds / 1e6, " s")
            }
        return Numbers.plain(value.roundedToThousandths) + unit
    }
}

extension RoundReport {
    /// Operations per second in each slice, at the slice's middle. A last slice is omitted if less
    /// than half of it was measured.
    var rates: [(seconds: Double, perSecond: Double)] {
        timeline.enumerated().compactMap { index, count in
            let start = Double(index) * timelineSliceSeconds
            let length = min(timelineSliceSeconds, measuredSeconds - start)
            guard length >= timelineSliceSeconds / 2 || index == 0, length > 0 else { return nil }
            return (start + length / 2, Double(count) / length)
        }
    }
}

extension Double {
    fileprivate var roundedToThousandths: Double { (self * 1_000).rounded() / 1_000 }
}
