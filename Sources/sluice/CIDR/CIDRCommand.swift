import ArgumentParser

/// `sluice cidr`: lists of CIDR blocks, apart from any gateway.
struct CIDRCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cidr",
        abstract: "Check, explain and compile lists of CIDR blocks.",
        subcommands: [ExplainCommand.self]
    )
}
