import ArgumentParser
import Control
import Text

/// A warehouse's way to a registered service.
struct OutboundEndpointView: ChangedItem {
    static let key = "endpoint"

    var endpointId: String
    var name: String
    var serviceId: String
    var address: String?
    var host: String?
    var port: Int
    var status: String?
    var connectivity: String?
    var lastFailure: String?
    var activeConnections: Int?

    /// Where the warehouse reaches it.
    var place: String { "\(host ?? "-"):\(port)" }
}

/// `sluice outbound endpoint`: a warehouse's ways to registered services.
struct OutboundEndpointCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "endpoint",
        abstract: "Manage a warehouse's outbound endpoints: its ways to registered services.",
        discussion: """
            An endpoint gets a port of the gateway, at which the warehouse reaches the service. Create \
            an endpoint for the service in the warehouse's cloud account, and give its DNS name as \
            the address. The endpoint is pending until the service was reached for the first time.
            """,
        subcommands: [List.self, Create.self, Change.self, Remove.self],
        defaultSubcommand: List.self
    )

    /// An endpoint and its warehouse.
    struct Argument: ParsableArguments {
        @ArgumentParser.Argument(help: "The endpoint's name or id.")
        var endpoint: String

        @OptionGroup var warehouse: WarehouseOption

        func path(_ client: ManagementClient) async throws -> String {
            try await warehouse.outboundPath(client) + "/\(endpoint.percentEncoded)"
        }
    }
}

extension WarehouseOption {
    fileprivate func outboundPath(_ client: ManagementClient) async throws -> String {
        try await privateLinkPath(client) + "/outbound-endpoints"
    }
}

extension OutboundEndpointCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List outbound endpoints, and whether their services can be reached."
        )

        @OptionGroup var warehouse: WarehouseOption
        @OptionGroup var options: ListOptions

        func run() async throws {
            try await options.show({ try await warehouse.outboundPath($0) }) {
                (endpoints: ManagementClient.Listing<OutboundEndpointView>) in
                endpoints.table(
                    [
                        "NAME", "REACHED AT", "SERVICE", "ADDRESS", "STATUS", "CONNECTIVITY",
                        "CONNS",
                    ],
                    empty: "no outbound endpoints"
                ) { endpoint in
                    [
                        endpoint.name, endpoint.place, endpoint.serviceId, endpoint.address.cell,
                        endpoint.status.cell, endpoint.connectivity.cell,
                        (endpoint.activeConnections ?? 0).description,
                    ]
                }
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create an outbound endpoint on a registered service."
        )

        @ArgumentParser.Argument(help: "Its name: letters, digits, - and _.")
        var name: String

        @Option(help: "The registered service's id (sluice outbound).")
        var service: String

        @Option(
            help: "Where the gateway connects to: the DNS name that the cloud gave, and a port."
        )
        var address: String?

        @Option(help: "What it is for.")
        var description: String?

        @OptionGroup var warehouse: WarehouseOption
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            let body = JSONValue(present: [
                "name": .string(name),
                "serviceId": .string(service),
                "address": address.map(JSONValue.string),
                "description": description.map(JSONValue.string),
            ])
            try await change.make { client in
                ManagementRequest(.post, try await warehouse.outboundPath(client), body: body)
            } as: { (changed: Changed<OutboundEndpointView>) in
                let place = changed.item.map { ", reached at \($0.place)" } ?? ""
                return "created outbound endpoint \(name)\(place)"
            }
        }
    }

    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change an outbound endpoint's address, name or description."
        )

        @OptionGroup var argument: Argument

        @Option(
            help: "Where the gateway connects to: the DNS name that the cloud gave, and a port."
        )
        var address: String?

        @Option(help: "Another name.")
        var name: String?

        @Option(help: "Another description.")
        var description: String?

        @OptionGroup var change: ChangeOptions

        private var body: JSONValue {
            JSONValue(present: [
                "address": address.map(JSONValue.string),
                "name": name.map(JSONValue.string),
                "description": description.map(JSONValue.string),
            ])
        }

        func validate() throws {
            if body == [:] { throw ValidationError("nothing to change (see --help)") }
        }

        func run() async throws {
            let body = body
            try await change.make {
                ManagementRequest(.patch, try await argument.path($0), body: body)
            } as: { (_: Changed<OutboundEndpointView>) in
                "changed outbound endpoint \(argument.endpoint)"
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove an outbound endpoint, and close its sessions."
        )

        @OptionGroup var argument: Argument
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await change.make {
                ManagementRequest(.delete, try await argument.path($0))
            } as: { (_: Changed<OutboundEndpointView>) in
                "removed outbound endpoint \(argument.endpoint)"
            }
        }
    }
}
