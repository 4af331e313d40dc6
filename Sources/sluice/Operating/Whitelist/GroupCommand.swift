import ArgumentParser
import Control
import Text

/// A group of entries that several whitelists can use.
struct GroupView: ChangedItem {
    static let key = "group"

    var name: String
    var description: String?
    var count: Int?
    var warehouses: [String]?
}

/// `sluice group`: lists of entries that several warehouses share.
struct GroupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "group",
        abstract: "Manage groups of entries that several warehouses share.",
        discussion: "A group's entries: sluice whitelist list --group NAME, and add, remove, …",
        subcommands: [
            List.self, Create.self, Rename.self, Describe.self, Remove.self, Attach.self,
            Detach.self,
        ],
        defaultSubcommand: List.self
    )

    /// A group by name.
    struct Name: ParsableArguments {
        @Argument(help: "The group's name.", completion: .groups)
        var group: String

        var path: String { "v1/groups/\(group.percentEncoded)" }
    }
}

extension GroupCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List groups and the warehouses that use them."
        )

        @OptionGroup var options: ListOptions

        func run() async throws {
            try await options.show({ _ in "v1/groups" }) {
                (groups: ManagementClient.Listing<GroupView>) in
                groups.table(
                    ["GROUP", .number("ENTRIES"), "WAREHOUSES", "DESCRIPTION"],
                    empty: "no groups"
                ) { group in
                    [
                        group.name, group.count.cell, group.warehouses.cell,
                        group.description.cell,
                    ]
                }
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create an empty group.")

        @Argument(help: "The new group's name.")
        var group: String

        @Option(help: "What the group is for.")
        var description: String?

        @OptionGroup var change: ChangeOptions

        func run() async throws {
            let body = JSONValue(present: [
                "name": .string(group), "description": description.map(JSONValue.string),
            ])
            try await change.make { _ in
                ManagementRequest(.post, "v1/groups", body: body)
            } as: {
                (_: Changed<GroupView>) in
                "created group \(group)"
            }
        }
    }

    struct Rename: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Rename a group; warehouses keep using it."
        )

        @OptionGroup var name: Name

        @Argument(help: "The new name.")
        var newName: String

        @OptionGroup var change: ChangeOptions

        func run() async throws {
            let request = ManagementRequest(.patch, name.path, body: ["name": .string(newName)])
            try await change.make { _ in
                request
            } as: { (_: Changed<GroupView>) in
                "renamed group \(name.group) to \(newName)"
            }
        }
    }

    struct Describe: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Set a group's description.")

        @OptionGroup var name: Name

        @Argument(help: "What the group is for.")
        var text: String

        @OptionGroup var change: ChangeOptions

        func run() async throws {
            let request = ManagementRequest(.patch, name.path, body: ["description": .string(text)])
            try await change.make { _ in
                request
            } as: { (_: Changed<GroupView>) in
                "described group \(name.group)"
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a group that no warehouse uses."
        )

        @OptionGroup var name: Name
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await change.make { _ in
                ManagementRequest(.delete, name.path)
            } as: {
                (_: Changed<GroupView>) in
                "removed group \(name.group)"
            }
        }
    }
}
