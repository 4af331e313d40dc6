import ArgumentParser
import Control
import Core

/// `sluice status`: asks a running gateway how it does.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what a running gateway does."
    )

    @Option(help: "The gateway's management address.")
    var management = "127.0.0.1:7080"

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        do throws(ManagementClientError) {
            let answer = try await ManagementClient(management).status()
            print(json ? answer.json : StatusTable(answer.status).description, terminator: "")
        } catch {
            StandardError.print("sluice: \(error)")
            throw ExitCode.failure
        }
    }
}
