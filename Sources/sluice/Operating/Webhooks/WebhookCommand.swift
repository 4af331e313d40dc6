import ArgumentParser
import Control
import Operations
import Text

/// `sluice webhook`: where notices are sent to.
struct WebhookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhook",
        abstract: "Manage the webhooks that notices are sent to.",
        subcommands: [
            List.self, Show.self, Create.self, Change.self, Enable.self, Disable.self, Rotate.self,
            Test.self,
            Deliveries.self, Remove.self,
        ],
        defaultSubcommand: List.self
    )

    /// A webhook by id or by name.
    struct ID: ParsableArguments {
        @Argument(help: "The webhook's id, or its name.", completion: .webhooks)
        var webhook: String

        func path(_ client: ManagementClient) async throws -> String {
            let list: ManagementClient.Listing<WebhookView> =
                try await client.list("v1/webhooks", limit: .max).value
            let found =
                list.elements.first { $0.webhookId == webhook }
                ?? list.elements.first { $0.name == webhook }
            guard let found else {
                let meant = Suggestion.closest(to: webhook, among: list.elements.map(\.name))
                throw CommandFailure(
                    "unknown webhook \(webhook.quoted)"
                        + (meant.map { " (did you mean \($0)?)" } ?? " (see sluice webhook list)")
                )
            }
            return "v1/webhooks/\(found.webhookId.percentEncoded)"
        }
    }
}

extension WebhookCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List webhooks, and what each of them gets."
        )

        @OptionGroup var options: ListOptions

        func run() async throws {
            try await options.show({ _ in "v1/webhooks" }) {
                (webhooks: ManagementClient.Listing<WebhookView>) in webhooks.table
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a webhook, without its secret."
        )

        @OptionGroup var id: ID
        @OptionGroup var management: ManagementOptions

        func run() async throws {
            let gateway = management.gateway
            try await gateway.run { client in
                let answer: ManagementClient.Answer<WebhookView> =
                    try await client.get(try await id.path(client))
                gateway.print(answer, as: \.text)
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a webhook and show its secret, once.",
            discussion: """
                Each message is signed with the secret, by which its receiver knows the gateway. \
                Without --kind and --warehouse, it gets all notices. Kinds of notices: \
                \(NoticeChoice.words). What else a receiver has to know is in \
                docs/notices.md.
                """
        )

        @Argument(help: "What it is for.")
        var name: String

        @Argument(help: "An https or http URL.")
        var url: String

        @OptionGroup var choice: NoticeChoice

        @Flag(name: .shortAndLong, help: "Print only the secret.")
        var quiet = false

        @OptionGroup var change: ChangeOptions

        func validate() throws {
            if quiet, change.management.json || change.dryRun {
                throw ValidationError("--quiet cannot be combined with --json or --dry-run")
            }
        }

        func run() async throws {
            var members = choice.members
            members["name"] = .string(name)
            members["url"] = .string(url)
            let request = ManagementRequest(
                .post,
                "v1/webhooks",
                body: JSONValue(present: members)
            )
            try await change.makeSecret({ _ in request }, done: WebhookSecret.created, quiet: quiet)
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a webhook another secret and show it, once; the old one ends now."
        )

        @OptionGroup var id: ID

        @Flag(name: .shortAndLong, help: "Print only the secret.")
        var quiet = false

        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await change.makeSecret(
                { ManagementRequest(.post, try await id.path($0) + "/rotate") },
                done: "rotated the secret of",
                quiet: quiet
            )
        }
    }

    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change a webhook's name, URL, kinds or warehouses.",
            discussion: "What is not given stays as it is."
        )

        @OptionGroup var id: ID

        @Option(help: "Another name.")
        var name: String?

        @Option(help: "Another URL.")
        var url: String?

        @OptionGroup var choice: NoticeChoice

        @Flag(help: "Send notices of all kinds.")
        var allKinds = false

        @Flag(help: "Send the notices of all warehouses, and those of none.")
        var allWarehouses = false

        @OptionGroup var change: ChangeOptions

        private var body: JSONValue {
            var members = choice.members
            members["name"] = name.map(JSONValue.string)
            members["url"] = url.map(JSONValue.string)
            if allKinds { members["kinds"] = .null }
            if allWarehouses { members["warehouses"] = .null }
            return JSONValue(present: members)
        }

        func validate() throws {
            for (isSet, flag, option) in [
                (allKinds && !choice.kind.isEmpty, "--all-kinds", "--kind"),
                (allWarehouses && !choice.warehouse.isEmpty, "--all-warehouses", "--warehouse"),
            ] where isSet {
                throw ValidationError("\(flag) and \(option) cannot be combined")
            }
            if body == [:] { throw ValidationError("nothing to change (see --help)") }
        }

        func run() async throws {
            try await change.makeWebhook(id, .patch, body: body, done: "changed")
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Enable a webhook.")

        @OptionGroup var id: ID
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await change.makeWebhook(id, .patch, body: ["enabled": true], done: "enabled")
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Disable a webhook, and forget what waits for it."
        )

        @OptionGroup var id: ID
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await change.makeWebhook(id, .patch, body: ["enabled": false], done: "disabled")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a webhook for good.")

        @OptionGroup var id: ID
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await change.makeWebhook(id, .delete, done: "removed")
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a test to a webhook, and show what came of it."
        )

        @OptionGroup var id: ID
        @OptionGroup var management: ManagementOptions

        func run() async throws {
            let gateway = management.gateway
            let delivered = try await gateway.run(answeringWithin: .seconds(30)) { client in
                let path = try await id.path(client)
                let webhook: ManagementClient.Answer<WebhookView> = try await client.get(path)
                if webhook.value.enabled == false {
                    StandardError.print(
                        "sluice: webhook \(webhook.value.words) is disabled: it gets this test, but no"
                            + " notices (sluice webhook enable \(webhook.value.name.shellQuoted))"
                    )
                }
                let answer: ManagementClient.Answer<DeliveryAttempt> =
                    try await client.send(ManagementRequest(.post, path + "/test"))
                gateway.print(answer) { attempt in
                    let error = attempt.error.map { "not delivered: \(LogText.harmless($0))" }
                    return "\(error ?? "delivered in \(attempt.durationMs) ms")\n"
                }
                return answer.value.delivered
            }
            if !delivered { throw ExitCode.failure }
        }
    }

    struct Deliveries: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the last attempts to deliver to a webhook, the latest first."
        )

        @OptionGroup var id: ID
        @OptionGroup var management: ManagementOptions

        func run() async throws {
            let gateway = management.gateway
            try await gateway.run { client in
                let answer: ManagementClient.Answer<DeliveriesView> =
                    try await client.get(try await id.path(client) + "/deliveries")
                gateway.print(answer, as: \.text)
            }
        }
    }
}

