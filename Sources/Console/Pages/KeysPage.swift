package import Text

/// The keys by which programs act.
package struct KeysPage: ConsolePage {
    package static let template = "settings-keys"

    struct Row: Sendable {
        let id: String
        let name: String
        let masked: String
        let role: String
        let warehouses: String
        let status: String
        let tone: String
        let isOff: Bool
        let expiresAt: Moment?
        let lastUsed: Moment?
        let lastUsedFrom: String
        let createdBy: String
        let createdAt: Moment?
        let path: String
        let otherEnabled: String
        let toggleVerb: String
    }

    package let title = "Keys"
    package let events: String? = "changes"
    let sections = SettingsSection.all(current: "keys")
    let rows: [Row]
    let pages: Paging
    let firstWarehouse: String

    /// - Parameter keys: as `GET /v1/keys` answers.
    package init(_ keys: ListAnswer, warehouses: [JSONValue]) {
        rows = keys.items.map { Row($0) }
        pages = Paging(keys, path: "\(ConsolePath.root)/settings/keys", query: [])
        firstWarehouse = warehouses.first?["warehouseId"]?.string ?? ""
    }
}

extension KeysPage.Row {
    init(_ key: JSONValue) {
        id = key["keyId"]?.string ?? ""
        name = key["name"]?.string ?? ""
        masked = key["maskedKey"]?.string ?? ""
        role = Shown.role(key["role"]?.string)
        warehouses = Shown.warehouses(key["warehouses"])
        let isEnabled = key["enabled"] != false
        let word = key["status"]?.string ?? "enabled"
        status = word.prefix(1).uppercased() + word.dropFirst()
        tone = word == "enabled" ? "good" : "off"
        isOff = word != "enabled"
        expiresAt = key["expiresAt"]?.moment
        lastUsed = key["lastUsedAt"]?.moment
        lastUsedFrom = key["lastUsedFrom"]?.string ?? ""
        createdBy = key["createdBy"]?.string ?? ""
        createdAt = key["createdAt"]?.moment
        path = "/v1/keys/\(id.percentEncoded)"
        otherEnabled = "\(!isEnabled)"
        toggleVerb = isEnabled ? "Disable" : "Enable"
    }
}
