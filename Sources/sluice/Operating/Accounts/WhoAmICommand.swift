import ArgumentParser
import Control
import Text
import Time

/// `sluice whoami`: as whom commands act.
struct WhoAmICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami",
        abstract: "Show as whom commands act, and what you may do.",
        discussion: "Needs a login, a key or the local socket, but no role."
    )

    @OptionGroup var management: ManagementOptions

    func run() async throws {
        let gateway = management.gateway
        try await gateway.run { client in
            let me: ManagementClient.Answer<JSONValue> = try await client.get("v1/me")
            let identity: ManagementClient.Answer<IdentityView> = try await client.get("v1/me")
            guard identity.value.kind == "account" else {
                return gateway.print(me) { _ in identity.value.text(nil) }
            }
            let account: ManagementClient.Answer<AccountView> =
                try await client.get("v1/me/account")
            guard gateway.json, case .object(var members) = me.value else {
                return StandardOutput.print(identity.value.text(account.value), terminator: "")
            }
            let own: ManagementClient.Answer<JSONValue> = try await client.get("v1/me/account")
            members["account"] = own.value
            StandardOutput.print(json: JSONValue.object(members).prettyText)
        }
    }
}

/// Whose request one is, and what it may do.
struct IdentityView: Decodable, Sendable {
    /// `account`, `key` or `local`.
    var kind: String
    var name: String
    var keyId: String?
    var accountId: String?
    var loginId: String?
    var role: String
    /// `nil` for all.
    var warehouses: [String]?
    var address: String?
    var expiresAt: UnixTime?
    var mustDo: String?

    /// - Parameter account: the person's.
    func text(_ account: AccountView?) -> String {
        let words =
            switch kind {
            case "account": ["account", "\(name) (\(accountId.cell))"]
            case "key": ["key", "\(name) (\(keyId.cell))"]
            default: ["user", "\(name), over the local socket"]
            }
        var lines = [words, ["role", role], ["warehouses", warehouses.cell(orElse: "all")]]
        if let account { lines.append(["second factor", account.secondFactorWords]) }
        if let loginId { lines.append(["login", "\(loginId), ends \(expiresAt.cell)"]) }
        if keyId != nil { lines.append(["expires", expiresAt?.rfc3339 ?? "never"]) }
        if let address { lines.append(["your address", address]) }
        if let mustDo { lines.append(["to do first", Self.advice(mustDo)]) }
        return "\(Columns(lines))\n"
    }

    private static func advice(_ duty: String) -> String {
        switch duty {
        case "changePassword": "sluice account password"
        case "setUpSecondFactor": "sluice account second-factor set"
        default: duty
        }
    }
}

extension [String]? {
    fileprivate func cell(orElse word: String) -> String {
        map { $0.joined(separator: " ") } ?? word
    }
}
