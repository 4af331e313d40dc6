import ArgumentParser
import Control
import Operations
import Settings

/// `sluice check`: reports everything that is wrong or doubtful in a configuration; serves nothing.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a configuration file and report every error at once.",
        discussion: """
            Each error and warning is one line: file, line, column, key path, message, remedy. \
            Exits with 0 if the configuration can be served, with 78 if it cannot, and with 1 if \
            --live was given and no gateway answers.
            """
    )

    @OptionGroup var configuration: ConfigurationOption

    @Flag(help: "Also list the live sessions this configuration would close.")
    var live = false

    @Option(
        help: """
            With --live, the gateway's management address. (default: the file's management.listen)
            """,
        completion: .list([ManagementAddress.standard]),
        transform: ManagementOptions.address
    )
    var management: ManagementAddress?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let loaded =
            configuration.file.map { ConfigurationLoader().load(contentsOf: $0) }
            ?? ConfigurationLoader.withoutFile
        var report = ConfigurationReport(loaded)
        var failure: String?
        if live, let configuration = loaded.configuration {
            do throws(ManagementClientError) {
                let client = try client(for: configuration)
                report.live = preview(
                    of: configuration,
                    for: try await client.get(
                        "v1/sessions",
                        query: [(key: "limit", value: "100000")]
                    ).value,
                    at: try await client.status().value.startSettings
                )
            } catch {
                failure = "\(error)"
            }
        }
        try print(report)
        // EX_CONFIG (sysexits.h).
        if !report.valid { throw ExitCode(78) }
        guard let failure else { return }
        StandardError.print("sluice: \(failure)")
        throw ExitCode.failure
    }

    private func print(_ report: ConfigurationReport) throws {
        if json {
            StandardOutput.print(json: try report.json())
        } else {
            StandardOutput.print(report.text)
        }
    }

    private func preview(
        of configuration: GatewayConfiguration,
        for list: SessionList,
        at running: StartSettings
    ) -> ConfigurationReport.Live {
        if list.sessions.count < list.total {
            StandardError.print(
                "sluice: only the oldest \(list.sessions.count) of \(list.total) sessions were checked"
            )
        }
        return ConfigurationReport.Live(
            RevocationPreview(list.sessions, under: configuration, at: .systemTime),
            awaitingRestart: running.keys(changedIn: StartSettings(configuration.topology))
        )
    }

    /// Asks the gateway that the file configures.
    private func client(for configuration: GatewayConfiguration) throws(ManagementClientError)
        -> ManagementClient
    {
        let own = configuration.topology.management.map(ManagementAddress.init(listening:))
        guard let address = management ?? own else {
            throw .refused(
                "the configuration has no management.listen; name the gateway's by --management"
            )
        }
        return try ManagementClient(address.text)
    }
}
