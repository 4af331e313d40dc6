import Text

/// The report as one page, without scripts and external resources.
package struct HTMLReport {
    /// The number of different colours.
    static let colorCount = 6

    /// The number of dash patterns: one for each pass through the colours.
    static let dashCount = 3

    let report: BenchReport

    package init(_ report: BenchReport) {
        self.report = report
    }

    /// The page, a complete document.
    package var page: String {
        let title = "sluice bench \(report.setting.workload)".htmlEscaped
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
            <p>\(report.heading.map(\.htmlEscaped).joined(separator: "<br/>"))</p>
            \(sections.joined(separator: "\n"))
            <footer>\(report.origin.map(\.htmlEscaped).joined(separator: "<br/>"))</footer>
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

    /// The same text as in the terminal.
    private var numbers: String {
        guard report.targets.count > 1 else {
            return "<pre>\(Self.lines(report.body + report.notes))</pre>"
        }
        let words = Self.lines(report.generators + report.notes)
        return Self.table(report.comparison) + "<p class=\"words\">\(words)</p>"
    }

    private static func lines(_ lines: [String]) -> String {
        lines.joined(separator: "\n").htmlEscaped
    }

    private static func table(_ table: ComparisonTable) -> String {
        let heading = row(table.heading, "th")
        let rows = table.rows.map { row($0, "td") }.joined(separator: "\n")
        return """
            <table>
            <caption>\(table.caption.htmlEscaped)</caption>
            <thead>\(heading)</thead>
            <tbody>
            \(rows)
            </tbody>
            </table>

            """
    }

    private static func row(_ cells: [String], _ element: String) -> String {
        let cells = cells.map { "<\(element)>\($0.htmlEscaped)</\(element)>" }
        return "<tr>\(cells.joined())</tr>"
    }

    private func section(_ heading: String, _ content: String) -> String {
        "<section>\n<h2>\(heading.htmlEscaped)</h2>\n\(content)\n</section>"
    }

    private var legend: String {
        let items = report.targets.enumerated().map { index, target in
            let name = target.name.htmlEscaped
            let address = target.name == target.address ? "" : target.address.htmlEscaped
            return "<li>\(Self.key(index))<b>\(name)</b> \(address)</li>"
        }
        return "<ul class=\"legend\">\n\(items.joined(separator: "\n"))\n</ul>"
    }

    /// A sample of the target's line.
    private static func key(_ index: Int) -> String {
        """
        <svg class="key" viewBox="0 0 40 10" aria-hidden="true">\
        <line class="\(lineClass(index))" x1="0" x2="40" y1="5" y2="5"/></svg>
        """
    }

    /// The colour and dashes of target number `index`: the same in every chart.
    static func lineClass(_ index: Int) -> String {
        "line s\(index % colorCount) d\(index / colorCount % dashCount)"
    }
}

extension HTMLReport {
    /// The colours of Okabe and Ito, which people with any colour vision can distinguish; lighter on
    /// a dark background.
    static let style = """
        :root {
          --ground: #fff; --ink: #1b1b1b; --faint: #ddd; --quiet: #666;
          --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #cc79a7; --c4: #b58900; --c5: #56b4e9;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #16181b; --ink: #e8e8e8; --faint: #3a3d42; --quiet: #a0a0a0;
            --c0: #5ab4f0; --c1: #ff8b3d; --c2: #2fd0a0; --c3: #e79cc5; --c4: #f0e442; --c5: #9ad4f5;
          }
        }
        body {
          background: var(--ground); color: var(--ink); max-width: 62rem; margin: 2rem auto;
          padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif;
        }
        h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
        .words { white-space: pre-wrap; }
        pre { overflow-x: auto; font-size: .85rem; line-height: 1.4; }
        svg { width: 100%; height: auto; }
        svg text { fill: var(--quiet); font: 12px system-ui, sans-serif; }
        .grid { stroke: var(--faint); stroke-width: 1; }
        .border { stroke: var(--quiet); stroke-width: 1; stroke-dasharray: 3 3; }
        .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
        .legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; }
        svg.key { width: 2.5rem; margin-right: .5rem; }
        .key .line { stroke-width: 3; }
        .s0 { stroke: var(--c0); } .s1 { stroke: var(--c1); } .s2 { stroke: var(--c2); }
        .s3 { stroke: var(--c3); } .s4 { stroke: var(--c4); } .s5 { stroke: var(--c5); }
        .d1 { stroke-dasharray: 9 4; } .d2 { stroke-dasharray: 2 4; }
        table { border-collapse: collapse; width: 100%; font-size: .85rem; }
        caption { caption-side: bottom; text-align: left; color: var(--quiet); padding-top: .5rem; }
        th, td { text-align: right; padding: .25rem .4rem; border-bottom: 1px solid var(--faint); }
        th:first-child, td:first-child { text-align: left; }
        td { font-variant-numeric: tabular-nums; }
        @media print {
          html { font-size: 10px; }
          body { max-width: none; margin: 0; font-size: 12px; }
          pre { white-space: pre-wrap; }
          section { break-inside: avoid; }
        }
        footer { color: var(--quiet); margin: 2rem 0; font-size: .85rem; }
        """
}
