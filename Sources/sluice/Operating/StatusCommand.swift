import ArgumentParser
import Control
import Operations

/// `sluice status`: shows the state of a running gateway.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the state of a running gateway."
    )

    @OptionGroup var gateway: ManagementOptions

    func run() async throws {
        try await gateway.printAnswer(as: { StatusTable($0).description }) {
            client throws(ManagementClientError) in try await client.status()
        }
    }
}
