import ArgumentParser

/// `sluice cidr`: tools for lists of CIDR blocks, which need no gateway.
struct CIDRCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cidr",
        abstract: "Explain, compile, inspect and compare lists of CIDR blocks.",
        subcommands: [
            ExplainCommand.self, CompileCommand.self, StatsCommand.self, DiffCommand.self,
        ]
    )
}
