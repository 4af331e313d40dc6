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
        let notes = Set(denials.map(\.reason)).sorted { $0.rawValue < $1.rawValue }
            .map { "\n\($0.rawValue): \($0.advice)" }
        description =
            rows.isEmpty
            ? "nobody was denied\n" : "\(Columns([header] + rows))\n\(notes.joined())\n"
    }
}
