package import Credentials
import GRDB
import Text
import Time

/// Webhooks. That a URL is well formed is checked by the caller; where it leads, at each delivery.
extension StoreTransaction {
    /// Each may hold 1,000 notices.
    package static let webhookLimit = 50
    private static let nameLimit = 128
    private static let urlLimit = 2_048

    package func webhook(_ id: String) throws -> Webhook {
        guard let webhook = webhooks[id] else { throw StoreRefusal.unknownWebhook(id) }
        return webhook
    }

    package mutating func createWebhook(_ description: WebhookDescription) throws -> (
        webhook: Webhook, secret: SecretToken
    ) {
        guard webhooks.count < Self.webhookLimit else {
            throw StoreRefusal.tooMany("there are at most \(Self.webhookLimit) webhooks")
        }
        let secret = SecretToken(.webhook)
        let webhook = Webhook(
            id: newWebhookID(),
            name: description.name,
            url: description.url,
            kinds: description.kinds,
            warehouses: description.warehouses,
            createdAt: now,
            createdBy: actor.name,
            secret: SigningSecret(secret),
            secretSince: now
        )
        try check(webhook)
        try store(webhook)
        try record(
            AuditedAct("webhook.create", target: webhook.id, after: webhook.auditValue)
        )
        return (webhook, secret)
    }

    package mutating func changeWebhook(_ id: String, _ body: (inout Webhook) -> Void) throws
        -> Webhook
    {
        let before = try webhook(id)
        var webhook = before
        body(&webhook)
        guard webhook != before else { return webhook }
        try check(webhook)
        try store(webhook)
        try record(
            AuditedAct(
                "webhook.change",
                target: id,
                before: before.auditValue,
                after: webhook.auditValue
            )
        )
        return webhook
    }

    /// Gives a webhook another secret; the one before no longer signs anything.
    package mutating func rotateSecret(ofWebhook id: String) throws -> (
        webhook: Webhook, secret: SecretToken
    ) {
        var webhook = try webhook(id)
        let secret = SecretToken(.webhook)
        webhook.secret = SigningSecret(secret)
        webhook.secretSince = now
        try store(webhook)
        try record(
            AuditedAct("webhook.rotate", target: id, after: ["name": .string(webhook.name)])
        )
        return (webhook, secret)
    }

    package mutating func removeWebhook(_ id: String) throws {
        let before = try webhook(id)
        try delete(webhook: id)
        try record(AuditedAct("webhook.remove", target: id, before: before.auditValue))
    }

    /// Puts the webhooks of a backup in place of those that are there. One that is still there keeps
    /// its secret, which may have been rotated since.
    mutating func restoreWebhooks(_ saved: [String: Webhook], known: [String: Webhook]?) throws {
        for id in webhooks.keys where saved[id] == nil { try delete(webhook: id) }
        for var webhook in saved.values {
            if let current = known?[webhook.id] {
                (webhook.secret, webhook.secretSince) = (current.secret, current.secretSince)
            }
            try store(webhook)
        }
    }

    private mutating func store(_ webhook: Webhook) throws {
        webhooks[webhook.id] = webhook
        if let database {
            try DocumentTable.webhooks.write(webhook, id: webhook.id, to: database)
        }
    }

    private mutating func delete(webhook id: String) throws {
        webhooks[id] = nil
        if let database { try DocumentTable.webhooks.remove(id, from: database) }
    }

    private func check(_ webhook: Webhook) throws {
        guard !webhook.name.isEmpty, webhook.name.utf8.count <= Self.nameLimit,
            webhook.name.unicodeScalars.allSatisfy(\.isHarmless)
        else {
            throw StoreRefusal.invalid(
                field: "name",
                reason: "expected 1 to \(Self.nameLimit) bytes of printable text"
            )
        }
        if webhooks.values.contains(where: { $0.id != webhook.id && $0.name == webhook.name }) {
            throw StoreRefusal.exists("a webhook named \(webhook.name.quoted)")
        }
        guard webhook.url.utf8.count <= Self.urlLimit else {
            throw StoreRefusal.invalid(
                field: "url",
                reason: "expected at most \(Self.urlLimit) bytes"
            )
        }
        for (field, isEmpty) in [
            ("kinds", webhook.kinds?.isEmpty), ("warehouses", webhook.warehouses?.isEmpty),
        ] where isEmpty == true {
            throw StoreRefusal.invalid(
                field: field,
                reason: "is empty (leave it out for all \(field))"
            )
        }
        for id in webhook.warehouses ?? [] where policy.warehouses[id] == nil {
            throw unknownWarehouse(id)
        }
    }

    private func newWebhookID() -> String {
        while true {
            let id = StoreID.random()
            if webhooks[id] == nil { return id }
        }
    }
}

extension Webhook {
    /// Without the secret, and without the rest of the URL: the audit is exported.
    fileprivate var auditValue: JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(name), "origin": .string(origin), "enabled": .bool(isEnabled),
        ]
        if let kinds { members["kinds"] = .array(kinds.sorted().map(JSONValue.string)) }
        if let warehouses {
            members["warehouses"] = .array(warehouses.sorted().map(JSONValue.string))
        }
        return .object(members)
    }
}
