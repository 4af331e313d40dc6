import Addresses
import Credentials
import Hummingbird
import Operations
import Store
import Text
import Time

/// The calls for keys, and the one that tells a client who it is.
struct KeyRoutes: Sendable {
    let api: APIRouter
    let writes: APIWriter

    func add() {
        api.on(.get, "/v1/me", .identify, .filtered) { try identify($0) }
        api.on(.get, "/v1/keys", .administer, .organization) { try list($0) }
        api.onChange(.post, "/v1/keys", .administer, .organization) { try await create($0) }
        api.on(.get, "/v1/keys/{key}", .administer, .organization) { try get($0) }
        api.onChange(.patch, "/v1/keys/{key}", .administer, .organization) { try await change($0) }
        api.onChange(.delete, "/v1/keys/{key}", .administer, .organization) { try await remove($0) }
    }
}

/// A key as the API shows it.
struct KeyView: Encodable, Sendable {
    let keyId: String
    let name: String
    let maskedKey: String
    let role: Role
    let warehouses: [String]?
    let enabled: Bool
    /// `enabled`, `disabled` or `expired`.
    let status: String
    let createdAt: UnixTime
    let createdBy: String
    let expiresAt: UnixTime?
    let lastUsedAt: UnixTime?
    let lastUsedFrom: String?
    let allowedSources: [String]

    init(_ key: APIKey, use: LastUse? = nil, at now: UnixTime) {
        keyId = key.id
        name = key.name
        maskedKey = key.maskedSecret
        role = key.role
        warehouses = key.warehouses?.sorted()
        enabled = key.isEnabled
        status = !key.isEnabled ? "disabled" : key.hasExpired(at: now) ? "expired" : "enabled"
        createdAt = key.createdAt
        createdBy = key.createdBy
        expiresAt = key.expiresAt
        lastUsedAt = use?.at
        lastUsedFrom = use?.source
        allowedSources = key.allowedSources.map(\.description)
    }
}

private struct NewKey: APIBody {
    static let fields = ["name", "role", "warehouses", "expiresAt", "allowedSources"]
    var name: String
    var role: String
    var warehouses: [String]?
    var expiresAt: String?
    var allowedSources: [String]?

    func description(at now: UnixTime) throws -> KeyDescription {
        KeyDescription(
            name: name,
            role: try KeyField.role(role),
            warehouses: warehouses.map { Set($0) },
            expiresAt: try KeyField.expiry(expiresAt, at: now),
            allowedSources: try (allowedSources ?? []).map {
                try EntryField.block($0, "allowedSources")
            }
        )
    }
}

/// A change of a key: fields that are absent stay as they are; `null` for `warehouses` means all, for
/// `expiresAt` never.
private struct KeyPatch: APIBody {
    static let fields = ["name", "role", "warehouses", "enabled", "expiresAt", "allowedSources"]
    var name: String?
    var role: String?
    var warehouses: [String]??
    var enabled: Bool?
    var expiresAt: String??
    var allowedSources: [String]?

    private enum CodingKeys: CodingKey {
        case name, role, warehouses, enabled, expiresAt, allowedSources
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decodeIfPresent(String.self, forKey: .name)
        role = try container.decodeIfPresent(String.self, forKey: .role)
        enabled = try container.decodeIfPresent(Bool.self, forKey: .enabled)
        allowedSources = try container.decodeIfPresent([String].self, forKey: .allowedSources)
        if container.contains(.warehouses) {
            warehouses = .some(try container.decodeIfPresent([String].self, forKey: .warehouses))
        }
        if container.contains(.expiresAt) {
            expiresAt = .some(try container.decodeIfPresent(String.self, forKey: .expiresAt))
        }
    }
}

enum KeyField {
    static func role(_ text: String) throws -> Role {
        guard let role = Role(rawValue: text) else {
            let words = Role.allCases.map(\.rawValue).joined(separator: ", ")
            throw RequestError.invalid("role", "expected one of \(words), found \(text.quoted)")
        }
        return role
    }

