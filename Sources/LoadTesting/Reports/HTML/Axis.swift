internal import Glibc

/// Maps values to places between 0 and 1, and names some of them.
struct Axis {
    struct Tick: Equatable {
        let place: Double
        let label: String
    }

    let ticks: [Tick]
    /// What the values are, with their unit.
    private(set) var title = ""
    private let transform: @Sendable (Double) -> Double

    /// The same axis with a title.
    func titled(_ title: String) -> Axis {
        var axis = self
        axis.title = title
        return axis
    }

    /// Where `value` lies; values beyond the ends lie on them.
    func place(_ value: Double) -> Double { min(max(transform(value), 0), 1) }

    /// From 0 to a round number not below `maximum`, in four to ten steps of 1, 2 or 5.
    static func linear(to maximum: Double, label: (Double) -> String) -> Axis {
        let step = roundStep(max(maximum, 1e-9) / 5)
        let end = step * max(1, (maximum / step).rounded(.up))
        let values = stride(from: 0, through: end + step / 2, by: step)
        let ticks = values.map { Tick(place: $0 / end, label: label($0)) }
        return Axis(ticks: ticks) { $0 / end }
    }

    /// A logarithmic axis from a 1, 2 or 5 not above `minimum` to one not below `maximum`.
    static func logarithmic(from minimum: Double, to maximum: Double, label: (Double) -> String)
        -> Axis
    {
        let low = max(minimum, 1e-9)
        let candidates = roundNumbers(around: low, max(maximum, low * 1.01))
        let first = candidates.last { $0 <= low } ?? low
        let last = candidates.first { $0 >= maximum && $0 > first } ?? max(maximum, first * 2)
        let span = log(last / first)
        let ticks = candidates.filter { $0 >= first && $0 <= last }
            .map { Tick(place: log($0 / first) / span, label: label($0)) }
        return Axis(ticks: ticks) { log(max($0, first) / first) / span }
    }

    /// Percentiles by their nines: 90, 99 and 99.9 are equally far apart, as in HDR histogram
    /// plots. 100 lies at the end.
    static func percentiles(operationCount: Int) -> Axis {
        let nines = max(1, log10(Double(max(operationCount, 10))))
        let labels = [
            (50.0, "50"), (90, "90"), (99, "99"), (99.9, "99.9"), (99.99, "99.99"),
            (99.999, "99.999"), (99.9999, "99.9999"),
        ]
        let place: @Sendable (Double) -> Double = { -log10(max(1 - $0 / 100, 1e-12)) / nines }
        let ticks = labels.map { Tick(place: place($0.0), label: $0.1 + "%") }
        return Axis(
            ticks: [Tick(place: 0, label: "0%")] + ticks.filter { $0.place <= 1 },
            transform: place
        )
    }

    private init(ticks: [Tick], transform: @escaping @Sendable (Double) -> Double) {
        self.ticks = ticks
        self.transform = transform
    }

    private static func roundStep(_ rough: Double) -> Double {
        let power = pow(10, floor(log10(rough)))
        return ([1, 2, 5, 10].first { $0 * power >= rough } ?? 10) * power
    }

    private static func roundNumbers(around low: Double, _ high: Double) -> [Double] {
        let exponents = Int(floor(log10(low)))...Int(ceil(log10(high)))
        return exponents.flatMap { exponent in [1, 2, 5].map { $0 * pow(10, Double(exponent)) } }
    }
}
