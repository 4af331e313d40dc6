import ArgumentParser
import Control
import Text

extension ServiceCommand {
    /// Who may request endpoints of a service.
    struct Principal: ParsableArguments {
        @OptionGroup var argument: Argument

        @ArgumentParser.Argument(
            help: "An AWS ARN, an Azure subscription, a project or account id, or * for all."
        )
        var principal: String

        func path(_ client: ManagementClient) async throws -> String {
            try await argument.path(client) + "/principals"
        }
    }

    struct Allow: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Allow a principal to request endpoints of a service."
        )

        @OptionGroup var principal: Principal
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            let name = principal.principal
            try await change.make { client in
                ManagementRequest(
                    .post,
                    try await principal.path(client),
                    body: ["principal": .string(name)]
                )
            } as: { (_: Changed<ServiceView>) in
                "allowed \(name) to request endpoints of \(principal.argument.service)"
            }
        }
    }

    struct Disallow: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "No longer allow a principal to request endpoints of a service."
        )

        @OptionGroup var principal: Principal
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            let name = principal.principal
            try await change.make { client in
                ManagementRequest(
                    .delete,
                    try await principal.path(client),
                    query: [(key: "principal", value: name)]
                )
            } as: { (_: Changed<ServiceView>) in
                "\(name) may no longer request endpoints of \(principal.argument.service)"
            }
        }
    }
}
