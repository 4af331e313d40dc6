import ArgumentParser
import Control
import Text

/// What a shell offers for ids: those that the gateway has at the moment. Without an answer within
/// about a second, nothing is offered.
struct IDCompletion {
    private static var limits: ManagementClient.Limits {
        var limits = ManagementClient.Limits()
        limits.connect = .milliseconds(500)
        limits.answer = .seconds(1)
        limits.attempts = 1
        return limits
    }

    /// Ids that are offered at most.
    private static let limit = 1_000

    /// The words of the command line so far.
    let words: [String]

    /// The value of an option among the words: `--name value` or `--name=value`.
    func value(of names: String...) -> String? {
        for (index, word) in words.enumerated() {
            for name in names {
                if word == name, index + 1 < words.count { return words[index + 1] }
                if word.hasPrefix("\(name)=") { return String(word.dropFirst(name.count + 1)) }
            }
        }
        return nil
    }

    private var choice: GatewayPlace.Choice? {
        if let text = value(of: "--management") {
            // `try?`: it may not be complete.
            return (try? ManagementAddress(parsing: text)).map { .management($0) }
        }
        return value(of: "--socket").map { .socket($0) }
            ?? value(of: "--config").map { .configuration(file: $0) }
            ?? value(of: "--context").map { .context($0) }
    }

    /// The ids of a list.
    func ids<Element: Decodable & Sendable>(
        _ path: (ManagementClient) async throws -> String,
        _ id: (Element) -> String?
    ) async -> [String] {
        do {
            let client = ManagementClient(
                try GatewayPlace.current.target(choice),
                limits: Self.limits
            )
            let list: ManagementClient.Listing<Element> =
                try await client.list(try await path(client), limit: Self.limit).value
            return list.elements.compactMap(id)
        } catch {
            // A shell has nowhere to show it.
            return []
        }
    }

    /// The path of the warehouse that the words name, or of the only one.
    private func warehousePath(_ client: ManagementClient, _ prefix: String) async throws -> String
    {
        var option = WarehouseOption()
        option.warehouse = value(of: "--warehouse", "-w")
        return "\(prefix)/\(try await option.id(client).percentEncoded)"
    }

    fileprivate func entries() async -> [String] {
        await ids({ client in
            if let group = value(of: "--group") {
                return "v1/groups/\(group.percentEncoded)/entries"
            }
            return try await warehousePath(client, "v1/warehouses") + "/whitelist/entries"
        }) { (entry: EntryView) in entry.entryId }
    }

    fileprivate func endpoints() async -> [String] {
        await ids({ try await warehousePath($0, "v1/private-link/warehouses") + "/endpoints" }) {
            (endpoint: EndpointView) in endpoint.endpoint ?? endpoint.endpointId
        }
    }

    fileprivate func services() async -> [String] {
        await ids({ try await warehousePath($0, "v1/private-link/warehouses") + "/services" }) {
            (service: ServiceView) in service.serviceId
        }
    }
}

extension CompletionKind {
    static var contexts: CompletionKind {
        .custom { _, _, _ in
            // `try?`: a shell has nowhere to show it.
            (try? GatewayPlace.current.contexts())?.contexts.map(\.name) ?? []
        }
    }

    static var warehouses: CompletionKind {
        offer { completion in
            await completion.ids({ _ in "v1/warehouses" }) { (view: WarehouseView) in
                view.warehouseId
            }
        }
    }

    static var groups: CompletionKind {
        offer { await $0.ids({ _ in "v1/groups" }) { (group: GroupView) in group.name } }
    }

    static var keys: CompletionKind {
        offer { await $0.ids({ _ in "v1/keys" }) { (key: KeyView) in key.keyId } }
    }

    static var webhooks: CompletionKind {
        offer {
            await $0.ids({ _ in "v1/webhooks" }) { (webhook: WebhookView) in webhook.webhookId }
        }
    }

    static var accounts: CompletionKind {
        offer { await $0.ids({ _ in "v1/accounts" }) { (account: AccountView) in account.name } }
    }

    static var entries: CompletionKind { offer { await $0.entries() } }
    static var endpoints: CompletionKind { offer { await $0.endpoints() } }
    static var services: CompletionKind { offer { await $0.services() } }

    private static func offer(
        _ ids: @escaping @Sendable (IDCompletion) async -> [String]
    ) -> CompletionKind {
        .custom { words, _, _ in await ids(IDCompletion(words: words)) }
    }
}
