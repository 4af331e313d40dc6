import Credentials
import Foundation
import Testing
import Text
import Time

@testable import Store

@Suite("Stored webhooks")
struct WebhookTests {
    private let place: TestStore

    init() throws {
        place = try TestStore()
        try place.open().write { try $0.importNew(from: .pair) }
    }

    private static let description = WebhookDescription(
        name: "ops",
        url: "https://hooks.example.com/services/s3cretpath?token=1",
        kinds: ["serviceDown"],
        warehouses: ["W1"]
    )

    @Test("A webhook and its secret outlast the process; the secret is in no audit record")
    func durability() throws {
        let store = try place.open(.open)
        let (webhook, secret) = try store.write { try $0.createWebhook(Self.description) }.value
        let signature = webhook.secret.signature(of: Array("a".utf8))
        let records = try store.audit(after: 0, matching: AuditFilter(), limit: .max)
        store.release()
        let again = try place.open(.open)
        #expect(again.webhooks == [webhook.id: webhook])
        #expect(again.webhooks[webhook.id]?.secret.signature(of: Array("a".utf8)) == signature)
        #expect(records.last?.record.action == "webhook.create")
        for record in records {
            #expect(!record.document.contains(secret.text))
            #expect(!record.document.contains("s3cretpath"))
        }
        #expect("\(webhook)".contains("(a secret)") && !"\(webhook)".contains(secret.text))
        var dumped = ""
        dump(webhook, to: &dumped)
        #expect(!dumped.contains(secret.text))
        #expect(webhook.origin == "https://hooks.example.com")
    }

    @Test("Another secret makes other signatures")
    func rotation() throws {
        let store = try place.open(.open)
        let before = try store.write { try $0.createWebhook(Self.description).webhook }.value
        let after = try store.write {
            try $0.rotateSecret(ofWebhook: before.id).webhook
        }.value
        let message = Array("a".utf8)
        #expect(before.secret.signature(of: message) != after.secret.signature(of: message))
        #expect(before.name == after.name && before.secret != after.secret)
    }

    @Test("A webhook wants the notices of its kinds and warehouses while it is enabled")
    func choice() throws {
        let store = try place.open(.open)
        var webhook = try store.write { try $0.createWebhook(Self.description).webhook }.value
        #expect(webhook.wants(kind: "serviceDown", of: "W1"))
        #expect(!webhook.wants(kind: "serviceDown", of: "W2"))
        #expect(!webhook.wants(kind: "serviceDown", of: nil))
        #expect(!webhook.wants(kind: "policyOpen", of: "W1"))
        (webhook.kinds, webhook.warehouses) = (nil, nil)
        #expect(webhook.wants(kind: "policyOpen", of: nil))
        webhook.isEnabled = false
        #expect(!webhook.wants(kind: "policyOpen", of: nil))
    }

    @Test("There are at most fifty webhooks")
    func limit() throws {
        let store = try place.open(.open)
        #expect(throws: StoreRefusal.tooMany("there are at most 50 webhooks")) {
            try store.write { transaction in
                for number in 0...50 {
                    _ = try transaction.createWebhook(.init(name: "\(number)", url: "https://a/"))
                }
            }
        }
        #expect(store.webhooks.isEmpty)
    }

    @Test("A restore brings webhooks back as they were, but not a secret that was rotated since")
    func restore() throws {
        let backup = place.folder.path + "/backup.db"
        let store = try place.open(.open)
        let (kept, removed) = try store.write { transaction in
            (
                try transaction.createWebhook(Self.description).webhook,
                try transaction.createWebhook(.init(name: "old", url: "https://b/")).webhook
            )
        }.value
        try store.backUp(to: backup)
        let rotated = try store.write { transaction in
            _ = try transaction.changeWebhook(kept.id) { $0.name = "other" }
            try transaction.removeWebhook(removed.id)
            _ = try transaction.createWebhook(.init(name: "new", url: "https://c/"))
            return try transaction.rotateSecret(ofWebhook: kept.id).webhook
        }.value
        store.release()
        _ = try place.restore(backup)
        let restored = try place.open(.open).webhooks
        #expect(Set(restored.values.map(\.name)) == ["ops", "old"])
        #expect(restored[kept.id]?.secret == rotated.secret)
        #expect(restored[removed.id] == removed)
    }
}
