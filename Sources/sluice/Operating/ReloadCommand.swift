import ArgumentParser
import Control
import Text

/// What a reload has changed.
struct ReloadView: Decodable, Sendable {
    struct Change: Decodable, Hashable, Sendable {
        var before: Int
        var after: Int
    }

    struct Names: Decodable, Hashable, Sendable {
        var added: [String]
        var removed: [String]
        var changed: [String]

        /// `listener 0.0.0.0:9031 added`
        func lines(_ noun: String) -> [String] {
            [(added, "added"), (removed, "removed"), (changed, "changed")].flatMap { names, word in
                names.map { "\(noun) \($0) \(word)" }
            }
        }
    }

    var generation: Change
    var listeners: Names
    var warehouses: Names
    var entries: Change
    var settings: [String]?
    var certificate: CertificateView?
    var awaitingRestart: [String]
    var warnings: [String]

    struct CertificateView: Decodable, Hashable, Sendable {
        var fingerprint: String
        var expiresAt: String
    }

    /// For people.
    var text: String {
        let entryLine =
            entries.before == entries.after
            ? [] : ["whitelist entries: \(entries.before) -> \(entries.after)"]
        let certificateLine =
            certificate.map {
                ["management certificate replaced: \($0.fingerprint) (expires \($0.expiresAt))"]
            } ?? []
        let changes =
            listeners.lines("listener") + warehouses.lines("warehouse") + entryLine
            + (settings ?? []).map { "\($0) changed" } + certificateLine
        let restart =
            awaitingRestart.isEmpty
            ? [] : ["a restart is needed for: \(awaitingRestart.joined(separator: ", "))"]
        let head = "configuration reloaded: generation \(generation.before) -> \(generation.after)"
        return ([head] + (changes.isEmpty ? ["no change"] : changes) + restart)
            .map { LogText.harmless($0) + "\n" }.joined()
    }
}

/// `sluice reload`: the configuration file, read again.
struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Reload the configuration, wait until it is active, and show what changed.",
        discussion: """
            Does what SIGHUP does. An invalid configuration changes nothing: its errors are shown, \
            and the exit code is 78.
            """
    )

    @OptionGroup var management: ManagementOptions

    /// The gateway itself gives up after two minutes.
    private static let patience = Duration.seconds(150)

    func run() async throws {
        let gateway = management.gateway
        try await gateway.run(answeringWithin: Self.patience) { client in
            do {
                let answer: ManagementClient.Answer<ReloadView> =
                    try await client.send(ManagementRequest(.post, "v1/reload"))
                gateway.print(answer) { $0.text }
                if management.json { return }
                for warning in answer.value.warnings {
                    StandardError.print("sluice: warning: \(LogText.harmless(warning))")
                }
            } catch let error as ManagementClientError {
                guard let refusal = error.refusal, refusal.code == "ReloadRejected" else {
                    throw error
                }
                if management.json, let data = refusal.data {
                    StandardOutput.print(json: data.prettyText)
                }
                for line in refusal.data?["errors"]?.array?.compactMap(\.string) ?? [] {
                    StandardError.print("  \(LogText.harmless(line))")
                }
                throw CommandFailure(refusal.message, code: GatewayExit.configuration)
            }
        }
    }
}
