import ArgumentParser
import Operations

/// The command line; each command is in its own file.
struct Sluice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "A connectivity gateway in front of a data warehouse.",
        discussion: """
            Sluice accepts MySQL, HTTP and TCP connections, checks each client against a whitelist \
            before it dials a backend, reads and writes PROXY protocol headers, and forwards to the \
            warehouse.

            Exit codes: 0 success, 1 failure, 5 a change was not confirmed, 64 incorrect usage, 65 \
            invalid input, 69 no gateway, 77 not permitted, 78 an invalid configuration.
            """,
        version: "sluice \(Version.current)",
        subcommands: [
            ServeCommand.self, CheckCommand.self, ReloadCommand.self, DemoCommand.self,
            StatusCommand.self, SessionsCommand.self, DenialsCommand.self,
            ExplainAccessCommand.self, EventsCommand.self, CountsCommand.self,
            BackendCommand.self, WhitelistCommand.self, WhitelistCommand.Import.self,
            ShadowCommand.self, LeaseCommand.self, GroupCommand.self, EndpointCommand.self,
            ServiceCommand.self, OutboundCommand.self, ExamplesCommand.self, EgressCommand.self,
            CertificateCommand.self,
            NameCommand.self,
            PolicyCommand.self, KeyCommand.self, AccountCommand.self, LoginCommand.self,
            LogoutCommand.self, WhoAmICommand.self, NoticesCommand.self, WebhookCommand.self,
            AuditCommand.self,
            BackupCommand.self, RestoreCommand.self, ContextCommand.self, CIDRCommand.self,
            BenchCommand.self,
        ]
    )

    static func main() async {
        if let unknown = UnknownCommand(in: Array(CommandLine.arguments.dropFirst())) {
            StandardError.print("Error: \(unknown.message)")
            StandardError.print(
                "  See '\(unknown.family) --help' for more information."
            )
            exit(withError: ExitCode.validationFailure)
        }
        await main(nil)
    }
}
