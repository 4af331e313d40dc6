import Addresses
import ArgumentParser
import Control
import Operations
import Policy
import Text
import Time

/// `sluice denials`: recently denied clients, and why.
struct DenialsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "denials",
        abstract: "Show recently denied clients and why, and admit one.",
        subcommands: [List.self, Allow.self],
        defaultSubcommand: List.self
    )
}

extension DenialsCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List recently denied clients, the latest first, and why.",
            discussion: """
                A source is an IPv4 address or an IPv6 /64. There is one row for each source, \
                listener and reason, with the rule and the details of the last denial. The gateway \
                keeps the latest few thousand rows.
                """
        )

        @OptionGroup var place: PlaceFilterOptions

        @Flag(help: "Only clients that reached no warehouse.")
        var unrouted = false

        @Option(help: "Only denials for this reason, such as notInWhitelist.")
        var reason: String?

        @Option(
            help: """
                Only denials since a duration ago, such as 10m, or a time, such as \
                2027-01-31T23:59:59Z.
                """
        )
        var since: String?

        @Option(help: "Maximum number of rows, the latest first (the total is always shown).")
        var limit = 100

        @OptionGroup var watch: WatchOptions
        @OptionGroup var management: ManagementOptions

        private var pairs: [(key: String, value: String)] {
            place.pairs
                + PlaceFilterOptions.pairs([
                    ("unrouted", unrouted ? "true" : nil), ("reason", reason), ("since", since),
                ])
        }

        /// An invalid filter is a usage error, found without asking a gateway.
        func validate() throws {
            do throws(FilterQueryError) {
                _ = try DenialFilter(query: pairs, at: .systemTime)
            } catch {
                throw ValidationError("--\(error)")
            }
            try ListLimit.check(limit)
        }

        func run() async throws {
            let query = pairs + [(key: "limit", value: "\(limit)")]
            let request = ManagementRequest.get("v1/denials", query: query)
            try await management.gateway.show(request, watching: watch) { (list: DenialList) in
                "\(DenialListText(list))"
            }
        }
    }
}

/// The range of `--limit`.
enum ListLimit {
    static func check(_ limit: Int) throws {
        guard (0...100_000).contains(limit) else {
            throw ValidationError("invalid --limit \(limit) (expected 0 to 100000)")
        }
    }
}

/// Denied attempts as a table for people: what `sluice denials` prints.
struct DenialListText: CustomStringConvertible {
    /// Details of one reason that are shown at most.
    private static let detailLimit = 8

    let description: String

    init(_ list: DenialList) {
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
                denial.endpoint?.description ?? "-",
                denial.reason.rawValue + (denial.shadow == true ? " (SHADOW)" : ""),
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
