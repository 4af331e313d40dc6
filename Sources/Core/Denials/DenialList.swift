import Addresses

/// Denied attempts as a table for people: what `sluice denials` prints.
public struct DenialList: CustomStringConvertible {
    public let description: String

    public init(_ denials: [DenialRecord]) {
        let header = ["SOURCE", "WAREHOUSE", "ENDPOINT", "REASON", "COUNT", "FIRST", "LAST"]
        let rows = denials.map { denial in
            [
                denial.source.description, denial.warehouse, denial.endpoint?.id ?? "-",
                denial.reason.rawValue, "\(denial.count)", denial.firstSeen.rfc3339,
                denial.lastSeen.rfc3339,
            ]
        }
        description = rows.isEmpty ? "nobody was denied\n" : "\(Columns([header] + rows))\n"
    }
}
