import ArgumentParser
import Control
import Operations

/// `sluice sessions`: lists or closes a gateway's running sessions.
struct SessionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions",
        abstract: "List or close a gateway's running sessions.",
        subcommands: [List.self, Close.self],
        defaultSubcommand: List.self
    )
}

extension SessionsCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List running sessions, oldest first."
        )

        @OptionGroup var filter: SessionFilterOptions

        @Option(help: "Maximum number of rows (the total is always shown).")
        var limit = 1_000

        @OptionGroup var gateway: ManagementOptions

        func validate() throws { try ListLimit.check(limit) }

        func run() async throws {
            let query = filter.pairs + [(key: "limit", value: "\(limit)")]
            try await gateway.printAnswer(as: { SessionTable($0).description }) {
                client throws(ManagementClientError) in
                try await client.get("v1/sessions", query: query)
            }
        }
    }

    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Close running sessions and list them.",
            discussion: """
                Closed sessions have end closedByOperator in the access log. Their clients can \
                reconnect: to keep them out, change the policy, which also closes their sessions.
                """
        )

        @OptionGroup var filter: SessionFilterOptions

        @Flag(help: "Close all sessions; otherwise at least one filter is required.")
        var all = false

        @Option(
            help: "Maximum number of sessions to close, oldest first. (default: all that match)"
        )
        var limit: Int?

        @OptionGroup var gateway: ManagementOptions

        func validate() throws {
            if filter.isEmpty != all {
                throw ValidationError(
                    all
                        ? "--all cannot be combined with a filter"
                        : "no sessions selected (use a filter such as --source, or --all)"
                )
            }
            if let limit { try ListLimit.check(limit) }
        }

        func run() async throws {
            let query =
                filter.pairs + (all ? [(key: "all", value: "true")] : [])
                + (limit.map { [(key: "limit", value: "\($0)")] } ?? [])
            try await gateway.printAnswer(as: { ClosedSessionsText($0).description }) {
                client throws(ManagementClientError) in
                try await client.delete("v1/sessions", query: query)
            }
        }
    }
}
