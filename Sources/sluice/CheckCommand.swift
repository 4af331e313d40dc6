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
            Prints one line per error or warning: file, line, column, key path, message, remedy. If \
            the policy is in a store, --live judges sessions by it, and needs a key with the role \
            administer or the local socket.

            Exit codes: 0 the configuration is valid, 1 the gateway rejects --live, 64 incorrect \
            usage, 69 --live finds no gateway, 77 it is not permitted, 78 the configuration is \
            invalid.
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
        transform: GatewayOptions.address
    )
    var management: ManagementAddress?

    @Option(
        help: ArgumentHelp("The gateway's local socket for --live.", valueName: "path"),
        completion: .file(extensions: ["sock"])
    )
    var socket: String?

    @Option(
        help: ArgumentHelp("A gateway by name for --live; see sluice context.", valueName: "name"),
        completion: .contexts
    )
    var context: String?

    @Option(
        help: ArgumentHelp(
            "Authorities that may have issued the gateway's certificate, for --live.",
            valueName: "file"
        ),
        completion: .file()
    )
    var ca: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let loader = ConfigurationLoader(triesFiles: true)
        let loaded =
            configuration.file.map { loader.load(contentsOf: $0) }
            ?? ConfigurationLoader.withoutFile
        var report = ConfigurationReport(loaded)
        var failure: (any Error)?
        if live, let configuration = loaded.configuration {
            do {
                report.live = try await livePreview(of: configuration)
            } catch {
                failure = error
            }
        }
        try print(report)
        if !report.valid { throw GatewayExit.configuration }
        if let failure { throw failure }
    }

    /// What the running gateway would do with the configuration.
    private func livePreview(of configuration: GatewayConfiguration) async throws
        -> ConfigurationReport.Live
    {
        let gateway = GatewaySession { try target(for: configuration.topology) }
        return try await gateway.run(answeringWithin: BackupCommand.patience) { client in
            let running = try await client.status().value.startSettings
            var configuration = configuration
            // Where the policy comes from changes only with a restart.
            if running.policyAuthority == .store {
                configuration.policy = try await client.storedPolicy(with: configuration.policy)
            }
            return preview(
                of: configuration,
                for: try await client.get(
                    "v1/sessions",
                    query: [(key: "limit", value: "100000")]
                ).value,
                at: running
            )
        }
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
            awaitingRestart: running.keys(changedIn: StartSettings(configuration.topology)),
            policy: running.policyAuthority
        )
    }

    /// The gateway that the options name, otherwise the one that the file configures.
    private func target(for topology: Topology) throws -> ManagementTarget {
        var options = GatewayOptions()
        (options.management, options.socket, options.context) = (management, socket, context)
        options.ca = ca
        return try options.target(of: topology)
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
            "\(revoked.count.of("running session")) would be closed, \(keptCount) kept"
                + (policy == .store ? " (by the policy in the store)" : ""),
            keys.isEmpty ? nil : "changed, but requires a restart: \(keys)",
        ].compactMap(\.self).joined(separator: "\n")
    }
}
