import ArgumentParser
import Control
import Core

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

    @Option(help: "A warehouse's id.")
    var warehouse: String?

    @Option(help: "A listener's address, as in the access log.")
    var listener: String?

    @Option(help: "The clients' address, or a block of them such as 203.0.113.0/24.")
    var source: String?

    @Option(help: "A private endpoint, such as aws:vpce-0123456789abcdef0.")
    var endpoint: String?

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
        let given = [
            ("warehouse", warehouse), ("listener", listener), ("source", source),
            ("endpoint", endpoint), ("reason", reason), ("since", since),
        ]
        return given.compactMap { key, value in value.map { (key, $0) } }
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
