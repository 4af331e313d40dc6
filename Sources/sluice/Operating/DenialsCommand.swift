import ArgumentParser
import Control
import Operations

/// `sluice denials`: recently denied clients, and why.
struct DenialsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "denials",
        abstract: "Show recently denied clients and why.",
        discussion: """
            A source is an IPv4 address or an IPv6 /64. There is one row for each source, listener \
            and reason, with the rule and the details of the last denial. The gateway keeps the \
            latest few thousand rows.
            """
    )

    @OptionGroup var place: PlaceFilterOptions

    @Option(help: "Only denials for this reason, such as notInWhitelist.")
    var reason: String?

    @Option(
        help:
            "Only denials since a duration ago, such as 10m, or a time, such as 2027-01-31T23:59:59Z."
    )
    var since: String?

    @Option(help: "Maximum number of rows, the latest first (the total is always shown).")
    var limit = 100

    @OptionGroup var gateway: ManagementOptions

    private var pairs: [(key: String, value: String)] {
        place.pairs + PlaceFilterOptions.pairs([("reason", reason), ("since", since)])
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
        try await gateway.printAnswer(as: { (list: DenialList) in "\(DenialListText(list))" }) {
            client throws(ManagementClientError) in
            try await client.get("v1/denials", query: query)
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
