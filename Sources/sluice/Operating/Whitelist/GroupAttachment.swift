import ArgumentParser
import Control
import Text

extension GroupCommand {
    struct Attach: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a warehouse's whitelist use a group."
        )

        @OptionGroup var name: Name
        @OptionGroup var warehouse: WarehouseOption
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            let group = name.group
            try await change.makeGroups(of: warehouse) { groups throws(CommandFailure) in
                guard !groups.contains(group) else {
                    throw CommandFailure("the warehouse already uses group \(group)")
                }
                return groups + [group]
            } done: {
                "attached group \(group) to \($0)"
            }
        }
    }

    struct Detach: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a warehouse's whitelist no longer use a group."
        )

        @OptionGroup var name: Name
        @OptionGroup var warehouse: WarehouseOption
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            let group = name.group
            try await change.makeGroups(of: warehouse) { groups throws(CommandFailure) in
                guard groups.contains(group) else {
                    throw CommandFailure("the warehouse does not use group \(group)")
                }
                return groups.filter { $0 != group }
            } done: {
                "detached group \(group) from \($0)"
            }
        }
    }
}

extension ChangeOptions {
    /// Changes the groups that a warehouse's whitelist uses, unless somebody else changes the
    /// whitelist meanwhile.
    ///
    /// - Parameter done: makes the line about it from the warehouse's id.
    fileprivate func makeGroups(
        of warehouse: WarehouseOption,
        _ edit: ([String]) throws(CommandFailure) -> [String],
        done: (String) -> String
    ) async throws {
        try await make { client in
            let path = try await warehouse.path(client) + "/whitelist"
            let whitelist: WhitelistView = try await client.get(path).value
            let groups = try edit(whitelist.groups ?? [])
            return ManagementRequest(
                .patch,
                path,
                body: JSONValue(present: [
                    "groups": .array(groups.map(JSONValue.string)),
                    "version": whitelist.version.map { .number("\($0)") },
                ])
            )
        } as: { (changed: Changed<WhitelistView>) in
            done(changed.item?.warehouseId ?? "the warehouse")
        }
    }
}
