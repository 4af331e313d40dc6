/// A line chart as an SVG element. Colours come from the page's style sheet, by class.
struct Picture {
    /// Points that belong together: a line for each run of them.
    struct Series {
        let name: String
        /// Each a line of its own.
        let lines: [[(x: Double, y: Double)]]
    }

    /// A part of the horizontal axis that has a name: from `start` to the next part.
    struct Section {
        let start: Double
        let label: String
        /// In place of ``label``, if there is little room.
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
    /// Half of the longest label of the last tick.
    private static let right = 36.0
    /// What a section's name needs.
    private static let labelWidth = 52.0
    private static let shortLabelWidth = 18.0
    private static let top = 24.0
    private static let bottom = 54.0

    var svg: String {
        let size = "0 0 \(Self.text(Self.width)) \(Self.text(Self.height))"
        let label = HTMLText.escaped(title)
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
                text-anchor="end">\(HTMLText.escaped(tick.label))</text>
                """
        }
        let horizontal = horizontal.ticks.map { tick in
            let x = Self.text(x(tick.place))
            return """
                <line class="grid" x1="\(x)" x2="\(x)" y1="\(Self.text(Self.top))" \
                y2="\(Self.text(Self.height - Self.bottom))"/><text x="\(x)" \
                y="\(Self.text(Self.height - Self.bottom + 20))" \
                text-anchor="middle">\(HTMLText.escaped(tick.label))</text>
                """
        }
        return vertical + horizontal
    }

    private var titles: [String] {
        let middle = Self.text((Self.left + Self.width - Self.right) / 2)
        let height = Self.text((Self.top + Self.height - Self.bottom) / 2)
        return [
            "<text class=\"title\" x=\"\(middle)\" y=\"\(Self.text(Self.height - 10))\" "
                + "text-anchor=\"middle\">\(HTMLText.escaped(horizontal.title))</text>",
            "<text class=\"title\" x=\"14\" y=\"\(height)\" text-anchor=\"middle\" "
                + "transform=\"rotate(-90 14 \(height))\">\(HTMLText.escaped(vertical.title))</text>",
        ]
    }

    /// A line where each section begins, and its name over its middle, as far as there is room.
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
                + "\(HTMLText.escaped(name))</text>"
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
