package import Text

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
