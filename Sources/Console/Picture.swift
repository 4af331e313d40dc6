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
        let style: String
        let last: String
    }

    struct Mark: Sendable {
        let x: String
        let y: String
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
    let levels: [Mark]
    /// Along the bottom.
    let times: [Mark]
    let heads: [String]
    let rows: [Row]
    let summary: String

    private static let width = 640.0
    private static let height = 160.0
    /// For what is written beside the axes.
    private static let left = 44.0
    private static let bottom = 22.0

    /// - Parameters:
    ///   - labels: of each step, such as `13:50`.
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
            let room = Self.width - Self.left - 4
            return Self.left + (count > 1 ? room * Double(index) / Double(count - 1) : room)
        }
        func y(_ value: Int) -> Double {
            let room = Self.height - Self.bottom - 8
            return 8 + room * (1 - Double(value) / Double(top))
        }
        self.id = id
        self.title = title
        self.unit = unit
        lines = series.map { series in
            let points = series.values.enumerated().map {
                "\(Self.text(x($0))) \(Self.text(y($1)))"
            }
            let path = points.isEmpty ? "" : "M" + points.joined(separator: "L")
            let floor = Self.text(y(0))
            let area =
                points.isEmpty
                ? ""
                : "\(path)L\(Self.text(x(series.values.count - 1))) \(floor)L\(Self.text(x(0))) \(floor)Z"
            return Line(
                name: series.name,
                path: path,
                area: area,
                style: series.isBad ? "bad" : "good",
                last: format(series.values.last ?? 0)
            )
        }
        levels = [0, top / 2, top].map { value in
            Mark(x: Self.text(Self.left - 6), y: Self.text(y(value)), text: format(value))
        }
        let stride = max(1, (count + 5) / 6)
        times = labels.indices.filter { ($0 - (count - 1)) % stride == 0 }.map { index in
            Mark(x: Self.text(x(index)), y: Self.text(Self.height - 6), text: labels[index])
        }
        heads = series.map(\.name)
        rows = labels.indices.reversed().map { index in
            Row(
                when: labels[index],
                values: series.map {
                    $0.values.indices.contains(index) ? format($0.values[index]) : ""
                }
            )
        }
        let parts = series.map { "\($0.name): at most \(format($0.values.max() ?? 0))" }
        summary = "\(title) \(unit). " + parts.joined(separator: "; ") + "."
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
