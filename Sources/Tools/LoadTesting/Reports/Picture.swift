import Glibc
import Text

/// A line chart as an SVG element. Colours come from the page's style sheet, by class.
struct Picture {
    /// The points of one target, as one or more lines.
    struct Series {
        let name: String
        let lines: [[(x: Double, y: Double)]]
    }

    /// A named part of the horizontal axis, from `start` to the next part.
    struct Section {
        let start: Double
        let label: String
        /// Used instead of ``label`` if there is little room.
        let shortLabel: String
    }

    let title: String
    let horizontal: Axis
    let vertical: Axis
    let series: [Series]
    var sections: [Section] = []

    private static let width = 760.0
    private static let height = 340.0
    private static let left = 92.0
    /// Half the longest label of the last tick.
    private static let right = 36.0
    /// The width of a section's label.
    private static let labelWidth = 52.0
    private static let shortLabelWidth = 18.0
    private static let top = 24.0
    private static let bottom = 54.0

    var svg: String {
        let size = "0 0 \(Self.text(Self.width)) \(Self.text(Self.height))"
        let label = title.htmlEscaped
        let lines = series.enumerated().flatMap { index, one in
            one.lines.map { polyline($0, className: HTMLReport.lineClass(index)) }
        }
        return """
            <svg viewBox="\(size)" role="img" aria-label="\(label)">
            \((grid + borders + lines + titles).joined(separator: "\n"))
            </svg>
            """
    }

    private var grid: [String] {
        let vertical = vertical.ticks.map { tick in
            let y = Self.text(y(tick.place))
            return """
                <line class="grid" x1="\(Self.text(Self.left))" x2="\(Self.text(Self.width - Self.right))" \
                y1="\(y)" y2="\(y)"/><text x="\(Self.text(Self.left - 8))" y="\(y)" dy="4" \
                text-anchor="end">\(tick.label.htmlEscaped)</text>
                """
        }
        let horizontal = horizontal.ticks.map { tick in
            let x = Self.text(x(tick.place))
            return """
                <line class="grid" x1="\(x)" x2="\(x)" y1="\(Self.text(Self.top))" \
                y2="\(Self.text(Self.height - Self.bottom))"/><text x="\(x)" \
                y="\(Self.text(Self.height - Self.bottom + 20))" \
                text-anchor="middle">\(tick.label.htmlEscaped)</text>
                """
        }
        return vertical + horizontal
    }

    private var titles: [String] {
        let middle = Self.text((Self.left + Self.width - Self.right) / 2)
        let height = Self.text((Self.top + Self.height - Self.bottom) / 2)
        return [
            "<text class=\"title\" x=\"\(middle)\" y=\"\(Self.text(Self.height - 10))\" "
                + "text-anchor=\"middle\">\(horizontal.title.htmlEscaped)</text>",
            "<text class=\"title\" x=\"14\" y=\"\(height)\" text-anchor=\"middle\" "
                + "transform=\"rotate(-90 14 \(height))\">\(vertical.title.htmlEscaped)</text>",
        ]
    }

    /// A line where each section begins, and its label above its middle if there is room.
    private var borders: [String] {
        let starts = sections.map { x(horizontal.place($0.start)) }
        let ends = starts.dropFirst() + [Self.width - Self.right]
        return zip(sections, zip(starts, ends)).flatMap { section, place in
            let border =
                "<line class=\"border\" x1=\"\(Self.text(place.0))\" "
                + "x2=\"\(Self.text(place.0))\" y1=\"\(Self.text(Self.top))\" "
                + "y2=\"\(Self.text(Self.height - Self.bottom))\"/>"
            let width = place.1 - place.0
            let name = width < Self.labelWidth ? section.shortLabel : section.label
            let label =
                "<text x=\"\(Self.text((place.0 + place.1) / 2))\" "
                + "y=\"\(Self.text(Self.top - 8))\" text-anchor=\"middle\">"
                + "\(name.htmlEscaped)</text>"
            return width < Self.shortLabelWidth ? [border] : [border, label]
        }
    }

    private func polyline(_ points: [(x: Double, y: Double)], className: String) -> String {
        let places = points.map { point in
            let x = Self.text(x(horizontal.place(point.x)))
            return x + "," + Self.text(y(vertical.place(point.y)))
        }
        return "<polyline class=\"\(className)\" points=\"\(places.joined(separator: " "))\"/>"
    }

    private func x(_ place: Double) -> Double {
        Self.left + place * (Self.width - Self.left - Self.right)
    }

    private func y(_ place: Double) -> Double {
        Self.height - Self.bottom - place * (Self.height - Self.top - Self.bottom)
    }

    private static func text(_ number: Double) -> String {
        let text = Numbers.fixed(number, digits: 1)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

/// Maps values to places between 0 and 1, and labels some of them.
struct Axis {
    struct Tick: Equatable {
        let place: Double
        let label: String
    }

    let ticks: [Tick]
    /// The quantity and its unit.
    private(set) var title = ""
    private let transform: @Sendable (Double) -> Double

    /// The same axis with a title.
    func titled(_ title: String) -> Axis {
        var axis = self
        axis.title = title
        return axis
    }

    /// The place of `value`; values beyond the ends are clamped.
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

    /// Percentiles by their nines: 90, 99 and 99.9 are equally spaced, as in HDR histogram plots. 100
    /// is at the end.
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