/// What a webhook gets.
struct NoticeChoice: ParsableArguments {
    static let kinds = NoticeKind.allCases.filter { $0 != .test }.map(\.rawValue)
    static let words = kinds.joined(separator: ", ")

    @Option(help: "A kind of notices that it gets; may be repeated.", completion: .list(kinds))
    var kind: [String] = []

    @Option(
        name: .shortAndLong,
        help: "A warehouse whose notices it gets; may be repeated.",
        completion: .warehouses
    )
    var warehouse: [String] = []

    func validate() throws {
        for word in kind where !Self.kinds.contains(word) {
            throw ValidationError("invalid --kind \"\(word)\" (expected one of \(Self.words))")
        }
    }

    var members: [String: JSONValue?] {
        [
            "kinds": kind.isEmpty ? nil : .array(kind.map(JSONValue.string)),
            "warehouses": warehouse.isEmpty ? nil : .array(warehouse.map(JSONValue.string)),
        ]
    }
}

extension ChangeOptions {
    fileprivate func makeWebhook(
        _ id: WebhookCommand.ID,
        _ method: ManagementRequest.Method,
        body: JSONValue? = nil,
        done: String
    ) async throws {
        try await make { client in
            ManagementRequest(method, try await id.path(client), body: body)
        } as: {
            (changed: Changed<WebhookView>) in
            "\(done) webhook \(changed.item?.words ?? id.webhook)"
        }
    }

    /// Makes a change whose answer has a secret in it.
    fileprivate func makeSecret(
        _ request: (ManagementClient) async throws -> ManagementRequest,
        done: String,
        quiet: Bool
    ) async throws {
        let gateway = management.gateway
        try await gateway.run { client in
            let answer: ManagementClient.Answer<WebhookSecret> =
                try await send(try await request(client), by: client)
            let remedy = answer.value.secret.map { _ in
                "the secret is lost: replace it with sluice webhook rotate"
                    + " \(answer.value.webhook.webhookId)"
            }
            StandardOutput.printOnce(orElse: dryRun ? nil : remedy) {
                guard quiet else {
                    return report(answer, to: gateway) {
                        dryRun && done == WebhookSecret.created
                            ? "would create webhook \($0.webhook.name)" : $0.text(done)
                    }
                }
                if let secret = answer.value.secret { StandardOutput.print(secret) }
            }
        }
    }
}
