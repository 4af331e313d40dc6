import ArgumentParser
import LoadTesting

/// `sluice bench idle`.
struct IdleBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idle",
        abstract: "Hold connections that say nothing, and see what they cost in memory.",
        discussion: """
            Name the process with --pid: its memory is read before the first connection and at the \
            end. The connections must stand before --warm-up is over.
            """
    )

    @OptionGroup var targets: BenchTargets
    @OptionGroup(title: "Load") var options: BenchOptions
    @OptionGroup(title: "Report") var output: ReportOptions

    func validate() throws {
        if options.rate != nil || options.operations != nil {
            throw ValidationError("idle has no operations: --rate and --operations say nothing.")
        }
    }

    func run() throws {
        let session = BenchSession(
            targets: targets,
            options: options,
            output: output,
            name: "idle",
            operation: "connection"
        )
        try BenchUsage.checked(Self.self) { try session.run { _ in .idle } }
    }
}
