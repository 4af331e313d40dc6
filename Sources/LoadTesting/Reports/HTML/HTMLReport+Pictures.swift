/// What the page shows.
extension HTMLReport {
    /// `nil` where nothing succeeded.
    var latencyPicture: Picture? {
        let curves = targets.map { $0.latency?.curve ?? [] }
        let values = curves.joined().map(\.microseconds)
        guard let lowest = values.min(), let highest = values.max() else { return nil }
        let count = targets.compactMap { $0.latency?.count }.max() ?? 1
        return Picture(
            title: "Latency by percentile",
            horizontal: .percentiles(operationCount: count),
            vertical: .logarithmic(from: lowest, to: highest, label: Self.time),
            series: zip(targets, curves).map { target, curve in
                let line = curve.map { (x: $0.percentile, y: $0.microseconds) }
                return Picture.Series(name: target.name, lines: [line])
            }
        )
    }

    /// The rounds of a target stand one behind the other. `nil` where nothing was counted.
    var throughputPicture: Picture? {
        let lines = targets.map(Self.throughput)
        let points = lines.joined().joined()
        guard let highest = points.map(\.y).max(), highest > 0,
            let end = points.map(\.x).max()
        else { return nil }
        return Picture(
            title: "Throughput over time",
            horizontal: .linear(to: end) { Numbers.plain($0.roundedToThousandths) + " s" },
            vertical: .linear(to: highest, label: Numbers.tick),
            series: zip(targets, lines).map { Picture.Series(name: $0.name, lines: $1) }
        )
    }

    /// The rounds one behind the other, each as long as it was.
    private static func throughput(_ target: TargetReport) -> [[(x: Double, y: Double)]] {
        var start = 0.0
        return target.rounds.map { round in
            defer { start += round.measuredSeconds }
            return round.rates.map { (x: start + $0.seconds, y: $0.perSecond) }
        }
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
    /// How many operations ended a second, slice by slice, at the middle of each. A last slice of
    /// which less than a half was measured says too little.
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
