import Addresses
import Credentials
import Hummingbird
import Operations
import Settings
import Store
import Text
import Time

/// The calls for webhooks: where notices are sent to.
struct WebhookRoutes: Sendable {
    let api: APIRouter
    let writes: APIWriter
    let notices: NoticeCenter

    func add() {
        let path = "/v1/webhooks/{webhook}"
        api.on(.get, "/v1/webhooks", .administer, .organization) { try list($0) }
        api.onChange(.post, "/v1/webhooks", .administer, .organization) { try await create($0) }
        api.on(.get, path, .administer, .organization) { try get($0) }
        api.onChange(.patch, path, .administer, .organization) { try await change($0) }
        api.onChange(.delete, path, .administer, .organization) { try await remove($0) }
        api.onChange(.post, path + "/rotate", .administer, .organization) { try await rotate($0) }
        api.onChange(.post, path + "/test", .administer, .organization) { try await test($0) }
        api.on(.get, path + "/deliveries", .administer, .organization) { try deliveries($0) }
    }
}

/// A webhook as the API shows it: without its secret.
struct WebhookView: Encodable, Sendable {
    let webhookId: String
    let name: String
    let url: String
    let kinds: [String]?
    let warehouses: [String]?
    let enabled: Bool
    let createdAt: UnixTime
    let createdBy: String
    let secretSince: UnixTime

    init(_ webhook: Webhook) {
        webhookId = webhook.id
        name = webhook.name
        url = webhook.url
        kinds = webhook.kinds?.sorted()
        warehouses = webhook.warehouses?.sorted()
        enabled = webhook.isEnabled
        createdAt = webhook.createdAt
        createdBy = webhook.createdBy
        secretSince = webhook.secretSince
    }
}

private struct NewWebhook: APIBody {
    static let fields = ["name", "url", "kinds", "warehouses"]
    var name: String
    var url: String
    var kinds: [String]?
    var warehouses: [String]?
}

/// A change of a webhook: fields that are absent stay as they are; `null` means all.
private struct WebhookPatch: APIBody {
    static let fields = ["name", "url", "kinds", "warehouses", "enabled"]
    var name: String?
    var url: String?
    var kinds: [String]??
    var warehouses: [String]??
    var enabled: Bool?

    private enum CodingKeys: CodingKey {
        case name, url, kinds, warehouses, enabled
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decodeIfPresent(String.self, forKey: .name)
        url = try container.decodeIfPresent(String.self, forKey: .url)
        enabled = try container.decodeIfPresent(Bool.self, forKey: .enabled)
        if container.contains(.kinds) {
            kinds = .some(try container.decodeIfPresent([String].self, forKey: .kinds))
        }
        if container.contains(.warehouses) {
            warehouses = .some(try container.decodeIfPresent([String].self, forKey: .warehouses))
        }
    }
}

private enum WebhookField {
    static func kinds(_ words: [String]?) throws -> Set<String>? {
        guard let words else { return nil }
        for word in words where !known.contains(word) {
            throw RequestError.invalid(
                "kinds",
                "expected some of \(known.joined(separator: ", ")), found \(word.quoted)"
            )
        }
        return Set(words)
    }

    /// Tests go to whom they are for, whatever it wants to hear of.
    static let known = NoticeKind.allCases.filter { $0 != .test }.map(\.rawValue)

    /// An address is checked at once; a name, whose addresses may change, each time.
    static func url(_ text: String, _ policy: ReceiverPolicy) throws -> String {
        let url: ReceiverURL
        do throws(ReceiverURL.Refusal) {
            url = try ReceiverURL(parsing: text)
        } catch {
            throw RequestError.invalid("url", "\(error)")
        }
        if let address = url.address, let refusal = policy.refusal(of: address) {
            throw RequestError.invalid(
                "url",
                "\(address) is \(refusal) (list it in management.notices.allowed if that is"
                    + " intended)"
            )
        }
        return text
    }
}

extension WebhookRoutes {
    private var policy: ReceiverPolicy {
        ReceiverPolicy(allowed: api.gateway.topology.management.notices.allowed)
    }

    private func webhook(_ call: APICall) throws -> Webhook {
        let id = try call.path("webhook")
        guard let webhook = try writes.writer.requireStore().webhooks[id] else {
            throw StoreRefusal.unknownWebhook(id)
        }
        return webhook
    }

