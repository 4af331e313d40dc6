import ArgumentParser
import Core

/// The command line: what each command does stands in its own file.
struct Sluice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "A connectivity gateway in front of a data warehouse.",
        discussion: """
            Sluice accepts MySQL, HTTP and TCP connections, checks each source against a whitelist \
            before anything is dialled, reads and writes PROXY protocol headers, and forwards to \
            the warehouse.

            Exit codes: 0 success, 1 failure, 64 wrong usage, 78 an invalid configuration.
            """,
        version: "sluice \(Version.current)",
        subcommands: [
            ServeCommand.self, CheckCommand.self, DemoCommand.self, StatusCommand.self,
            SessionsCommand.self, DenialsCommand.self, EndpointCommand.self,
            ExplainAccessCommand.self, CIDRCommand.self, BenchCommand.self,
        ]
    )

    static func main() async {
        if let word = unknownCommand(in: Array(CommandLine.arguments.dropFirst())) {
            exit(withError: ValidationError("There is no command '\(word)'."))
        }
        await main(nil)
    }

    /// The first word after `help` that is not a command. The parser itself would show the overview
    /// instead, and succeed.
    private static func unknownCommand(in arguments: [String]) -> String? {
        guard arguments.first == "help" else { return nil }
        var command: any ParsableCommand.Type = Sluice.self
        for word in arguments.dropFirst() where !word.hasPrefix("-") {
            let subcommands = command.configuration.subcommands
            guard let next = subcommands.first(where: { $0._commandName == word }) else {
                return word
            }
            command = next
        }
        return nil
    }
}
