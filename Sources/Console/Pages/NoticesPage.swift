package import Text

/// What people should hear of, and where it is sent.
package struct NoticesPage: ConsolePage {
    package static let template = "settings-notices"

    struct Standing: Sendable {
        let key: String
        let severity: String
        let tone: String
        let sentence: String
        let of: String
        let at: Moment?
    }

    struct Row: Sendable {
        let id: String
        let name: String
        let url: String
        let kinds: String
        let warehouses: String
        let status: String
        let tone: String
        let isOff: Bool
        let path: String
        let otherEnabled: String
        let toggleVerb: String
    }

    package let title = "Notices"
    package let events: String? = "notices,changes"
    let sections = SettingsSection.all(current: "notices")
    let standing: [Standing]
    let rows: [Row]

    package init(standing: [JSONValue], webhooks: [JSONValue]) {
        self.standing = standing.map { Standing($0) }
        rows = webhooks.map { Row($0) }
    }
}

extension NoticesPage.Standing {
    init(_ notice: JSONValue) {
        key = notice["key"]?.string ?? ""
        let word = notice["severity"]?.string ?? "info"
        severity = word.prefix(1).uppercased() + word.dropFirst()
        tone = word == "critical" ? "bad" : word == "warning" ? "warn" : "off"
        sentence = notice["sentence"]?.string ?? ""
        of = notice["warehouse"]?.string ?? ""
        at = notice["at"]?.moment
    }
}

extension NoticesPage.Row {
    init(_ webhook: JSONValue) {
        id = webhook["webhookId"]?.string ?? ""
        name = webhook["name"]?.string ?? ""
        url = webhook["url"]?.string ?? ""
        kinds = webhook["kinds"]?.array?.compactMap(\.string).joined(separator: ", ") ?? "All"
        warehouses = Shown.warehouses(webhook["warehouses"])
        let isEnabled = webhook["enabled"] != false
        status = isEnabled ? "Enabled" : "Disabled"
        tone = isEnabled ? "good" : "off"
        isOff = !isEnabled
        path = "/v1/webhooks/\(id.percentEncoded)"
        otherEnabled = "\(!isEnabled)"
        toggleVerb = isEnabled ? "Disable" : "Enable"
    }
}
