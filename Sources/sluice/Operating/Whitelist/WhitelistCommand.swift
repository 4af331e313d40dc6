import ArgumentParser
import Control
import Text

/// `sluice whitelist`: which clients a warehouse admits.
struct WhitelistCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whitelist",
        abstract: "Show and change which clients a warehouse admits.",
        discussion: """
            A change is obeyed by the next connection, and closes the sessions that are no longer \
            admitted. Entries of files are read-only. A change that would cut off your own address, \
            or open the warehouse to the world, asks for confirmation (--yes).
            """,
        subcommands: [
            Show.self, List.self, Add.self, Change.self, Enable.self, Disable.self, Remove.self,
            Mode.self, Check.self, Import.self, Export.self,
        ],
        defaultSubcommand: List.self
    )
}

extension WhitelistCommand {
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a whitelist's mode, groups and lists."
        )

        @OptionGroup var warehouse: WarehouseOption
        @OptionGroup var watch: WatchOptions
        @OptionGroup var management: ManagementOptions

        func run() async throws {
            let gateway = management.gateway
            let path = try await gateway.run { try await warehouse.path($0) + "/whitelist" }
            try await gateway.show(.get(path), watching: watch) { (whitelist: WhitelistView) in
                whitelist.text
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List entries of a whitelist or of a group, with their hits."
        )

        @OptionGroup var place: EntryPlaceOptions

        @Option(help: "Only this list, named as in sluice whitelist show: entries, mysql, …")
        var list: String?

        @Option(help: "Only entries that contain this address.")
        var source: String?

        @Option(help: "Only entries with this text in the CIDR or the description.")
        var text: String?

        @OptionGroup var options: ListOptions

        func run() async throws {
            let query = PlaceFilterOptions.pairs([
                ("list", list), ("source", source), ("text", text),
            ])
            try await options.show({ try await place.path($0) + "/entries" }, query: query) {
                (entries: ManagementClient.Listing<EntryView>) in entries.table
            }
        }
    }

    struct Mode: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set a whitelist's mode.",
            discussion: """
                anywhere  all clients are admitted but those that an entry denies
                specific  only clients that an entry allows
                nowhere   no client
                """
        )

        enum Choice: String, CaseIterable, ExpressibleByArgument {
            case anywhere, specific, nowhere
        }

        @Argument(
            help: "anywhere, specific or nowhere.",
            completion: .list(Choice.allCases.map(\.rawValue))
        )
        var mode: Choice

        @OptionGroup var warehouse: WarehouseOption
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await change.make { client in
                ManagementRequest(
                    .patch,
                    try await warehouse.path(client) + "/whitelist",
                    body: ["mode": .string(mode.rawValue)]
                )
            } as: { (changed: Changed<WhitelistView>) in
                "whitelist\(changed.item.map { " of \($0.warehouseId)" } ?? ""): mode"
                    + " \(mode.rawValue)"
            }
        }
    }
}
