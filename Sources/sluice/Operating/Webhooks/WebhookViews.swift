import Control
import Operations
import Text
import Time

/// Somewhere that notices are sent to, without its secret.
struct WebhookView: ChangedItem {
    static let key = "webhook"

    var webhookId: String
    var name: String
    var url: String?
    /// `nil` for all.
    var kinds: [String]?
    /// `nil` for all.
    var warehouses: [String]?
    var enabled: Bool?
    var createdAt: UnixTime?
    var createdBy: String?
    var secretSince: UnixTime?

    var words: String { "\(name) (\(webhookId))" }

    private static func words(_ list: [String]?) -> String {
        list.map { $0.joined(separator: " ") } ?? "all"
    }

    /// Everything, one line each.
    var text: String {
        let lines = [
            ["id", webhookId], ["name", name], ["url", url.cell], ["kinds", Self.words(kinds)],
            ["warehouses", Self.words(warehouses)],
            ["status", enabled == false ? "disabled" : "enabled"],
            ["created", [createdAt.cell, createdBy.cell].joined(separator: " by ")],
            ["secret since", secretSince.cell],
        ]
        return "\(Columns(lines))\n"
    }

    /// One row of the list.
    var row: [String] {
        [
            webhookId, name, url.cell, Self.words(kinds), Self.words(warehouses),
            enabled == false ? "disabled" : "enabled", secretSince.cell,
        ]
    }
}

extension ManagementClient.Listing where Element == WebhookView {
    var table: String {
        let headings: [Columns.Heading] = [
            "ID", "NAME", "URL", "KINDS", "WAREHOUSES", "STATUS", "SECRET SINCE",
        ]
        return table(headings, empty: "no webhooks", row: \.row)
    }
}

/// A webhook with its secret, which is shown once.
struct WebhookSecret: ChangeAnswer {
    var webhook: WebhookView
    /// `nil` if it was only tried, or made by an earlier attempt.
    var secret: String?
    var effect: ChangeEffect?

    /// What is done to a new webhook.
    static let created = "created"

    /// - Parameter done: what was done, in the past tense.
    func text(_ done: String) -> String {
        let line = "\(done) webhook \(webhook.words)"
        guard let secret else { return line }
        return "\(line)\n\n    \(secret)\n\nThe secret is not shown again: store it now."
    }
}

/// What became of what was sent to a webhook, for people.
struct DeliveriesView: Decodable, Sendable {
    var waiting: Int
    var delivered: Int
    var abandoned: Int
    var superseded: Int
    var dropped: Int
    var attempts: [DeliveryAttempt]

    var text: String {
        let sum =
            "\(waiting) waiting, \(delivered) delivered, \(abandoned) abandoned, \(superseded)"
            + " superseded, \(dropped) dropped\n"
        guard !attempts.isEmpty else { return sum }
        let headings: [Columns.Heading] = [
            "AT", "KIND", "EVENT", .number("ATTEMPT"), .number("STATUS"), .number("MS"), "RESULT",
        ]
        let rows = attempts.map { attempt in
            [
                attempt.at.rfc3339, attempt.kind.rawValue, attempt.event.rawValue,
                "\(attempt.attempt)", attempt.status.cell, "\(attempt.durationMs)",
                attempt.error.map { LogText.harmless($0) } ?? "delivered",
            ]
        }
        return "\(Columns(headings, rows))\n\n\(sum)"
    }
}
