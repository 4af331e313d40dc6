import ArgumentParser
import Control
import Operations

/// `sluice status`: asks a running gateway how it does.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what a running gateway does."
    )

    @OptionGroup var gateway: ManagementOptions

    func run() async throws {
        try await gateway.printAnswer(as: { StatusTable($0).description }) {
            client throws(ManagementClientError) in try await client.status()
        }
    }
}
