import ArgumentParser
import Control

/// How a command reaches a running gateway, and how it prints the response.
struct ManagementOptions: ParsableArguments {
    @Option(
        help: "The gateway's management address. (default: \(ManagementAddress.standard.text))",
        completion: .list([ManagementAddress.standard.text]),
        transform: Self.address
    )
    var management: ManagementAddress?

    @Flag(help: "Print JSON.")
    var json = false

    /// Queries the gateway and prints the response as text or JSON.
    ///
    /// - Parameter failure: the exit code if there is no response.
    /// - Throws: `failure`, after printing the reason to standard error.
    @discardableResult
    func printAnswer<Value: Codable & Sendable>(
        as text: (Value) -> String,
        failure: ExitCode = .failure,
        _ request: (ManagementClient) async throws(ManagementClientError) ->
            ManagementClient.Answer<Value>
    ) async throws -> Value {
        do throws(ManagementClientError) {
            let client = ManagementClient(management ?? .standard)
            let answer = try await request(client)
            if json {
                StandardOutput.print(json: answer.json, terminator: "")
            } else {
                StandardOutput.print(text(answer.value), terminator: "")
            }
            return answer.value
        } catch {
            StandardError.print("sluice: \(error)")
            throw failure
        }
    }

    static func address(_ text: String) throws -> ManagementAddress {
        do throws(ManagementAddressError) {
            return try ManagementAddress(parsing: text)
        } catch {
            throw ValidationError("\(error)")
        }
    }
}