    static func expiry(_ text: String?, at now: UnixTime) throws -> UnixTime? {
        let moment = try EntryField.moment(text, "expiresAt")
        if let moment, moment <= now {
            throw RequestError.invalid("expiresAt", "\(moment.rfc3339) is in the past")
        }
        return moment
    }
}

extension KeyRoutes {
    private struct Identity: Encodable {
        let kind: String
        let name: String
        let keyId: String?
        let accountId: String?
        let loginId: String?
        let role: Role
        let warehouses: [String]?
        let address: String?
        let expiresAt: UnixTime?
        /// What must be done first: `changePassword` or `setUpSecondFactor`.
        let mustDo: String?
    }

    private func identify(_ call: APICall) throws -> Response {
        let principal = call.principal
        let key: APIKey? = if case .key(let key) = principal.identity { key } else { nil }
        let session = principal.session
        return try call.answer(
            Identity(
                kind: session != nil ? "account" : key == nil ? "local" : "key",
                name: principal.name,
                keyId: key?.id,
                accountId: session?.account,
                loginId: session?.id,
                role: principal.role,
                warehouses: principal.warehouses?.sorted(),
                address: principal.address?.description,
                expiresAt: key?.expiresAt ?? session?.expiresAt,
                mustDo: principal.duty?.word
            )
        )
    }

    private func list(_ call: APICall) throws -> Response {
        try call.allowParameters(["page", "size"])
        let page = try PageRequest(call.request)
        let store = try writes.writer.requireStore()
        let uses = try store.keyUses()
        let keys = store.keyring.keys.values.sorted {
            ($0.createdAt, $0.id) < ($1.createdAt, $1.id)
        }
        let views = page.slice(of: keys).map { KeyView($0, use: uses[$0.id], at: .systemTime) }
        return try call.answer(views, page, total: keys.count)
    }

    private func get(_ call: APICall) throws -> Response {
        let id = try call.path("key")
        let store = try writes.writer.requireStore()
        guard let key = store.keyring.keys[id] else { throw StoreRefusal.unknownKey(id) }
        return try call.answer(KeyView(key, use: try store.keyUses()[id], at: .systemTime))
    }

    private func create(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let description = try call.decode(NewKey.self, from: bytes).description(at: .systemTime)
        return try await writes.write(call, bytes) { transaction in
            let (key, secret) = try transaction.createKey(description)
            var answer = try WriteAnswer(
                "key",
                KeyView(key, at: transaction.now),
                status: .created
            )
            answer.members["secret"] = .string(secret.text)
            answer.secrets = ["secret"]
            return answer
        }
    }

    private func change(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let patch = try call.decode(KeyPatch.self, from: bytes)
        let id = try call.path("key")
        let role = try patch.role.map(KeyField.role)
        let expiry = try patch.expiresAt.map { try KeyField.expiry($0, at: .systemTime) }
        let sources = try patch.allowedSources?.map { try EntryField.block($0, "allowedSources") }
        let isOwn = call.isUsing(key: id)
        return try await writes.write(call, bytes) { transaction in
            let key = try transaction.changeKey(id) { key in
                if let name = patch.name { key.name = name }
                if let role { key.role = role }
                if let warehouses = patch.warehouses { key.warehouses = warehouses.map { Set($0) } }
                if let enabled = patch.enabled { key.isEnabled = enabled }
                if let expiry { key.expiresAt = expiry }
                if let sources { key.allowedSources = sources }
            }
            var answer = try WriteAnswer("key", KeyView(key, at: transaction.now))
            if isOwn, !key.isEnabled {
                answer.needsConfirmation = ["this disables the key that you are using"]
            }
            return answer
        }
    }

    private func remove(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let id = try call.path("key")
        let isOwn = call.isUsing(key: id)
        return try await writes.write(call, bytes) { transaction in
            let key = try transaction.key(id)
            try transaction.removeKey(id)
            var answer = try WriteAnswer("key", KeyView(key, at: transaction.now))
            if isOwn { answer.needsConfirmation = ["this removes the key that you are using"] }
            return answer
        }
    }
}

extension APICall {
    /// Whether the request carries that key.
    fileprivate func isUsing(key id: String) -> Bool {
        guard case .key(let key) = principal.identity else { return false }
        return key.id == id
    }
}
