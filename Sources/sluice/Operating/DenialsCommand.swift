import ArgumentParser
import Control
import Core

/// `sluice denials`: who was denied of late, and why.
struct DenialsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "denials",
        abstract: "Show who was denied of late, and why.",
        discussion: """
            A source is an IPv4 address or an IPv6 /64. The gateway remembers the latest few \
            thousand pairs of source and reason; its access log has a bounded number of lines of \
            each, which say how many they stand for.
            """
    )

    @Option(help: "Show so many at most, the latest first.")
    var limit = 100

    @OptionGroup var gateway: ManagementOptions

    func run() async throws {
        let query = [(key: "limit", value: "\(limit)")]
        try await gateway.printAnswer(as: { DenialList($0).description }) {
            client throws(ManagementClientError) in
            try await client.get("v1/denials", query: query)
        }
    }
}
