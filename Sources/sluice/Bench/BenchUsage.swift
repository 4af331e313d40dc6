import ArgumentParser

/// Wrong usage that is seen only while a command runs: a file or a process that is not there.
enum BenchUsage {
    /// Runs `body`; shows what is wrong, and the usage of `command` itself.
    ///
    /// - Throws: exit code 64 in place of a `ValidationError`, for which the parser would show the
    ///   usage of the whole program; every other error as it is.
    static func checked<Outcome>(
        _ command: any ParsableCommand.Type,
        _ body: () throws -> Outcome
    ) throws -> Outcome {
        do {
            return try body()
        } catch let error as ValidationError {
            let name = "sluice bench \(command.configuration.commandName ?? "")"
            StandardError.print(
                lines: """
                    Error: \(error)
                    Usage: \(Sluice.usageString(for: command))
                      See '\(name) --help' for more information.
                    """
            )
            throw ExitCode.validationFailure
        }
    }
}
