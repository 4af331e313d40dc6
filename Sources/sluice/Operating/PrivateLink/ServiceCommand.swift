import ArgumentParser
import Control
import Text

/// An endpoint service of a warehouse: the provider's end of its private links.
struct ServiceView: ChangedItem {
    static let key = "service"

    var serviceId: String
    var cloud: String?
    var region: String?
    var name: String?
    var description: String?
    var acceptance: String?
    var allowedPrincipals: [String]?
}

/// `sluice service`: the endpoint services through which private links reach a warehouse.
struct ServiceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "service",
        abstract: "Manage the endpoint services of a warehouse and who may connect to them.",
        subcommands: [
            List.self, Create.self, Change.self, Remove.self, Allow.self, Disallow.self,
        ],
        defaultSubcommand: List.self
    )

    /// A service and its warehouse.
    struct Argument: ParsableArguments {
        @ArgumentParser.Argument(
            help: "The service, such as vpce-svc-0123456789abcdef0.",
            completion: .services
        )
        var service: String

        @OptionGroup var warehouse: WarehouseOption

        func path(_ client: ManagementClient) async throws -> String {
            "\(try await warehouse.privateLinkPath(client))/services/\(service.percentEncoded)"
        }
    }

    /// How requested endpoints are accepted.
    enum Acceptance: String, CaseIterable, ExpressibleByArgument {
        case manual, automatic
    }

    /// What a service may be changed to; the same for a new one.
    struct Settings: ParsableArguments {
        @Option(help: "Its name in the cloud, such as com.amazonaws.vpce.us-east-1.vpce-svc-….")
        var name: String?

        @Option(help: "Its alias (Azure).")
        var alias: String?

        @Option(help: "What it is for.")
        var description: String?

        @Option(
            name: .customLong("zone"),
            help: "An availability zone in which it is offered; may be repeated."
        )
        var zones: [String] = []

        @Option(
            help: "How endpoints are accepted: manual or automatic.",
            completion: .list(Acceptance.allCases.map(\.rawValue))
        )
        var acceptance: Acceptance?

        var members: [String: JSONValue?] {
            [
                "name": name.map(JSONValue.string),
                "alias": alias.map(JSONValue.string),
                "description": description.map(JSONValue.string),
                "zones": zones.isEmpty ? nil : .array(zones.map(JSONValue.string)),
                "acceptance": acceptance.map { .string($0.rawValue) },
            ]
        }
    }
}

extension ServiceCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List endpoint services and their allowed principals."
        )

        @OptionGroup var warehouse: WarehouseOption
        @OptionGroup var options: ListOptions

        func run() async throws {
            try await options.show({ try await warehouse.privateLinkPath($0) + "/services" }) {
                (services: ManagementClient.Listing<ServiceView>) in
                services.table(
                    ["SERVICE", "CLOUD", "REGION", "ACCEPTANCE", "PRINCIPALS", "DESCRIPTION"],
                    empty: "no services"
                ) { service in
                    [
                        service.serviceId, service.cloud.cell, service.region.cell,
                        service.acceptance.cell, service.allowedPrincipals.cell,
                        service.description.cell,
                    ]
                }
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create an endpoint service for a warehouse."
        )

        @ArgumentParser.Argument(help: "Its id, such as vpce-svc-0123456789abcdef0.")
        var service: String

        @Option(
            help: "Its cloud: aws, azure, gcp or alibaba.",
            completion: .list(["aws", "azure", "gcp", "alibaba"])
        )
        var cloud: String

        @Option(help: "Its region, such as us-east-1.")
        var region: String

        @Option(
            name: .customLong("principal"),
            help: "A principal that may request endpoints; may be repeated."
        )
        var principals: [String] = []

        @OptionGroup var settings: Settings
        @OptionGroup var warehouse: WarehouseOption
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            var members = settings.members
            members["serviceId"] = .string(service)
            members["cloud"] = .string(cloud)
            members["region"] = .string(region)
            members["allowedPrincipals"] =
                principals.isEmpty ? nil : .array(principals.map(JSONValue.string))
            let body = JSONValue(present: members)
            try await change.make { client in
                ManagementRequest(
                    .post,
                    try await warehouse.privateLinkPath(client) + "/services",
                    body: body
                )
            } as: { (_: Changed<ServiceView>) in
                "created service \(service)"
            }
        }
    }

    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Change an endpoint service.")

        @OptionGroup var argument: Argument
        @OptionGroup var settings: Settings
        @OptionGroup var change: ChangeOptions

        func validate() throws {
            if JSONValue(present: settings.members) == [:] {
                throw ValidationError("nothing to change (see --help)")
            }
        }

        func run() async throws {
            let body = JSONValue(present: settings.members)
            try await change.make {
                ManagementRequest(.patch, try await argument.path($0), body: body)
            } as: { (_: Changed<ServiceView>) in
                "changed service \(argument.service)"
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove an endpoint service.")

        @OptionGroup var argument: Argument
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await change.make {
                ManagementRequest(.delete, try await argument.path($0))
            } as: { (_: Changed<ServiceView>) in
                "removed service \(argument.service)"
            }
        }
    }
}
