import Addresses
import Credentials
import Foundation
import Operations
import ScriptedServers
import Store
import Testing
import Text
import Time

@testable import Control

/// A webhook of a stored gateway, and what sends to it.
struct Receiver {
    let stored: StoredGateway
    let webhook: Webhook
    let secret: String
    let clock = NoticeClock()
    let sender: WebhookSender

    /// - Parameters:
    ///   - allowed: blocks, beyond those that anyone may send to.
    ///   - authorityFile: whose certificates are trusted.
    ///   - names: what names resolve to.
    init(
        _ url: String,
        allowed: [String] = ["127.0.0.0/8"],
        limits: WebhookExchange.Limits = WebhookExchange.Limits(),
        authorityFile: String? = nil,
        names: @escaping ReceiverNames.LookUp = ReceiverNames.system
    ) throws {
        stored = try StoredGateway()
        let store = stored.store
        let made = try store.write(by: .gateway, at: .systemTime) { transaction in
            let description = WebhookDescription(name: "ops", url: url)
            let (webhook, secret) = try transaction.createWebhook(description)
            return (webhook, secret.text)
        }.value
        (webhook, secret) = made
        var exchange = WebhookExchange(limits: limits)
        exchange.lookUp = names
        exchange.authorityFile = authorityFile
        let policy = ReceiverPolicy(allowed: try allowed.map { try CIDRBlock(parsing: $0) })
        sender = WebhookSender(exchange, clock, policy: { policy }) { [id = made.0.id] in
            store.webhooks[id]
        }
    }

    static func change(_ subject: String, _ event: NoticeChange.Event = .raised) -> NoticeChange {
        let condition = NoticeCondition(
            .backendDown,
            .warning,
            of: "W1",
            subject: subject,
            "The backend \(subject) is down."
        )
        return NoticeChange(event, Notice(condition, at: UnixTime(seconds: 1_795_428_000)))
    }

    /// Waits until a number of attempts have been made, and those that ended a delivery are counted.
    ///
    /// - Parameter duration: lets so much time pass again and again until then.
    func attempts(
        _ count: Int,
        advancingBy duration: Duration = .zero
    ) async throws -> [DeliveryAttempt] {
        let isThere = try await ServedEvents.eventually {
            let attempts = sender.attempts
            let status = sender.status
            let ended = attempts.count { $0.delivered || $0.status == 410 }
            if attempts.count >= count, status.delivered + status.abandoned >= ended { return true }
            clock.advance(by: duration)
            return false
        }
        #expect(isThere, "\(sender.attempts)")
        return sender.attempts.reversed()
    }

    /// Whether a request is signed by the webhook's secret.
    func isSigned(_ request: ScriptedServer.Request) throws -> Bool {
        guard let field = request.headers["sluice-signature"],
            let match = field.wholeMatch(of: /t=(\d+),v1=([0-9a-f]{64})/)
        else { return false }
        // As a receiver does it: from the secret's text, and the body's bytes.
        return try match.2 == Self.signature(of: "\(match.1).\(request.body)", by: secret)
    }

    static func signature(of message: String, by secret: String) throws -> String {
        let text = Data(JSONValue.string(secret).text.utf8)
        let key = try JSONDecoder().decode(SigningSecret.self, from: text)
        return key.signature(of: Array(message.utf8))
    }

    static func subject(of request: ScriptedServer.Request) -> String? {
        // `try?`: no subject is not the expected one.
        (try? JSONValue(parsing: Array(request.body.utf8)))?["notice", "subject"]?.string
    }
}
