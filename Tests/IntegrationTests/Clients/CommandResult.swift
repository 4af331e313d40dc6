/// What a command-line program said.
struct CommandResult: Sendable {
    var status: Int32
    var output: String
    var errorOutput: String
}

/// Runs a program to its end.
func runProgram(
    _ program: String,
    _ arguments: [String],
    environment: [String: String] = [:],
    within limit: Duration = .seconds(60)
) throws -> CommandResult {
    let process = try ChildProcess(
        program,
        arguments,
        folder: try TemporaryFolder(),
        environment: environment
    )
    let status = try process.waitUntilExit(within: limit)
    return CommandResult(
        status: status,
        output: process.output,
        errorOutput: process.errorOutput
    )
}
