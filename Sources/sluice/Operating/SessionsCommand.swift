import ArgumentParser
import Control
import Operations

/// `sluice sessions`: the running sessions of a gateway.
struct SessionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions",
        abstract: "List or close the running sessions of a gateway.",
        subcommands: [List.self, Close.self],
        defaultSubcommand: List.self
    )
}

extension SessionsCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List running sessions, the oldest first."
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
            abstract: "Close running sessions, and show which.",
            discussion: """
                Their line in the access log ends with closedByOperator. Clients may connect again: \
                to keep them out, change the policy, which closes their sessions too.
                """
        )

        @OptionGroup var filter: SessionFilterOptions

        @Flag(help: "Close every session; otherwise at least one filter is needed.")
        var all = false

        @Option(help: "Close at most that many, the oldest first. (default: all that match)")
        var limit: Int?

        @OptionGroup var gateway: ManagementOptions

        func validate() throws {
            if filter.isEmpty != all {
                throw ValidationError("Name the sessions by a filter, or all of them by --all.")
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
