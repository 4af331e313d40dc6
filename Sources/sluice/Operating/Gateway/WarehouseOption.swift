import ArgumentParser
import Control
import Text

/// A warehouse as a list of the gateway shows it.
struct WarehouseView: Decodable {
    var warehouseId: String
}

/// Which warehouse a command is about.
struct WarehouseOption: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: "The warehouse's id. (default: the gateway's only one)",
        completion: .warehouses
    )
    var warehouse: String?

    /// The id that was given, or that of the only warehouse.
    func id(_ client: ManagementClient) async throws -> String {
        if let warehouse { return warehouse }
        return try await Self.only(client, use: "--warehouse")
    }

    /// The id that was given, or that of the only one of a configuration file.
    func id(among ids: [String]) throws(CommandFailure) -> String {
        if let warehouse { return warehouse }
        guard let only = ids.first, ids.count == 1 else {
            throw Self.ambiguous(ids, of: ids.count, use: "--warehouse")
        }
        return only
    }

    /// The id of the only warehouse.
    ///
    /// - Parameter option: what names one of several.
    static func only(_ client: ManagementClient, use option: String) async throws -> String {
        let list: ManagementClient.Listing<WarehouseView> =
            try await client.list("v1/warehouses", limit: 10).value
        guard let only = list.elements.first, list.total == 1 else {
            throw ambiguous(list.elements.map(\.warehouseId), of: list.total, use: option)
        }
        return only.warehouseId
    }

    /// The API's path of the warehouse's endpoints and services.
    func privateLinkPath(_ client: ManagementClient) async throws -> String {
        "v1/private-link/warehouses/\(try await id(client).percentEncoded)"
    }

    func path(_ client: ManagementClient) async throws -> String {
        "v1/warehouses/\(try await id(client).percentEncoded)"
    }

    private static func ambiguous(
        _ ids: [String],
        of total: Int,
        use option: String
    ) -> CommandFailure {
        if total == 0 { return CommandFailure("there is no warehouse") }
        let names = ids.joined(separator: ", ") + (total > ids.count ? ", …" : "")
        return CommandFailure(
            "several warehouses (use \(option) with one of \(names))",
            code: GatewayExit.usage
        )
    }
}

/// A warehouse that is named by its id alone, or by `--warehouse` as elsewhere.
struct WarehouseArgument: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The warehouse's id. (default: the only one)",
            valueName: "warehouse"
        ),
        completion: .warehouses
    )
    var id: String?

    @Option(
        name: .shortAndLong,
        help: "The warehouse's id, as for other commands.",
        completion: .warehouses
    )
    var warehouse: String?

    /// `nil` for the only one.
    var named: String? { id ?? warehouse }

    func validate() throws {
        if id != nil, warehouse != nil {
            throw ValidationError("the warehouse is named twice")
        }
    }
}

/// Which list of entries a command is about.
struct EntryPlaceOptions: ParsableArguments {
    @OptionGroup var warehouse: WarehouseOption

    @Option(
        help: ArgumentHelp("A group of entries, instead of a warehouse.", valueName: "name"),
        completion: .groups
    )
    var group: String?

    func validate() throws {
        if group != nil, warehouse.warehouse != nil {
            throw ValidationError("--group and --warehouse cannot be combined")
        }
    }

    /// The API's path of what has the entries.
    func path(_ client: ManagementClient) async throws -> String {
        if let group { return "v1/groups/\(group.percentEncoded)" }
        return try await warehouse.path(client) + "/whitelist"
    }
}
