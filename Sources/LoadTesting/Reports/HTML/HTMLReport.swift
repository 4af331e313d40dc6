/// The report as one page without scripts and without anything loaded from elsewhere.
public struct HTMLReport {
    /// How many targets have a colour of their own.
    static let colorCount = 6

    let report: BenchReport

    public init(_ report: BenchReport) {
        self.report = report
    }

    /// The page, a whole document.
    public var page: String {
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
            <p>\(HTMLText.escaped(report.setting.summary))</p>
            \(sections.joined(separator: "\n"))
            <footer>\(HTMLText.escaped("\(report.version), \(report.date)"))</footer>
            </body>
            </html>

            """
    }

    var targets: [TargetReport] { report.targets }

    private var sections: [String] {
        var sections = [legend]
        if let picture = latencyPicture {
            sections.append(section("Latency by percentile", picture.svg))
        }
        if let picture = throughputPicture {
            let name = report.setting.operationPlural
            sections.append(section("\(name.capitalizedFirst) a second over time", picture.svg))
        }
        // The same words as in the terminal: nothing is said in one place only.
        sections.append(section("In numbers", "<pre>\(HTMLText.escaped(report.text))</pre>"))
        return sections
    }

    private func section(_ heading: String, _ content: String) -> String {
        "<section>\n<h2>\(HTMLText.escaped(heading))</h2>\n\(content)\n</section>"
    }

    private var legend: String {
        let items = report.targets.enumerated().map { index, target in
            let name = HTMLText.escaped(target.name)
            let address = HTMLText.escaped(target.address)
            return "<li class=\"k\(index % Self.colorCount)\"><b>\(name)</b> \(address)</li>"
        }
        return "<ul class=\"legend\">\n\(items.joined(separator: "\n"))\n</ul>"
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
