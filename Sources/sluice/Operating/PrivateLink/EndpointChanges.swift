import ArgumentParser
import Control
import Text

/// A private endpoint of a warehouse, as the command line shows it.
struct EndpointView: ChangedItem {
    static let key = "endpoint"

    var endpointId: String
    /// With its cloud: `aws:vpce-…`.
    var endpoint: String?
    var state: String?

    var words: String { endpoint ?? endpointId }
}

/// An endpoint and its warehouse.
struct EndpointArgument: ParsableArguments {
    @Argument(
        help: "The endpoint, such as vpce-0123456789abcdef0, or with its cloud: aws:vpce-….",
        completion: .endpoints
    )
    var endpoint: String

    @OptionGroup var warehouse: WarehouseOption

    /// - Parameter action: what is to be done with it; the last part of the path.
    func path(_ client: ManagementClient, action: String? = nil) async throws -> String {
        let base = try await warehouse.privateLinkPath(client)
        return "\(base)/endpoints/\(endpoint.percentEncoded)" + (action.map { "/\($0)" } ?? "")
    }
}

extension EndpointCommand {
    struct Register: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Register an endpoint, which approves it.",
            discussion: """
                Registering an endpoint again changes its description and DNS name; one that was \
                rejected stays rejected (sluice endpoint accept).
                """
        )

        @OptionGroup var argument: EndpointArgument

        @Option(help: "The DNS name under which its consumers reach the warehouse.")
        var dnsName: String?

        @Option(help: "Whose endpoint it is.")
        var description: String?

        @OptionGroup var management: ManagementOptions

        func run() async throws {
            let gateway = management.gateway
            try await gateway.run { client in
                let request = ManagementRequest(
                    .post,
                    try await argument.warehouse.privateLinkPath(client) + "/endpoints",
                    body: JSONValue(present: [
                        "endpointId": .string(argument.endpoint),
                        "dnsName": dnsName.map(JSONValue.string),
                        "description": description.map(JSONValue.string),
                    ])
                )
                let answer: ManagementClient.Answer<RegisteredEndpoint> =
                    try await client.send(request)
                gateway.print(answer) { "\($0.text(argument.endpoint))\n" }
            }
        }
    }

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Accept an endpoint: its connections are admitted."
        )

        @OptionGroup var argument: EndpointArgument
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            let gateway = change.management.gateway
            try await gateway.run { client in
                let path = try await argument.path(client, action: "accept")
                do {
                    let answer: ManagementClient.Answer<Changed<EndpointView>> =
                        try await change.send(ManagementRequest(.post, path), by: client)
                    change.report(answer, to: gateway) {
                        "accepted endpoint \($0.item?.words ?? argument.endpoint)"
                    }
                } catch let error as ManagementClientError
                    where error.refusal?.code == "EndpointNotFound"
                {
                    throw CommandFailure(
                        "\(error) To approve it: sluice endpoint register"
                            + " \(argument.endpoint.shellQuoted)"
                    )
                }
            }
        }
    }

    struct Reject: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Reject an endpoint: its connections are denied, its sessions closed."
        )

        @OptionGroup var argument: EndpointArgument
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await change.make {
                ManagementRequest(.post, try await argument.path($0, action: "reject"))
            } as: { (changed: Changed<EndpointView>) in
                "rejected endpoint \(changed.item?.words ?? argument.endpoint)"
            }
        }
    }

    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change an endpoint's description, DNS name, service or connection limit."
        )

        @OptionGroup var argument: EndpointArgument

        @Option(help: "Another DNS name.")
        var dnsName: String?

        @Option(help: "Another description.")
        var description: String?

        @Option(help: "The endpoint service it belongs to.", completion: .services)
        var service: String?

        @Option(help: "Maximum number of connections at the same time; 0 for no limit.")
        var connectionLimit: Int?

        @OptionGroup var change: ChangeOptions

        private var body: JSONValue {
            JSONValue(present: [
                "dnsName": dnsName.map(JSONValue.string),
                "description": description.map(JSONValue.string),
                "serviceId": service.map(JSONValue.string),
                "connectionLimit": connectionLimit.map { .number("\($0)") },
            ])
        }

        func validate() throws {
            if body == [:] { throw ValidationError("nothing to change (see --help)") }
            if let connectionLimit, connectionLimit < 0 {
                throw ValidationError("invalid --connection-limit \(connectionLimit)")
            }
        }

        func run() async throws {
            try await change.make {
                ManagementRequest(.patch, try await argument.path($0), body: body)
            } as: { (changed: Changed<EndpointView>) in
                "changed endpoint \(changed.item?.words ?? argument.endpoint)"
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove an endpoint: it is unknown again."
        )

        @OptionGroup var argument: EndpointArgument
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await change.make {
                ManagementRequest(.delete, try await argument.path($0))
            } as: { (changed: Changed<EndpointView>) in
                "removed endpoint \(changed.item?.words ?? argument.endpoint)"
            }
        }
    }
}

/// The answer to a registration.
struct RegisteredEndpoint: Decodable {
    /// In the words of the endpoint's cloud.
    var status: String?

    /// - Parameter endpoint: as it was named.
    func text(_ endpoint: String) -> String {
        "registered endpoint \(endpoint)" + (status.map { ", status \($0)" } ?? "")
    }
}

/// The answer to a write of the contract, which is not further defined.
struct ContractAnswer: Decodable {}
