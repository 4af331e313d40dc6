import Text

/// An entry of a whitelist, as a row.
struct WhitelistRow: Sendable {
    struct Badge: Sendable {
        let word: String
        let tone: String
    }

    struct Actions: Sendable {
        let path: String
        /// Where an entry is added to the same list.
        let listPath: String
        /// Of the list, for an entry that is added; empty for all services.
        let service: String
        let otherEnabled: String
        let toggleVerb: String
        /// What follows from its removal.
        let removalText: String
    }

    let key: String
    let cidr: String
    let action: String
    let description: String
    let scope: String
    let expiresAt: String
    let enabled: String
    let isOff: Bool
    let badge: Badge?
    let until: Moment?
    let lastHit: Moment?
    let by: String
    let actions: Actions?
    /// Why it cannot be changed here.
    let readOnly: String?

    /// - Parameter entry: as the API answers it.
    init(_ entry: JSONValue, of warehouse: String, mayChange: Bool) {
        let list = entry["list"]?.string ?? ""
        let id = entry["entryId"]?.string
        cidr = entry["cidr"]?.string ?? ""
        key = "\(list) \(id ?? cidr)"
        action = entry["action"]?.string ?? "allow"
        description = entry["description"]?.string ?? ""
        scope = Self.title(ofList: list)
        expiresAt = entry["expiresAt"]?.string ?? ""
        let isEnabled = entry["enabled"] != false
        let hasExpired = entry["expired"] == true
        enabled = "\(isEnabled)"
        isOff = !isEnabled || hasExpired
        badge =
            !isEnabled
            ? Badge(word: "Disabled", tone: "off")
            : hasExpired
                ? Badge(word: "Ended", tone: "off")
                : action == "deny" ? Badge(word: "Denied", tone: "bad") : nil
        until = entry["expiresAt"]?.moment
        lastHit = entry["lastHitAt"]?.moment
        by = entry["editor"]?.string ?? ""
        let listPath = "/v1/warehouses/\(warehouse.percentEncoded)/whitelist/entries"
        if let id, mayChange {
            actions = Actions(
                path: "\(listPath)/\(id.percentEncoded)",
                listPath: listPath,
                service: list == "entries" ? "" : list,
                otherEnabled: "\(!isEnabled)",
                toggleVerb: isEnabled ? "Disable" : "Enable",
                removalText: Self.removalText(of: entry["action"]?.string)
            )
            readOnly = nil
        } else {
            actions = nil
            readOnly = mayChange ? "Read-only" : nil
        }
    }

    private static func removalText(of action: String?) -> String {
        switch action {
        case "allow": "Clients that only this entry admits can no longer connect."
        case "deny": "Its addresses are no longer denied: other entries decide on them."
        default: "Other entries decide on its addresses then."
        }
    }

    /// What a list is for, by the name that the API gives it.
    static func title(ofList name: String) -> String {
        switch name {
        case "entries": "All services"
        case "mysql": "MySQL"
        case "http": "HTTP"
        case "tcp": "TCP"
        default:
            name.hasPrefix("group:")
                ? "Group \(name.dropFirst(6))"
                : name.hasPrefix("file:") ? "File \(name.dropFirst(5))" : name
        }
    }
}
