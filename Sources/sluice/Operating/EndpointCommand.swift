import ArgumentParser
import Control
import Operations

/// `sluice endpoint`: the private endpoints of a gateway.
struct EndpointCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "endpoint",
        abstract: "Show private endpoints, and unknown ones that connections named.",
        subcommands: [List.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the endpoints with their states, and what to approve.",
            discussion: """
                An unknown endpoint is one that a trusted load balancer named, and that no \
                warehouse knows: its connections are denied. To let it in, add it under the \
                warehouse's endpoints with state: available, and reload.
                """
        )

        @OptionGroup var gateway: ManagementOptions

        func run() async throws {
            try await gateway.printAnswer(as: { EndpointTable($0).description }) {
                client throws(ManagementClientError) in try await client.get("v1/endpoints")
            }
        }
    }
}
