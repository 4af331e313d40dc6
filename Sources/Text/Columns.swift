/// A table for a terminal: rows of cells in aligned columns, without trailing spaces.
public struct Columns: CustomStringConvertible {
    /// One for each row.
    public let lines: [String]

    /// The lines, without a final line feed.
    public var description: String { lines.joined(separator: "\n") }

    /// - Parameters:
    ///   - rows: may have different numbers of cells.
    ///   - isRight: whether the column with this number, from 0, is right-aligned, as numbers are.
    public init(_ rows: [[String]], rightAligned isRight: (Int) -> Bool = { _ in false }) {
        // Cells may hold text from other programs.
        let rows = rows.map { $0.map(LogText.harmless) }
        let columnCount = rows.map(\.count).max() ?? 0
        let widths = (0..<columnCount).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        let alignment = (0..<columnCount).map(isRight)
        lines = rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return alignment[column] ? padding + cell : cell + padding
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}

// MARK: - With headings

extension Columns {
    /// A column's heading. A column of text is aligned to the left, one of numbers to the right.
    public struct Heading: ExpressibleByStringLiteral {
        fileprivate let text: String
        fileprivate var isNumeric = false

        public init(stringLiteral text: String) {
            self.text = text
        }

        public static func number(_ text: String) -> Heading {
            var heading = Heading(stringLiteral: text)
            heading.isNumeric = true
            return heading
        }
    }

    /// - Parameter rows: as many cells in each as there are headings.
    public init(_ headings: [Heading], _ rows: [[String]]) {
        self.init(
            [headings.map(\.text)] + rows,
            rightAligned: { headings.indices.contains($0) && headings[$0].isNumeric }
        )
    }
}
