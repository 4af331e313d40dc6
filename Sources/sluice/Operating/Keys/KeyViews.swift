import ArgumentParser
import Control
import Text
import Time

/// What a key permits.
enum KeyRole: String, CaseIterable, ExpressibleByArgument {
    case lease, read, operate, administer

    static var completion: CompletionKind { .list(allCases.map(\.rawValue)) }
}

/// A key of the API, without its secret.
struct KeyView: ChangedItem {
    static let key = "key"

    var keyId: String
    var name: String
    var maskedKey: String?
    var role: String
    /// `nil` for all.
    var warehouses: [String]?
    var status: String?
    var createdAt: UnixTime?
    var createdBy: String?
    var expiresAt: UnixTime?
    var lastUsedAt: UnixTime?
    var lastUsedFrom: String?
    var allowedSources: [String]?

    var words: String { "\(name) (\(keyId))" }

    private var warehouseWords: String { warehouses.map { $0.joined(separator: " ") } ?? "all" }

    /// One row of the list.
    var row: [String] {
        [
            keyId, name, role, warehouseWords, status.cell, expiresAt.cell, lastUsedAt.cell,
            lastUsedFrom.cell, maskedKey.cell,
        ]
    }

    /// Everything, one line each.
    var text: String {
        let lines = [
            ["id", keyId], ["name", name], ["key", maskedKey.cell], ["role", role],
            ["warehouses", warehouseWords], ["status", status.cell],
            ["created", [createdAt.cell, createdBy.cell].joined(separator: " by ")],
            ["expires", expiresAt.cell],
            ["last used", lastUsedAt.map { "\($0.rfc3339) from \(lastUsedFrom.cell)" } ?? "never"],
            ["sources", allowedSources.cell],
        ]
        return "\(Columns(lines))\n"
    }
}

extension ManagementClient.Listing where Element == KeyView {
    var table: String {
        let headings: [Columns.Heading] = [
            "ID", "NAME", "ROLE", "WAREHOUSES", "STATUS", "EXPIRES", "LAST USED", "FROM", "KEY",
        ]
        return table(headings, empty: "no keys", row: \.row)
    }
}

/// A new key with its secret, which is shown once.
struct CreatedKey: ChangeAnswer {
    var key: KeyView
    /// `nil` if the key was only tried, or was created by an earlier attempt.
    var secret: String?
    var effect: ChangeEffect?
}

/// What a new key is to permit.
struct NewKey: Hashable {
    var name: String
    var role: KeyRole
    /// `nil` for all.
    var warehouses: [String]?
    var expiresAt: UnixTime?
    /// Blocks of addresses from which it may be used; empty for any.
    var allowedSources: [String] = []

    var body: JSONValue {
        JSONValue(present: [
            "name": .string(name),
            "role": .string(role.rawValue),
            "warehouses": warehouses.map { .array($0.map(JSONValue.string)) },
            "expiresAt": expiresAt.map { .string($0.rfc3339) },
            "allowedSources": allowedSources.isEmpty
                ? nil : .array(allowedSources.map(JSONValue.string)),
        ])
    }
}
