import ArgumentParser
import Control
import Operations

/// `sluice denials`: who was denied recently, and why.
struct DenialsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "denials",
        abstract: "Show recently denied clients and why.",
        discussion: """
            A source is an IPv4 address or an IPv6 /64. Each row is a source, a listener and a \
            reason; the rule and the words below the table are those of its last denial. The \
            gateway remembers the latest few thousand rows.
            """
    )

    @OptionGroup var place: PlaceFilterOptions

    @Option(help: "A reason, such as notInWhitelist.")
    var reason: String?

    @Option(
        help: "Denied since then: a duration such as 10m, or a time such as 2027-01-31T23:59:59Z."
    )
    var since: String?

    @Option(help: "Maximum number of rows, the latest first (the total is always shown).")
    var limit = 100

    @OptionGroup var gateway: ManagementOptions

    private var pairs: [(key: String, value: String)] {
        place.pairs + PlaceFilterOptions.pairs([("reason", reason), ("since", since)])
    }

    /// A filter that is wrong is the caller's error, and needs no gateway to be found.
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

/// How many rows a list may have.
enum ListLimit {
    static func check(_ limit: Int) throws {
        guard (0...100_000).contains(limit) else {
            throw ValidationError("--limit must be from 0 to 100000.")
        }
    }
}
