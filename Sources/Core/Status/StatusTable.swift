/// A gateway's status as a table for people: what `sluice status` prints.
public struct StatusTable: CustomStringConvertible {
    public let description: String

    public init(_ status: GatewayStatus) {
        let sections = [
            Self.summary(of: status),
            Self.table(of: status.listeners),
            Self.backends(of: status.listeners),
        ]
        description = sections.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    private static func summary(of status: GatewayStatus) -> String {
        """
        sluice \(status.version), \(status.phase.rawValue) since \(status.startedAt.rfc3339)
        configuration generation \(status.generation), \
        \(status.activeConnections) connections on \(status.shards.count) shards
        """
    }

    private static func table(of listeners: [ListenerStatus]) -> String {
        let header = [
            "LISTENER", "WAREHOUSE", "PROTOCOL", "LINK", "OPEN", "ADMITTED", "DENIED", "IN", "OUT",
        ]
        let rows = listeners.map { listener in
            [
                listener.address, listener.warehouse, listener.protocol.rawValue,
                listener.link.rawValue, "\(listener.activeConnections)", "\(listener.admitted)",
                "\(listener.denied.values.reduce(0, &+))", bytes(listener.bytesIn),
                bytes(listener.bytesOut),
            ]
        }
        return align([header] + rows)
    }

    private static func backends(of listeners: [ListenerStatus]) -> String {
        let header = [
            "BACKEND", "LISTENER", "HEALTH", "OPEN", "CONNECTS", "FAILURES", "LAST FAILURE",
        ]
        let rows = listeners.flatMap { listener in
            listener.backends.map { backend in
                [
                    backend.address ?? backend.name, listener.address, backend.health.rawValue,
                    "\(backend.activeConnections)", "\(backend.connections)",
                    "\(backend.connectFailures)", backend.lastFailure ?? "-",
                ]
            }
        }
        return rows.isEmpty ? "" : align([header] + rows)
    }

    /// In the largest unit that leaves at least one whole: `1.5 MiB`.
    private static func bytes(_ count: UInt64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        var value = Double(count)
        var unit = 0
        while value >= 1_024 {
            value /= 1_024
            unit += 1
        }
        let tenths = Int(value * 10)
        return unit == 0 ? "\(count) B" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }

    private static func align(_ cells: [[String]]) -> String {
        // A backend's own words may stand in a cell.
        let rows = cells.map { $0.map(LogText.harmless) }
        let columns = rows.first?.indices ?? 0..<0
        let widths = columns.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let padded = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            let line = padded.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }
}
