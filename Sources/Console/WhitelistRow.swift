import Text

/// An entry of a whitelist, as a row.
struct WhitelistRow: Sendable {
    struct Badge: Sendable {
        let word: String
        let tone: String
    }

    struct Moment: Sendable {
        let moment: String
        let text: String
    }

    struct Actions: Sendable {
        let path: String
        let otherEnabled: String
        let toggleVerb: String
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
    let lastHit: String
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
        until = expiresAt.isEmpty ? nil : Moment(moment: expiresAt, text: expiresAt.shownMoment)
        lastHit = entry["lastHitAt"]?.string?.shownMoment ?? ""
        by = entry["editor"]?.string ?? ""
        if let id, mayChange {
            actions = Actions(
                path: "/v1/warehouses/\(warehouse.percentEncoded)/whitelist/entries/"
                    + id.percentEncoded,
                otherEnabled: "\(!isEnabled)",
                toggleVerb: isEnabled ? "Disable" : "Enable"
            )
            readOnly = nil
        } else {
            actions = nil
            readOnly = mayChange ? "Read-only" : nil
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
