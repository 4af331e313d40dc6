import ArgumentParser
import Control
import Operations
package import Settings

/// `sluice backend`: the backends of a gateway.
struct BackendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backend",
        abstract: "Show a gateway's backends, or take one out for maintenance and back.",
        subcommands: [List.self, Mode.self],
        defaultSubcommand: List.self
    )
}

/// Which backends, beside their address.
struct BackendFilterOptions: ParsableArguments {
    @Option(help: "Only those of this warehouse.")
    var warehouse: String?

    @Option(
        name: .customLong("protocol"),
        help: "Only those of services of this protocol: mysql, http or tcp."
    )
    var service: String?

    var pairs: [(key: String, value: String)] {
        PlaceFilterOptions.pairs([("warehouse", warehouse), ("protocol", service)])
    }
}

extension BackendCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List backends with their mode, health and connections."
        )

        @OptionGroup var filter: BackendFilterOptions
        @OptionGroup var gateway: ManagementOptions

        func run() async throws {
            let pairs = filter.pairs
            try await gateway.printAnswer(as: Self.text) {
                client throws(ManagementClientError) in
                try await client.get("v1/backends", query: pairs)
            }
        }

        private static func text(_ list: BackendList) -> String {
            let table = BackendTable(list).description
            return table.isEmpty ? "no backends\n" : table + "\n"
        }
    }

    struct Mode: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whether a backend gets connections.",
            discussion: """
                active       it gets connections while it is healthy
                drain        it gets no new ones; those that it has go on, and it is checked
                maintenance  it gets no new ones and no checks; those that it has go on
                configured   what the configuration file says

                It holds until it is set again or the gateway restarts; a reload keeps it as long \
                as the backend stays where it is. To end the connections that a backend has: \
                sluice sessions close --backend ADDRESS.
                """
        )

        @Argument(
            help: "active, drain, maintenance or configured.",
            completion: .list(BackendModeChoice.allCases.map(\.rawValue))
        )
        var mode: BackendModeChoice

        @Argument(help: "The backend, as configured or as resolved: host:port.")
        var backend: String

        @OptionGroup var filter: BackendFilterOptions
        @OptionGroup var gateway: ManagementOptions

        func run() async throws {
            let pairs =
                filter.pairs + [
                    (key: "backend", value: backend), (key: "mode", value: mode.rawValue),
                ]
            try await gateway.printAnswer(as: { BackendTable($0).description + "\n" }) {
                client throws(ManagementClientError) in
                try await client.put("v1/backends", query: pairs)
            }
        }
    }
}

extension BackendModeChoice: ExpressibleByArgument {}
