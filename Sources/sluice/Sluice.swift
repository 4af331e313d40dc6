import ArgumentParser
import Operations
import Text

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
            PolicyCommand.self, KeyCommand.self, AuditCommand.self, BackupCommand.self,
            RestoreCommand.self, ContextCommand.self, CIDRCommand.self, BenchCommand.self,
        ]
    )

    static func main() async {
        if let message = unknownCommand(in: Array(CommandLine.arguments.dropFirst())) {
            exit(withError: ValidationError(message))
        }
        await main(nil)
    }

    /// The error message for an unknown command. The parser itself would complain about the options
    /// after it or, after `help`, show the overview and succeed.
    private static func unknownCommand(in arguments: [String]) -> String? {
        let isHelp = arguments.first == "help"
        let words =
            isHelp
            ? arguments.dropFirst().filter { !$0.hasPrefix("-") }
            : Array(arguments.prefix { !$0.hasPrefix("-") })
        var command: any ParsableCommand.Type = Sluice.self
        for word in words {
            let commands = command.configuration.subcommands
            if let next = commands.first(where: { $0._commandName == word }) {
                command = next
                continue
            }
            // It may be an argument of the command before it.
            if !isHelp, commands.isEmpty || command.configuration.defaultSubcommand != nil {
                return nil
            }
            let meant = Suggestion.closest(to: word, among: commands.map { $0._commandName })
            return "unknown command \"\(word)\""
                + (meant.map { " (did you mean \($0)?)" } ?? " (see sluice --help)")
        }
        return nil
    }
}
