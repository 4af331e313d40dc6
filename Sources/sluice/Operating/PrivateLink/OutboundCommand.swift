import ArgumentParser
import Control
import Text

/// A service of somebody else that the organization's warehouses reach by private link.
struct OutboundServiceView: Decodable {
    var endpointServiceId: String
    var endpointServiceName: String?
    var cloudProvider: String?
    var region: String?
    var description: String?
    var connected: Bool?
}

/// `sluice outbound`: the services that warehouses reach by private link. The calls are the
/// contract's: they cannot be tried first.
struct OutboundCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outbound",
        abstract: "Manage outbound services, and the warehouses' endpoints on them.",
        subcommands: [
            List.self, Register.self, Remove.self, OutboundEndpointCommand.self,
        ],
        defaultSubcommand: List.self
    )

    fileprivate static let path = "v1/private-link/endpoint-services"
}

extension OutboundCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List outbound services.")

        @OptionGroup var options: ListOptions

        func run() async throws {
            try await options.show({ _ in OutboundCommand.path }, isPaged: false) {
                (services: ManagementClient.Listing<OutboundServiceView>) in
                services.table(
                    ["SERVICE", "NAME", "CLOUD", "REGION", "CONNECTED", "DESCRIPTION"],
                    empty: "no outbound services"
                ) { service in
                    [
                        service.endpointServiceId, service.endpointServiceName.cell,
                        service.cloudProvider.cell, service.region.cell,
                        service.connected.map { $0 ? "yes" : "no" }.cell,
                        service.description.cell,
                    ]
                }
            }
        }
    }

    struct Register: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Register an outbound service.")

        @Argument(help: "The service's id, such as vpce-svc-0123456789abcdef0.")
        var service: String

        @Option(help: "Its name in the cloud. (default: the id)")
        var name: String?

        @Option(
            help: "Its cloud, as the contract calls it.",
            completion: .list([
                "aws", "azure", "gcp", "aliyun", "tencent_cloud", "hwcloud", "aws-cn",
            ])
        )
        var cloud: String

        @Option(help: "Its region, such as us-east-1.")
        var region: String

        @Option(help: "What it is for.")
        var description: String?

        @OptionGroup var management: ManagementOptions

        func run() async throws {
            let request = ManagementRequest(
                .post,
                OutboundCommand.path,
                body: JSONValue(present: [
                    "endpointServiceId": .string(service),
                    "endpointServiceName": .string(name ?? service),
                    "cloudProvider": .string(cloud),
                    "region": .string(region),
                    "description": description.map(JSONValue.string),
                ])
            )
            try await management.gateway.show(request) { (_: ContractAnswer) in
                "registered outbound service \(service)\n"
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove an outbound service.")

        @Argument(help: "The service's id.")
        var service: String

        @OptionGroup var management: ManagementOptions

        func run() async throws {
            // The id is the rest of the path, as the contract's clients send it.
            let isKept = { (byte: UInt8) in byte.isUnreserved || byte == UInt8(ascii: "/") }
            let request = ManagementRequest(
                .delete,
                "\(OutboundCommand.path)/\(service.percentEncoded(except: isKept))"
            )
            try await management.gateway.show(request) { (_: ContractAnswer) in
                "removed outbound service \(service)\n"
            }
        }
    }
}
