import ArgumentParser
import Control
import Operations
package import Settings
import Text
import Time
import Traffic

/// `sluice backend`: lists a gateway's backends and changes their mode.
struct BackendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backend",
        abstract: "List a gateway's backends, take one out of service, or put it back.",
        subcommands: [List.self, Mode.self],
        defaultSubcommand: List.self
    )
}

/// Filters for backends, in addition to the address.
struct BackendFilterOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: "Only backends of this warehouse.",
        completion: .warehouses
    )
    var warehouse: String?

    @Option(
        name: .customLong("protocol"),
        help: "Only backends of services with this protocol: mysql, http or tcp."
    )
    var service: String?

    var pairs: [(key: String, value: String)] {
        PlaceFilterOptions.pairs([("warehouse", warehouse), ("protocol", service)])
    }
}

extension BackendCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List backends with mode, health and connections."
        )

        @OptionGroup var filter: BackendFilterOptions
        @OptionGroup var management: ManagementOptions

        func run() async throws {
            let request = ManagementRequest.get("v1/backends", query: filter.pairs)
            try await management.gateway.show(request, as: Self.text)
        }

        private static func text(_ list: BackendList) -> String {
            let table = BackendTable(list).description
            return table.isEmpty ? "no backends\n" : table + "\n"
        }
    }

    struct Mode: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set a backend's mode: whether it gets connections.",
            discussion: """
                active       new connections while the backend is healthy
                drain        no new connections; existing ones and health checks continue
                maintenance  no new connections and no health checks; existing connections continue
                configured   the mode in the configuration file

                The mode applies until it is set again or the gateway restarts; a reload keeps it \
                as long as the backend stays on the same listener or service. To close existing \
                connections: sluice sessions close --backend ADDRESS.
                """
        )

        @Argument(
            help: "active, drain, maintenance or configured.",
            completion: .list(BackendModeChoice.allCases.map(\.rawValue))
        )
        var mode: BackendModeChoice

        @Argument(help: "The backend's address, as configured or as resolved: host:port.")
        var backend: String

        @OptionGroup var filter: BackendFilterOptions
        @OptionGroup var management: ManagementOptions

        func run() async throws {
            let pairs =
                filter.pairs + [
                    (key: "backend", value: backend), (key: "mode", value: mode.rawValue),
                ]
            let request = ManagementRequest(.put, "v1/backends", query: pairs)
            try await management.gateway.show(request) { BackendTable($0).description + "\n" }
        }
    }
}

extension BackendModeChoice: ExpressibleByArgument {}

/// Backends as a table for people: what `sluice backend list` and `sluice status` print.
struct BackendTable: CustomStringConvertible {
    let description: String

    init(_ list: BackendList) {
        let headings: [Columns.Heading] = [
            "BACKEND", "WAREHOUSE", "SERVICE", "MODE", "HEALTH", .number("OPEN"),
            .number("CONNECTS"), .number("FAILURES"), "LAST FAILURE",
        ]
        let rows = list.backends.map { entry in
            [
                entry.backend.address ?? entry.backend.name, entry.warehouse, entry.service,
                entry.backend.modeWords,
                entry.backend.health.rawValue, "\(entry.backend.activeConnections)",
                "\(entry.backend.connections)", "\(entry.backend.connectFailures)",
                entry.backend.lastFailureWords,
            ]
        }
        description = rows.isEmpty ? "" : Columns(headings, rows).description
    }
}

extension BackendStatus {
    /// `active`, `drain`, `active, backup, weight 5`.
    fileprivate var modeWords: String {
        [mode.rawValue + (isModeChosen ? " (set)" : "")]
            .appending(isBackup ? "backup" : nil)
            .appending(isRedirectTarget == true ? "redirect target" : nil)
            .appending(weight == 1 ? nil : "weight \(weight)")
            .joined(separator: ", ")
    }

    /// With its time: a backend may have been healthy for long since.
    fileprivate var lastFailureWords: String {
        guard let reason = lastFailure else { return "-" }
        return lastFailureAt.map { "\($0.rfc3339) \(reason)" } ?? reason
    }
}

extension [String] {
    fileprivate func appending(_ word: String?) -> [String] { self + (word.map { [$0] } ?? []) }
}
