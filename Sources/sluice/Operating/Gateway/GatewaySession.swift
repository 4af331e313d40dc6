import ArgumentParser
import Control
import Sockets
import Text

/// A command's exchange with a gateway: sends requests, and prints answers and errors.
struct GatewaySession {
    /// Whether answers are printed as JSON.
    var json = false
    /// The exit code if the gateway refuses; another than 1 if that is a verdict.
    var refusal = ExitCode.failure
    /// Whether each answer replaces what the terminal shows.
    var redraws = false
    /// Whether a configuration file names the gateway: with it, some commands do without one that
    /// runs.
    var isOfConfiguration = false
    /// Whether nothing names the gateway, so that it is the one at the standard address.
    var isUnnamed = false
    /// Finds the gateway.
    var target: () throws -> ManagementTarget

    /// The result of `work`.
    ///
    /// - Parameter patience: for an answer; `nil` for the usual one.
    /// - Throws: the exit code, after printing the reason to standard error.
    func run<Value>(
        answeringWithin patience: Duration? = nil,
        _ work: (ManagementClient) async throws -> Value
    ) async throws -> Value {
        StandardOutput.fail(with: refusal)
        do {
            var limits = ManagementClient.Limits()
            if let patience { limits.answer = patience }
            return try await work(ManagementClient(try target(), limits: limits))
        } catch let error as ManagementClientError {
            StandardError.print("sluice: \(error)")
            for line in advice(on: error) { StandardError.print("sluice: \(line)") }
            throw GatewayExit.code(error, refusal: refusal)
        } catch let failure as CommandFailure {
            StandardError.print("sluice: \(failure.message)")
            throw failure.code == .failure ? refusal : failure.code
        } catch let error as SystemError {
            StandardError.print("sluice: \(error)")
            throw refusal
        }
    }

    /// What the command line knows in addition to the error.
    private func advice(on error: ManagementClientError) -> [String] {
        var lines: [String] = []
        if error.isUnreachable, isOfConfiguration {
            lines.append("this needs a running gateway: start it first")
        }
        if error.isUnreachable, isUnnamed {
            lines.append(
                "no gateway was named (use --config FILE, --management HOST:PORT, or sluice context"
                    + " use NAME)"
            )
        }
        // `try?`: without contexts, none has the certificate.
        if case .otherCertificate(_, let expected, _) = error,
            let context = (try? ContextCommand.file.read())?.contexts.first(where: {
                $0.fingerprint == expected
            })
        {
            lines.append(
                "if the certificate was replaced, pin the new one: sluice context trust"
                    + " \(context.name.shellQuoted)"
            )
        }
        return lines
    }

    func print<Value>(_ answer: ManagementClient.Answer<Value>, as text: (Value) -> String) {
        if redraws { StandardOutput.clearScreen() }
        if json {
            answer.writeJSON { StandardOutput.print(json: $0, terminator: "") }
        } else {
            StandardOutput.print(text(answer.value), terminator: "")
        }
    }

    /// Sends one request and prints the answer.
    @discardableResult
    func show<Value: Decodable & Sendable>(
        _ request: ManagementRequest,
        as text: (Value) -> String
    ) async throws -> Value {
        try await run { client in
            let answer: ManagementClient.Answer<Value> = try await client.send(request)
            print(answer, as: text)
            return answer.value
        }
    }

    /// Sends one request again and again if it is to be watched, and prints each answer.
    func show<Value: Decodable & Sendable>(
        _ request: ManagementRequest,
        watching watch: WatchOptions,
        as text: (Value) -> String
    ) async throws {
        var session = self
        session.redraws = watch.watch != nil && File.standardOutput.isTerminal
        try await watch.repeated { [session] in _ = try await session.show(request, as: text) }
    }
}
