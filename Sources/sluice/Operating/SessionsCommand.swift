import Addresses
import ArgumentParser
import Control
import Operations
import Policy
import Text

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

        @OptionGroup var watch: WatchOptions
        @OptionGroup var management: ManagementOptions

        func validate() throws { try ListLimit.check(limit) }

        func run() async throws {
            let query = filter.pairs + [(key: "limit", value: "\(limit)")]
            let request = ManagementRequest.get("v1/sessions", query: query)
            try await management.gateway.show(request, watching: watch) {
                SessionTable($0).description
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

        @OptionGroup var management: ManagementOptions

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
            let request = ManagementRequest(.delete, "v1/sessions", query: query)
            try await management.gateway.show(request) { ClosedSessionsText($0).description }
        }
    }
}

/// Running sessions as a table for people: what `sluice sessions` prints.
struct SessionTable: CustomStringConvertible {
    let description: String

    init(_ list: SessionList) {
        let headings: [Columns.Heading] = [
            .number("CONNECTION"), "WAREHOUSE", "LISTENER", "CLIENT", "ENDPOINT", "RULE", "BACKEND",
            .number("AGE"), .number("IDLE"), .number("IN"), .number("OUT"),
        ]
        let rows = list.sessions.map { session in
            [
                "\(session.connection)", session.warehouse, session.listener,
                session.client.description, session.endpoint?.description ?? "-",
                session.rule?.description ?? "-", session.backend?.description ?? "-",
                session.durationMilliseconds.asMilliseconds,
                session.idleMilliseconds.asMilliseconds, session.bytesIn.asBytes,
                session.bytesOut.asBytes,
            ]
        }
        let missing = list.total - list.sessions.count
        let rest = missing > 0 ? "\nand \(missing) more (raise --limit to show them)" : ""
        description =
            rows.isEmpty && missing == 0
            ? "no sessions\n" : "\(Columns(headings, rows))\(rest)\n"
    }
}

/// Closed sessions for people: what `sluice sessions close` prints.
struct ClosedSessionsText: CustomStringConvertible {
    let description: String

    init(_ result: ClosedSessions) {
        let table =
            result.sessions.isEmpty
            ? "" : "\(SessionTable(SessionList(sessions: result.sessions, total: result.closed)))"
        let remaining =
            result.remaining > 0
            ? "; \(result.remaining) more \(result.remaining == 1 ? "matches" : "match")" : ""
        description = "\(table)closed \(result.closed.of("session"))\(remaining)\n"
    }
}
