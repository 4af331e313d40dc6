import ArgumentParser
import Control
import Text
import Time

/// What an account permits.
enum AccountRole: String, CaseIterable, ExpressibleByArgument {
    case read, operate, administer

    static var completion: CompletionKind { .list(allCases.map(\.rawValue)) }
}

/// An account, without its secrets.
struct AccountView: ChangedItem, Hashable {
    static let key = "account"

    var accountId: String
    var name: String
    /// `local` or `provider`.
    var origin: String?
    var issuer: String?
    var role: String
    /// `nil` for all.
    var warehouses: [String]?
    var enabled: Bool?
    var secondFactor: Bool?
    var recoveryCodesLeft: Int?
    var mustChangePassword: Bool?
    var createdAt: UnixTime?
    var createdBy: String?
    var passwordChangedAt: UnixTime?
    var lastLoginAt: UnixTime?
    var lastLoginFrom: String?

    var words: String { "\(name) (\(accountId))" }

    private var warehouseWords: String { warehouses.map { $0.joined(separator: " ") } ?? "all" }
    private var status: String? { enabled.map { $0 ? "enabled" : "disabled" } }

    var secondFactorWords: String {
        guard secondFactor == true else { return "-" }
        return recoveryCodesLeft.map { "set, \($0.of("recovery code")) left" } ?? "set"
    }

    private var passwordWords: String {
        guard origin != "provider" else { return "at \(issuer.cell)" }
        let changed = "set \(passwordChangedAt.cell)"
        return mustChangePassword == true ? "\(changed), to be changed at the next login" : changed
    }

    /// One row of the list.
    var row: [String] {
        [
            accountId, name, role, warehouseWords, status.cell, origin.cell,
            secondFactor == true ? "set" : "-", lastLoginAt.cell, lastLoginFrom.cell,
        ]
    }

    /// Everything, one line each.
    var text: String {
        let lines = [
            ["id", accountId], ["name", name], ["role", role], ["warehouses", warehouseWords],
            ["status", status.cell], ["password", passwordWords],
            ["second factor", secondFactorWords],
            ["created", [createdAt.cell, createdBy.cell].joined(separator: " by ")],
            [
                "last login",
                lastLoginAt.map { "\($0.rfc3339) from \(lastLoginFrom.cell)" } ?? "never",
            ],
        ]
        return "\(Columns(lines))\n"
    }
}

extension ManagementClient.Listing where Element == AccountView {
    var table: String {
        let headings: [Columns.Heading] = [
            "ID", "NAME", "ROLE", "WAREHOUSES", "STATUS", "ORIGIN", "SECOND FACTOR", "LAST LOGIN",
            "FROM",
        ]
        return table(headings, empty: "no accounts", row: \.row)
    }
}

/// An account whose password was set: with the password, if the gateway has made it.
struct AccountPassword: ChangeAnswer {
    var account: AccountView
    /// `nil` if it was given, if the change was only tried, or if an earlier attempt has made it.
    var password: String?
    var effect: ChangeEffect?
}

/// A login that can still be used.
struct LoginView: Decodable, Hashable, Sendable {
    var loginId: String
    var accountName: String
    var method: String?
    var client: String?
    var createdAt: UnixTime?
    var lastUsedAt: UnixTime?
    var expiresAt: UnixTime?
    var source: String?
    /// Whether it is the one that asks.
    var current: Bool?

    var row: [String] {
        [
            current == true ? "*" : "", loginId, accountName, client.cell, source.cell,
            createdAt.cell, lastUsedAt.cell, expiresAt.cell,
        ]
    }
}

extension ManagementClient.Listing where Element == LoginView {
    var table: String {
        let headings: [Columns.Heading] = [
            "", "ID", "ACCOUNT", "CLIENT", "FROM", "SINCE", "LAST USED", "ENDS",
        ]
        return table(headings, empty: "no logins", row: \.row)
    }
}
