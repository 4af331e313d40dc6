/// Numbers over time as a picture, drawn by the server: axes are named, and a table has the values for
/// those who cannot see it.
///
///     Picture("Connections", unit: "per minute", ends: "2026-11-29T14:00:00Z", stepMinutes: 10,
///         [.init("admitted", [4, 7, 1]), .init("denied", [0, 0, 3], isBad: true)])
struct Picture: Sendable {
    struct Series: Sendable {
        let name: String
        let values: [Int]
        let isBad: Bool

        init(_ name: String, _ values: [Int], isBad: Bool = false) {
            self.name = name
            self.values = values
            self.isBad = isBad
        }
    }

    struct Line: Sendable {
        let name: String
        let path: String
        let area: String
        /// Classes: what it means, and which of several it is.
        let style: String
        /// Of all its values.
        let total: String
    }

    struct Level: Sendable {
        let y: String
        let text: String
    }

    struct Tick: Sendable {
        /// In percent of the width.
        let x: String
        let anchor: String
        let text: String
    }

    struct Row: Sendable {
        let when: String
        let values: [String]
    }

    let id: String
    let title: String
    let unit: String
    let lines: [Line]
    /// At the left, from the bottom up.
    let levels: [Level]
    /// Along the bottom.
    let times: [Tick]
    let heads: [String]
    let rows: [Row]
    let summary: String

    /// Stretched to whatever room there is: heights are pixels, widths are not.
    private static let width = 1_000.0
    private static let height = 160.0
    /// For what is written below.
    private static let bottom = 24.0
    /// More labels would touch each other in a narrow window.
    private static let tickLimit = 7

    /// - Parameters:
    ///   - labels: of each step, such as `13:50`. A series with fewer values has the last ones.
    ///   - format: of a value.
    init(
        id: String,
        _ title: String,
        unit: String,
        labels: [String],
        _ series: [Series],
        format: (Int) -> String = { $0.grouped }
    ) {
        let greatest = series.flatMap(\.values).max() ?? 0
        let top = Self.level(above: greatest)
        let count = labels.count
        func x(_ index: Int) -> Double {
            count > 1 ? Self.width * Double(index) / Double(count - 1) : Self.width
        }
        func y(_ value: Int) -> Double {
            let room = Self.height - Self.bottom - 8
            return 8 + room * (1 - Double(value) / Double(top))
        }
        self.id = id
        self.title = title
        self.unit = unit
        lines = series.enumerated().map { number, series in
            let first = count - series.values.count
            let points = series.values.enumerated().map {
                "\(Self.text(x(first + $0))) \(Self.text(y($1)))"
            }
            // A single value is a dot: a line of no length, with round ends.
            let path =
                points.isEmpty
                ? "" : "M" + (points.count == 1 ? points + points : points).joined(separator: "L")
            let floor = Self.text(y(0))
            let area =
                points.isEmpty
                ? ""
                : "\(path)L\(Self.text(x(count - 1))) \(floor)L\(Self.text(x(first))) \(floor)Z"
            return Line(
                name: series.name,
                path: path,
                area: area,
                style: (series.isBad ? "bad" : "good") + (number > 0 ? " line-\(number)" : "")
                    + (points.count == 1 ? " dot" : ""),
                total: format(series.values.reduce(0, +))
            )
        }
        levels = [0, top / 2, top].map { value in
            Level(y: Self.text(y(value)), text: format(value))
        }
        times = Self.ticks(labels).map { index in
            let place = x(index) / Self.width * 100
            return Tick(
                x: Self.text(place),
                anchor: place < 4 ? "start" : place > 96 ? "end" : "middle",
                text: labels[index]
            )
        }
        heads = series.map(\.name)
        rows = labels.indices.reversed().map { index in
            Row(
                when: labels[index],
                values: series.map {
                    let place = index - (count - $0.values.count)
                    return place >= 0 ? format($0.values[place]) : ""
                }
            )
        }
        let parts = series.map { "\($0.name): \(format($0.values.max() ?? 0)) at most" }
        summary = "\(title) \(unit). " + parts.joined(separator: "; ") + "."
    }

    /// Which labels are written: full hours if there are some, as many as there is room for.
    static func ticks(_ labels: [String]) -> [Int] {
        let hours = labels.indices.filter { labels[$0].hasSuffix(":00") }
        for stride in [1, 2, 3, 4, 6, 8, 12, 24] {
            let chosen = hours.filter { (Int(labels[$0].prefix(2)) ?? 0) % stride == 0 }
            if chosen.count > 1, chosen.count <= tickLimit { return chosen }
        }
        let stride = max(1, (labels.count + tickLimit - 1) / tickLimit)
        return labels.indices.filter { ($0 - (labels.count - 1)) % stride == 0 }
    }

    /// A round number that is no less: 1, 2 or 5 times a power of ten, and even.
    static func level(above value: Int) -> Int {
        var unit = 1
        while true {
            for factor in [2, 4, 10] where factor * unit >= value { return factor * unit }
            guard unit < Int.max / 100 else { return Int.max }
            unit *= 10
        }
    }

    /// With one digit after the point: enough, and short.
    private static func text(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(abs(tenths % 10))"
    }
}
