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

            Exit codes: 0 success, 1 failure, 64 wrong usage, 78 a faulty configuration.
            """,
        version: "sluice \(Version.current)",
        subcommands: [
            ServeCommand.self, CheckCommand.self, DemoCommand.self, StatusCommand.self,
            SessionsCommand.self, DenialsCommand.self, EndpointCommand.self,
            ExplainAccessCommand.self, CIDRCommand.self, BenchCommand.self,
        ]
    )
}
