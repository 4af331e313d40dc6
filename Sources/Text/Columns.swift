/// Rows of cells as text whose columns stand below each other, without trailing spaces.
package struct Columns: CustomStringConvertible {
    package let description: String

    package init(_ cells: [[String]]) {
        // A foreign program's own words may stand in a cell.
        let rows = cells.map { $0.map(LogText.harmless) }
        let columns = rows.first?.indices ?? 0..<0
        let widths = columns.map { column in rows.map { $0[column].count }.max() ?? 0 }
        description = rows.map { row in
            let padded = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            let line = padded.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }
}

extension UInt64 {
    /// So many bytes, in the largest unit that leaves at least one whole: `1.5 MiB`.
    package var asBytes: String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        var value = Double(self)
        var unit = 0
        while value >= 1_024 {
            value /= 1_024
            unit += 1
        }
        let tenths = Int(value * 10)
        return unit == 0 ? "\(self) B" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}

extension Int64 {
    /// So many milliseconds, in the two largest units: `3m20s`.
    package var asMilliseconds: String {
        let seconds = Swift.max(0, self) / 1_000
        let units: [(size: Int64, name: String)] = [
            (86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"),
        ]
        var rest = seconds
        var parts: [String] = []
        for unit in units where rest >= unit.size {
            parts.append("\(rest / unit.size)\(unit.name)")
            rest %= unit.size
        }
        return parts.isEmpty ? "0s" : parts.prefix(2).joined()
    }
}
