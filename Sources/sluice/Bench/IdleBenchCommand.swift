import ArgumentParser
import LoadTesting

/// `sluice bench idle`.
struct IdleBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idle",
        abstract: "Hold idle connections, and measure what each costs in memory.",
        discussion: """
            Name the process with --pid: its memory is read before the first connection and at the \
            end. All connections must be open before --warm-up is over; the exit code is 1 if they \
            are not at the end.
            """
    )

    @OptionGroup var targets: BenchTargets
    @OptionGroup(title: "Load") var options: BenchOptions
    @OptionGroup(title: "Report") var output: ReportOptions

    func validate() throws {
        if options.rate != nil || options.operations != nil {
            throw ValidationError("idle has no operations: --rate and --operations have no effect.")
        }
        try targets.check(for: "idle", schemes: [.tcp, .http, .mysql])
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
