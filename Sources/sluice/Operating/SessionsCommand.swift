import ArgumentParser
import Control
import Core

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
        @OptionGroup var gateway: ManagementOptions

        func run() async throws {
            let query = filter.query
            try await gateway.printAnswer(as: { SessionTable($0).description }) {
                client throws(ManagementClientError) in
                try await client.get("v1/sessions", query: query)
            }
        }
    }

    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Close running sessions, and say which.",
            discussion: """
                Their line in the access log ends with closedByOperator. Clients may connect again: \
                to keep them out, change the policy, which closes their sessions too.
                """
        )

        @OptionGroup var filter: SessionFilterOptions

        @Flag(help: "Close every session; otherwise at least one filter is needed.")
        var all = false

        @OptionGroup var gateway: ManagementOptions

        func validate() throws {
            if filter.isEmpty != all {
                throw ValidationError("Name the sessions by a filter, or all of them by --all.")
            }
        }

        func run() async throws {
            let query = filter.query + (all ? [(key: "all", value: "true")] : [])
            try await gateway.printAnswer(as: Self.text) {
                client throws(ManagementClientError) in
                try await client.delete("v1/sessions", query: query)
            }
        }

        private static func text(_ list: SessionList) -> String {
            let sum = "closed \(list.total) \(list.total == 1 ? "session" : "sessions")\n"
            return list.total == 0 ? sum : SessionTable(list).description + sum
        }
    }
}
