import Addresses
import ArgumentParser
import Control
import Operations
import Policy
import Settings
import Text

/// `sluice check`: reports all errors and warnings of a configuration; serves nothing.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a configuration file and report every error at once.",
        discussion: """
            Prints one line per error or warning: file, line, column, key path, message, remedy.

            Exit codes: 0 the configuration is valid, 1 --live cannot reach the gateway, 64 \
            incorrect usage, 78 the configuration is invalid.
            """
    )

    @OptionGroup var configuration: ConfigurationOption

    @Flag(help: "Also list the live sessions this configuration would close.")
    var live = false

    @Option(
        help: """
            The gateway's management address for --live. (default: the file's management.listen)
            """,
        completion: .list([ManagementAddress.standard.text]),
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
            let texts = [report.text, report.live?.text].compactMap(\.self)
            StandardOutput.print(texts.joined(separator: "\n"))
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

    /// A client for the gateway that the file configures.
    private func client(for configuration: GatewayConfiguration) throws(ManagementClientError)
        -> ManagementClient
    {
        let own = configuration.topology.management.map(ManagementAddress.init(listening:))
        guard let address = management ?? own else {
            throw .refused(
                "the configuration has no management.listen (use --management HOST:PORT)"
            )
        }
        return ManagementClient(address)
    }
}

extension ConfigurationReport.Live {
    /// The effect on running sessions as a table for people.
    var text: String {
        let headings: [Columns.Heading] = [
            .number("WOULD CLOSE"), "WAREHOUSE", "LISTENER", "CLIENT", "ENDPOINT", "REASON",
        ]
        let rows = revoked.map { revoked in
            let session = revoked.session
            return [
                "\(session.connection)", session.warehouse, session.listener,
                session.client.description, session.endpoint?.description ?? "-",
                revoked.reason.rawValue,
            ]
        }
        let keys = awaitingRestart.joined(separator: ", ")
        return [
            rows.isEmpty ? nil : Columns(headings, rows).description,
            "\(revoked.count.of("running session")) would be closed, \(keptCount) kept",
            keys.isEmpty ? nil : "changed, but requires a restart: \(keys)",
        ].compactMap(\.self).joined(separator: "\n")
    }
}
