/// The report as one page without scripts that loads nothing from elsewhere.
package struct HTMLReport {
    /// How many targets have a colour of their own.
    static let colorCount = 6

    /// How many patterns of dashes the lines have, one for each turn of the colours.
    static let dashCount = 3

    let report: BenchReport

    package init(_ report: BenchReport) {
        self.report = report
    }

    /// The page, a whole document.
    package var page: String {
        let title = HTMLText.escaped("sluice bench \(report.setting.workload)")
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="color-scheme" content="light dark"/>
            <title>\(title)</title>
            <style>
            \(Self.style)
            </style>
            </head>
            <body>
            <h1>\(title)</h1>
            <p>\(report.heading.map(HTMLText.escaped).joined(separator: "<br/>"))</p>
            \(sections.joined(separator: "\n"))
            <footer>\(report.origin.map(HTMLText.escaped).joined(separator: "<br/>"))</footer>
            </body>
            </html>

            """
    }

    var targets: [TargetReport] { report.targets }

    private var sections: [String] {
        var sections = [legend]
        if let picture = latencyPicture {
            sections.append(section(picture.title, picture.svg))
        }
        if let picture = throughputPicture {
            sections.append(section(picture.title, picture.svg))
        }
        return sections + [section("Summary", numbers)]
    }

    /// The same words as in the terminal.
    private var numbers: String {
        guard report.targets.count > 1 else {
            return "<pre>\(Self.lines(report.body + report.notes))</pre>"
        }
        let words = Self.lines(report.generators + report.notes)
        return Self.table(report.comparison) + "<p class=\"words\">\(words)</p>"
    }

    private static func lines(_ lines: [String]) -> String {
        HTMLText.escaped(lines.joined(separator: "\n"))
    }

    private static func table(_ table: ComparisonTable) -> String {
        let heading = row(table.heading, "th")
        let rows = table.rows.map { row($0, "td") }.joined(separator: "\n")
        return """
            <table>
            <caption>\(HTMLText.escaped(table.caption))</caption>
            <thead>\(heading)</thead>
            <tbody>
            \(rows)
            </tbody>
            </table>

            """
    }

    private static func row(_ cells: [String], _ element: String) -> String {
        let cells = cells.map { "<\(element)>\(HTMLText.escaped($0))</\(element)>" }
        return "<tr>\(cells.joined())</tr>"
    }

    private func section(_ heading: String, _ content: String) -> String {
        "<section>\n<h2>\(HTMLText.escaped(heading))</h2>\n\(content)\n</section>"
    }

    private var legend: String {
        let items = report.targets.enumerated().map { index, target in
            let name = HTMLText.escaped(target.name)
            let address = target.name == target.address ? "" : HTMLText.escaped(target.address)
            return "<li>\(Self.key(index))<b>\(name)</b> \(address)</li>"
        }
        return "<ul class=\"legend\">\n\(items.joined(separator: "\n"))\n</ul>"
    }

    /// A piece of the target's line.
    private static func key(_ index: Int) -> String {
        """
        <svg class="key" viewBox="0 0 40 10" aria-hidden="true">\
        <line class="\(lineClass(index))" x1="0" x2="40" y1="5" y2="5"/></svg>
        """
    }

    /// The colour and the dashes of target number `index`: the same in every picture.
    static func lineClass(_ index: Int) -> String {
        "line s\(index % colorCount) d\(index / colorCount % dashCount)"
    }
}
