import ArgumentParser
import Control
import Operations

/// `sluice endpoint`: lists a gateway's private endpoints.
struct EndpointCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "endpoint",
        abstract: "Show private endpoints, and unknown ones seen in connections.",
        subcommands: [List.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List endpoints with their states, and unknown endpoints to approve.",
            discussion: """
                An unknown endpoint was named by a trusted load balancer but is not configured for \
                any warehouse: its connections are denied. To admit it, add it to the warehouse's \
                endpoints with state: available, and reload.
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
