import ArgumentParser
import Control
import Text

extension KeyCommand {
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a key and show its secret, once.",
            discussion: """
                lease       admit its own address for a while (sluice lease), and nothing else
                read        read everything but keys and the audit
                operate     also change whitelists and links, close sessions, set backend modes
                administer  everything

                With --config on the gateway's machine, a key can be created while the gateway is \
                not running.
                """
        )

        @Argument(help: "Who or what uses it.")
        var name: String

        @Option(help: "What it may do.", completion: KeyRole.completion)
        var role: KeyRole

        @OptionGroup var scope: KeyScope

        @Flag(name: .shortAndLong, help: "Print only the secret.")
        var quiet = false

        @OptionGroup var change: ChangeOptions

        private var key: NewKey {
            NewKey(
                name: name,
                role: role,
                warehouses: scope.warehouse.isEmpty ? nil : scope.warehouse,
                expiresAt: scope.expires,
                allowedSources: scope.source
            )
        }

        func validate() throws {
            if quiet, change.management.json || change.dryRun {
                throw ValidationError("--quiet cannot be combined with --json or --dry-run")
            }
        }

        func run() async throws {
            let gateway = change.management.gateway
            try await gateway.run { client in
                do {
                    let request = ManagementRequest(.post, "v1/keys", body: key.body)
                    let answer: ManagementClient.Answer<CreatedKey> =
                        try await change.send(request, by: client)
                    StandardOutput.printOnce(orElse: remedy(for: answer.value)) {
                        if quiet { return printSecret(of: answer.value) }
                        change.report(answer, to: gateway) { text(of: $0) }
                    }
                } catch let error as ManagementClientError where error.isUnreachable {
                    guard let file = change.management.config, !change.dryRun else { throw error }
                    let created = try OfflineKeys.create(key, configuration: file)
                    StandardOutput.printOnce(orElse: remedy(for: created)) { print(created) }
                }
            }
        }

        /// A key that was created without a gateway.
        private func print(_ created: CreatedKey) {
            if quiet { return printSecret(of: created) }
            if change.management.json {
                let value = JSONValue(present: [
                    "key": [
                        "keyId": .string(created.key.keyId), "name": .string(created.key.name),
                    ],
                    "secret": created.secret.map(JSONValue.string),
                ])
                return StandardOutput.print(json: value.prettyText)
            }
            StandardOutput.print(text(of: created))
        }

        private func remedy(for created: CreatedKey) -> String? {
            guard created.secret != nil, !change.dryRun else { return nil }
            return "the key's secret is lost: remove it with sluice key remove"
                + " \(created.key.keyId), and create the key again"
        }

        private func printSecret(of created: CreatedKey) {
            if let secret = created.secret { StandardOutput.print(secret) }
        }

        private func text(of created: CreatedKey) -> String {
            if change.dryRun {
                return "would create key \(created.key.name), role \(created.key.role)"
            }
            let done = "created key \(created.key.words), role \(created.key.role)"
            guard let secret = created.secret else { return done }
            return "\(done)\n\n    \(secret)\n\nThe secret is not shown again: store it now."
        }
    }
}
