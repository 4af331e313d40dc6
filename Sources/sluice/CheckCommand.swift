import ArgumentParser
import Control
import Core

/// `sluice check`: says everything that is wrong or doubtful in a configuration; serves nothing.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a configuration file and report every fault at once.",
        discussion: """
            Each fault and warning is one line: file, line, column, key path, message, remedy. \
            Exits with 0 if the configuration can be served, and with 78 if it cannot.
            """
    )

    @Option(
        help: "The configuration file. (default: sluice.yaml, then /etc/sluice/sluice.yaml)",
        completion: .configurationFile
    )
    var config: String?

    @Flag(help: "Say too which sessions of the running gateway the configuration would close.")
    var live = false

    @OptionGroup var gateway: ManagementOptions

    func run() async throws {
        let file =
            config ?? ConfigurationLoader.standardPath() ?? ConfigurationLoader.standardPaths[0]
        let loaded = ConfigurationLoader().load(contentsOf: file)
        var report = ConfigurationReport(loaded)
        if live, let configuration = loaded.configuration {
            report.live = try await preview(of: configuration)
        }
        print(gateway.json ? try report.json() : report.text)
        // EX_CONFIG (sysexits.h).
        if !report.valid { throw ExitCode(78) }
    }

    private func preview(of configuration: GatewayConfiguration) async throws
        -> ConfigurationReport.Live
    {
        let list = try await runningSessions()
        if list.sessions.count < list.total {
            StandardError.print(
                "sluice: only the oldest \(list.sessions.count) of \(list.total) sessions were asked about"
            )
        }
        let preview = try RevocationPreview(list.sessions, under: configuration, at: .systemTime)
        return ConfigurationReport.Live(
            preview,
            awaitingRestart: try await startSettings().keys(
                changedIn: StartSettings(configuration)
            )
        )
    }

    private func startSettings() async throws -> StartSettings {
        try await ask { client throws(ManagementClientError) in
            try await client.status().value.startSettings
        }
    }

    private func runningSessions() async throws -> SessionList {
        try await ask { client throws(ManagementClientError) in
            let query = [(key: "limit", value: "100000")]
            return try await client.get("v1/sessions", query: query).value
        }
    }

    private func ask<Answer>(
        _ question: (ManagementClient) async throws(ManagementClientError) -> Answer
    ) async throws -> Answer {
        do throws(ManagementClientError) {
            return try await question(try ManagementClient(gateway.management))
        } catch {
            StandardError.print("sluice: \(error)")
            throw ExitCode.failure
        }
    }
}
