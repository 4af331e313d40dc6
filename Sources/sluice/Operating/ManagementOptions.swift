import ArgumentParser
import Control

/// How a command reaches a running gateway, and how it prints the answer.
struct ManagementOptions: ParsableArguments {
    @Option(help: "The gateway's management address.", completion: .list(["127.0.0.1:7080"]))
    var management = "127.0.0.1:7080"

    @Flag(help: "Print JSON.")
    var json = false

    /// Asks, and prints what comes of it, for people or for programs.
    ///
    /// - Throws: exit code 1 where there is no answer; why stands on standard error.
    @discardableResult
    func printAnswer<Value: Codable & Sendable>(
        as text: (Value) -> String,
        _ ask: (ManagementClient) async throws(ManagementClientError) ->
            ManagementClient.Answer<Value>
    ) async throws -> Value {
        do throws(ManagementClientError) {
            let answer = try await ask(try ManagementClient(management))
            print(json ? answer.json : text(answer.value), terminator: "")
            return answer.value
        } catch {
            StandardError.print("sluice: \(error)")
            throw ExitCode.failure
        }
    }
}
