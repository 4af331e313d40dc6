import ArgumentParser

/// `sluice cidr`: lists of CIDR blocks, apart from any gateway.
struct CIDRCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cidr",
        abstract: "Explain, compile, measure and compare lists of CIDR blocks.",
        subcommands: [
            ExplainCommand.self, CompileCommand.self, StatsCommand.self, DiffCommand.self,
        ]
    )
}