    private func list(_ call: APICall) throws -> Response {
        try call.allowParameters(["page", "size"])
        let page = try PageRequest(call.request)
        let webhooks = try writes.writer.requireStore().webhooks.values.sorted {
            ($0.createdAt, $0.id) < ($1.createdAt, $1.id)
        }
        let views = page.slice(of: webhooks).map { WebhookView($0) }
        return try call.answer(views, page, total: webhooks.count)
    }

    private func get(_ call: APICall) throws -> Response {
        try call.answer(WebhookView(try webhook(call)))
    }

    private func create(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let body = try call.decode(NewWebhook.self, from: bytes)
        let description = WebhookDescription(
            name: body.name,
            url: try WebhookField.url(body.url, policy),
            kinds: try WebhookField.kinds(body.kinds),
            warehouses: body.warehouses.map { Set($0) }
        )
        return try await writes.write(call, bytes) { transaction in
            let (webhook, secret) = try transaction.createWebhook(description)
            return try Self.answer(webhook, secret, status: .created)
        }
    }

    private static func answer(
        _ webhook: Webhook,
        _ secret: SecretToken,
        status: HTTPResponse.Status = .ok
    ) throws -> WriteAnswer {
        var answer = try WriteAnswer("webhook", WebhookView(webhook), status: status)
        answer.members["secret"] = .string(secret.text)
        answer.secrets = ["secret"]
        return answer
    }

    private func change(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let patch = try call.decode(WebhookPatch.self, from: bytes)
        let id = try call.path("webhook")
        let url = try patch.url.map { try WebhookField.url($0, policy) }
        let kinds = try patch.kinds.map(WebhookField.kinds)
        return try await writes.write(call, bytes) { transaction in
            let webhook = try transaction.changeWebhook(id) { webhook in
                if let name = patch.name { webhook.name = name }
                if let url { webhook.url = url }
                if let kinds { webhook.kinds = kinds }
                if let warehouses = patch.warehouses {
                    webhook.warehouses = warehouses.map { Set($0) }
                }
                if let enabled = patch.enabled { webhook.isEnabled = enabled }
            }
            return try WriteAnswer("webhook", WebhookView(webhook))
        }
    }

    private func remove(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let id = try call.path("webhook")
        return try await writes.write(call, bytes) { transaction in
            let webhook = try transaction.webhook(id)
            try transaction.removeWebhook(id)
            return try WriteAnswer("webhook", WebhookView(webhook))
        }
    }

    private func rotate(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let id = try call.path("webhook")
        return try await writes.write(call, bytes) { transaction in
            let (webhook, secret) = try transaction.rotateSecret(ofWebhook: id)
            return try Self.answer(webhook, secret)
        }
    }

    /// Sends a test, and answers what came of it. It is recorded before it is sent.
    private func test(_ call: APICall) async throws -> Response {
        try call.allowParameters([])
        try await call.awaitBody()
        let webhook = try webhook(call)
        do {
            try writes.rates.admit(call.principal.id, .test)
        } catch {
            writes.metrics.recordRateLimit()
            throw error
        }
        _ = try await writes.writer.write(by: call.principal.auditActor) {
            [principal = call.principal] transaction in
            try principal.check(by: transaction)
            try transaction.record(
                AuditedAct(
                    "webhook.test",
                    target: webhook.id,
                    after: ["name": .string(webhook.name)]
                )
            )
        }
        return try call.answer(await notices.test(webhook))
    }

    private struct Deliveries: Encodable {
        let waiting: Int
        let delivered: Int
        let abandoned: Int
        let superseded: Int
        let dropped: Int
        /// The latest first.
        let attempts: [DeliveryAttempt]
    }

    private func deliveries(_ call: APICall) throws -> Response {
        try call.allowParameters([])
        let webhook = try webhook(call)
        let counts = notices.deliveries(to: webhook.id)
        return try call.answer(
            Deliveries(
                waiting: counts.waiting,
                delivered: counts.delivered,
                abandoned: counts.abandoned,
                superseded: counts.superseded,
                dropped: counts.dropped,
                attempts: notices.attempts(of: webhook.id)
            )
        )
    }
}
