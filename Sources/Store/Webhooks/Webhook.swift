package import Credentials
package import Time

/// Somewhere that notices are sent to, by HTTP.
package struct Webhook: Hashable, Sendable, Codable {
    /// Does not change, and is not given to another webhook.
    package let id: String
    /// For people. Unique.
    package var name: String
    /// Where notices are posted to. Its path may be a secret: only administrators see it.
    package var url: String
    /// The kinds of notices that it gets; `nil` for all.
    package var kinds: Set<String>?
    /// The warehouses whose notices it gets; `nil` for all, and for those of no warehouse.
    package var warehouses: Set<String>?
    package var isEnabled = true
    package let createdAt: UnixTime
    package let createdBy: String
    /// Signs what is sent. It is stored as it is, because signing needs it.
    package internal(set) var secret: SigningSecret
    package internal(set) var secretSince: UnixTime

    /// Whether a notice is for it.
    package func wants(kind: String, of warehouse: String?) -> Bool {
        guard isEnabled, kinds?.contains(kind) ?? true else { return false }
        guard let warehouses else { return true }
        return warehouse.map(warehouses.contains) ?? false
    }

    /// The URL without path and query, which may be secret.
    package var origin: String {
        guard let authority = url.ranges(of: "://").first?.upperBound else { return "" }
        let end = url[authority...].firstIndex { "/?#".contains($0) } ?? url.endIndex
        return String(url[..<end])
    }
}

/// What a webhook is to be.
package struct WebhookDescription: Hashable, Sendable {
    package var name: String
    package var url: String
    package var kinds: Set<String>?
    package var warehouses: Set<String>?

    package init(
        name: String,
        url: String,
        kinds: Set<String>? = nil,
        warehouses: Set<String>? = nil
    ) {
        self.name = name
        self.url = url
        self.kinds = kinds
        self.warehouses = warehouses
    }
}
