package import Addresses
package import Credentials
import GRDB
import Text
package import Time

/// What a key is to be, or to become.
package struct KeyDescription: Hashable, Sendable {
    package var name: String
    package var role: Role
    package var warehouses: Set<String>?
    package var expiresAt: UnixTime?
    package var allowedSources: [CIDRBlock]

    package init(
        name: String,
        role: Role,
        warehouses: Set<String>? = nil,
        expiresAt: UnixTime? = nil,
        allowedSources: [CIDRBlock] = []
    ) {
        self.name = name
        self.role = role
        self.warehouses = warehouses
        self.expiresAt = expiresAt
        self.allowedSources = allowedSources
    }
}

extension StoreTransaction {
    private static let keyLimit = 10_000
    private static let nameLimit = 128
    private static let sourceLimit = 256

    package func key(_ id: String) throws -> APIKey {
        guard let key = keyring.keys[id] else { throw StoreRefusal.unknownKey(id) }
        return key
    }

    package mutating func createKey(_ description: KeyDescription) throws -> (
        key: APIKey, secret: SecretToken
    ) {
        guard keyring.keys.count < Self.keyLimit else {
            throw StoreRefusal.tooMany("there are at most \(Self.keyLimit) keys")
        }
        let secret = SecretToken(.apiKey)
        let key = APIKey(
            id: newKeyID(),
            name: description.name,
            role: description.role,
            warehouses: description.warehouses,
            createdAt: now,
            createdBy: actor.name,
            expiresAt: description.expiresAt,
            allowedSources: description.allowedSources,
            maskedSecret: secret.masked,
            secretHash: secret.hash
        )
        try check(key)
        try store(key)
        try record(AuditedAct("key.create", target: key.id, after: key.auditValue))
        return (key, secret)
    }

    package mutating func changeKey(_ id: String, _ body: (inout APIKey) -> Void) throws -> APIKey {
        let before = try key(id)
        var key = before
        body(&key)
        guard key != before else { return key }
        try check(key)
        try store(key)
        try record(
            AuditedAct(
                "key.change",
                target: id,
                before: before.auditValue,
                after: key.auditValue
            )
        )
        return key
    }

    package mutating func removeKey(_ id: String) throws {
        let before = try key(id)
        replaceKeys(keyring.keys.values.filter { $0.id != id })
        if let database { try DocumentTable.keys.remove(id, from: database) }
        try record(AuditedAct("key.remove", target: id, before: before.auditValue))
    }

    private mutating func store(_ key: APIKey) throws {
        replaceKeys(keyring.keys.values.filter { $0.id != key.id } + [key])
        if let database { try DocumentTable.keys.write(key, id: key.id, to: database) }
    }

    private func check(_ key: APIKey) throws {
        guard !key.name.isEmpty, key.name.utf8.count <= Self.nameLimit,
            key.name.unicodeScalars.allSatisfy(\.isHarmless)
        else {
            throw StoreRefusal.invalid(
                field: "name",
                reason: "expected 1 to \(Self.nameLimit) bytes of printable text"
            )
        }
        guard !LeaseHolder.isHolder(key.name) else {
            throw StoreRefusal.invalid(
                field: "name",
                reason: "contains \(LeaseHolder.mark.quoted), as only the editors of leases do"
            )
        }
        if keyring.keys.values.contains(where: { $0.id != key.id && $0.name == key.name }) {
            throw StoreRefusal.exists("a key named \(key.name.quoted)")
        }
        for id in key.warehouses ?? [] where policy.warehouses[id] == nil {
            throw unknownWarehouse(id)
        }
        guard key.warehouses?.isEmpty != true else {
            throw StoreRefusal.invalid(
                field: "warehouses",
                reason: "is empty (leave it out for all warehouses)"
            )
        }
        guard key.allowedSources.count <= Self.sourceLimit else {
            throw StoreRefusal.tooMany("a key has at most \(Self.sourceLimit) allowed sources")
        }
    }

    private func newKeyID() -> String {
        while true {
            let id = StoreID.random()
            if keyring.keys[id] == nil { return id }
        }
    }
}

extension APIKey {
    var auditValue: JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(name), "role": .string(role.rawValue), "enabled": .bool(isEnabled),
        ]
        if let warehouses {
            members["warehouses"] = .array(warehouses.sorted().map(JSONValue.string))
        }
        if let expiresAt { members["expiresAt"] = .string(expiresAt.rfc3339) }
        if !allowedSources.isEmpty {
            members["allowedSources"] = .array(
                allowedSources.map { .string($0.description) }
            )
        }
        return .object(members)
    }
}
