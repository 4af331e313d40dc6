package import Text

/// The parts of the settings.
struct SettingsSection: Sendable {
    let title: String
    let path: String
    let isCurrent: Bool

    static func all(current: String) -> [SettingsSection] {
        [
            ("Keys", "keys"), ("Accounts", "accounts"), ("Notices", "notices"),
            ("Gateway", "gateway"),
        ]
        .map { title, name in
            SettingsSection(
                title: title,
                path: "\(ConsolePath.root)/settings/\(name)",
                isCurrent: name == current
            )
        }
    }
}

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

/// People's accounts and logins.
package struct AccountsPage: ConsolePage {
    package static let template = "settings-accounts"

    struct Row: Sendable {
        let id: String
        let name: String
        let role: String
        let roleWord: String
        let warehouses: String
        /// For a field; empty for all.
        let warehouseIDs: String
        let method: String
        let status: String
        let tone: String
        let isOff: Bool
        let isLocal: Bool
        let hasSecondFactor: Bool
        let lastLogin: Moment?
        let lastLoginFrom: String
        let path: String
        let passwordPath: String
        let factorPath: String
        let otherEnabled: String
        let toggleVerb: String
    }

    struct Provider: Sendable {
        let name: String
    }

    package let title = "Accounts"
    package let events: String? = "changes"
    let sections = SettingsSection.all(current: "accounts")
    let rows: [Row]
    let pages: Paging
    let logins: [LoginRow]
    let provider: Provider?

    /// - Parameters:
    ///   - accounts: as `GET /v1/accounts` answers.
    ///   - logins: as `GET /v1/logins` answers.
    ///   - ways: as `GET /v1/sign-in` answers.
    package init(_ accounts: ListAnswer, logins: [JSONValue], ways: JSONValue) {
        rows = accounts.items.map { Row($0) }
        pages = Paging(accounts, path: "\(ConsolePath.root)/settings/accounts", query: [])
        self.logins = logins.map { LoginRow($0, path: "/v1/logins") }
        provider = ways["singleSignOn"]?["name"]?.string.map { Provider(name: $0) }
    }
}

extension AccountsPage.Row {
    init(_ account: JSONValue) {
        id = account["accountId"]?.string ?? ""
        name = account["name"]?.string ?? ""
        roleWord = account["role"]?.string ?? "read"
        role = Shown.role(roleWord)
        warehouses = Shown.warehouses(account["warehouses"])
        warehouseIDs =
            account["warehouses"]?.array?.compactMap(\.string).joined(separator: " ") ?? ""
        isLocal = account["origin"]?.string != "provider"
        hasSecondFactor = isLocal && account["secondFactor"] == true
        method =
            isLocal
            ? hasSecondFactor ? "Password and code" : "Password"
            : "Single sign-on"
        let isEnabled = account["enabled"] != false
        isOff = !isEnabled
        status =
            !isEnabled
            ? "Disabled"
            : account["mustChangePassword"] == true ? "Must change the password" : "Enabled"
        tone = !isEnabled ? "off" : account["mustChangePassword"] == true ? "warn" : "good"
        lastLogin = account["lastLoginAt"]?.moment
        lastLoginFrom = account["lastLoginFrom"]?.string ?? ""
        path = "/v1/accounts/\(id.percentEncoded)"
        passwordPath = path + "/password"
        factorPath = path + "/second-factor"
        otherEnabled = "\(!isEnabled)"
        toggleVerb = isEnabled ? "Disable" : "Enable"
    }
}

/// A login, as a row.
struct LoginRow: Sendable {
    let id: String
    let account: String
    let method: String
    let agent: String
    let source: String
    let since: Moment?
    let lastUsed: Moment?
    let ends: Moment?
    let isOwn: Bool
    let path: String

    init(_ login: JSONValue, path: String) {
        id = login["loginId"]?.string ?? ""
        account = login["accountName"]?.string ?? ""
        let client = login["client"]?.string == "commandLine" ? "Command line" : "Browser"
        method = login["method"]?.string == "provider" ? "\(client), single sign-on" : client
        agent = String((login["agent"]?.string ?? "").prefix(80))
        source = login["source"]?.string ?? ""
        since = login["createdAt"]?.moment
        lastUsed = login["lastUsedAt"]?.moment
        ends = login["expiresAt"]?.moment
        isOwn = login["current"] == true
        self.path = "\(path)/\(id.percentEncoded)"
    }
}

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

/// The gateway itself.
package struct GatewayPage: ConsolePage {
    package static let template = "settings-gateway"

    struct Certificate: Sendable {
        let fingerprint: String
        let until: Moment?
    }

    struct Egress: Sendable {
        let warehouse: String
        let addresses: [String]
    }

    package let title = "Gateway"
    package let events: String? = "status"
    let sections = SettingsSection.all(current: "gateway")
    let generation: String
    let certificate: Certificate?
    let awaiting: String?
    let egress: [Egress]

    /// - Parameters:
    ///   - status: as `GET /v1/status` answers.
    ///   - egress: as `GET /v1/egress-addresses` answers.
    package init(status: JSONValue, egress: JSONValue) {
        generation = "\(status["generation"]?.int ?? 0)"
        certificate = status["managementCertificate"].flatMap { certificate in
            certificate["fingerprint"]?.string.map {
                Certificate(
                    fingerprint: $0,
                    until: certificate["expiresAt"]?.moment
                )
            }
        }
        let keys = status["awaitingRestart"]?.array?.compactMap(\.string) ?? []
        awaiting = keys.isEmpty ? nil : keys.joined(separator: ", ")
        self.egress =
            egress["warehouses"]?.array?.map { warehouse in
                Egress(
                    warehouse: warehouse["warehouseId"]?.string ?? "",
                    addresses: warehouse["addresses"]?.array?.compactMap { $0["address"]?.string }
                        ?? []
                )
            } ?? []
    }
}

/// A person's own account.
package struct AccountPage: ConsolePage {
    package static let template = "account"

    package let title = "Your account"
    package let events: String? = nil
    let accountName: String
    let duty: String?
    let hasSecondFactor: Bool
    let recoveryCodes: String
    let logins: [LoginRow]

    /// - Parameters:
    ///   - account: as `GET /v1/me/account` answers.
    ///   - logins: as `GET /v1/me/logins` answers.
    package init(account: JSONValue, me: JSONValue, logins: [JSONValue]) {
        accountName = account["name"]?.string ?? ""
        hasSecondFactor = account["secondFactor"] == true
        recoveryCodes = (account["recoveryCodesLeft"]?.int ?? 0).grouped
        switch me["mustDo"]?.string {
        case "changePassword"?: duty = "Change your password first: it was set for you."
        case "setUpSecondFactor"?: duty = "This gateway requires one-time codes: set them up first."
        default: duty = nil
        }
        self.logins = logins.map { LoginRow($0, path: "/v1/me/logins") }
    }
}

extension Shown {
    static func role(_ word: String?) -> String {
        switch word {
        case "administer"?: "Administer"
        case "operate"?: "Operate"
        case "lease"?: "Lease"
        default: "Read"
        }
    }

    static func warehouses(_ list: JSONValue?) -> String {
        list?.array?.compactMap(\.string).joined(separator: ", ") ?? "All"
    }
}
