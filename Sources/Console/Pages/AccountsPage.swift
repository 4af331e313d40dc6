package import Text

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
