import Addresses
import Policy
import Text
import Time

/// Denied attempts as a table for people: what `sluice denials` prints.
package struct DenialListText: CustomStringConvertible {
    /// Details of one reason that are shown at most.
    private static let detailLimit = 8

    package let description: String

    package init(_ list: DenialList) {
        let parts = [Self.table(of: list), Self.rest(of: list), Self.notes(on: list.denials)]
        description = parts.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
    }

    private static func table(of list: DenialList) -> String {
        if list.total == 0 { return "no denials" }
        let headings: [Columns.Heading] = [
            "SOURCE", "WAREHOUSE", "LISTENER", "ENDPOINT", "REASON", "RULE", .number("COUNT"),
            "FIRST", "LAST",
        ]
        let rows = list.denials.map { denial in
            [
                denial.source.description,
                denial.warehouse ?? "-", denial.listener,
                denial.endpoint?.description ?? "-", denial.reason.rawValue,
                denial.rule?.description ?? "-", "\(denial.count)", denial.firstSeen.rfc3339,
                denial.lastSeen.rfc3339,
            ]
        }
        return "\(Columns(headings, rows))"
    }

    /// What the table does not show.
    private static func rest(of list: DenialList) -> String {
        let hidden = list.total - list.denials.count
        var lines: [String] = []
        if hidden > 0 { lines.append("and \(hidden) more (raise --limit to show them)") }
        if list.forgotten > 0 {
            let denials = list.forgotten.of("denial")
            lines.append("and \(denials) from sources no longer remembered")
        }
        return lines.joined(separator: "\n")
    }

    /// The remedy for each reason. A denial's own detail is more specific.
    private static func notes(on denials: [DenialRecord]) -> String {
        let reasons = Set(denials.map(\.reason)).sorted { $0.rawValue < $1.rawValue }
        return reasons.map { reason in
            let details = Set(denials.filter { $0.reason == reason }.map(\.detail)).sorted()
            let words = details.prefix(detailLimit).map { $0.isEmpty ? reason.advice : $0 }
            return words.map { "\n\(reason.rawValue): \(LogText.harmless($0))" }.joined()
        }.joined()
    }
}
