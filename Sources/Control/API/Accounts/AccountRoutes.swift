import Credentials
import Hummingbird
import Store
import Text
import Time

/// The calls for everybody's accounts and logins: for administrators.
struct AccountRoutes: Sendable {
    let api: APIRouter
    let writes: APIWriter
    let signIn: SignIn
    /// A repetition of a request is recognized by a hash of its body, which is stored. Of one with a
    /// password it must not be one from which the password could be guessed.
    private static let seal = Seal()

    func add() {
        api.on(.get, "/v1/accounts", .administer, .organization) { try list($0) }
        api.onChange(.post, "/v1/accounts", .administer, .organization) { try await create($0) }
        let path = "/v1/accounts/{account}"
        api.on(.get, path, .administer, .organization) { try get($0) }
        api.onChange(.patch, path, .administer, .organization) { try await change($0) }
        api.onChange(.delete, path, .administer, .organization) { try await remove($0) }
        api.onChange(.post, "\(path)/password", .administer, .organization) {
            try await resetPassword($0)
        }
        api.onChange(.delete, "\(path)/second-factor", .administer, .organization) {
            try await removeSecondFactor($0)
        }
        api.on(.get, "/v1/logins", .administer, .organization) { try listLogins($0) }
        api.onChange(.delete, "/v1/logins/{login}", .administer, .organization) {
            try await endLogin($0)
        }
        api.onChange(.delete, "\(path)/logins", .administer, .organization) {
            try await endLogins($0)
        }
    }
}

private struct NewAccount: APIBody {
    static let fields = ["name", "role", "warehouses", "password"]
    var name: String
    var role: String
    var warehouses: [String]?
    /// Without one, the gateway makes one, and answers it once.
    var password: String?
}

/// A change of an account: fields that are absent stay as they are; `null` for `warehouses` means
/// all.
private struct AccountPatch: APIBody {
    static let fields = ["name", "role", "warehouses", "enabled"]
    var name: String?
    var role: String?
    var warehouses: [String]??
    var enabled: Bool?

    /// Whether it changes what a provider decides about its own people.
    var changesGrant: Bool { name != nil || role != nil || warehouses != nil }

    private enum CodingKeys: CodingKey {
        case name, role, warehouses, enabled
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decodeIfPresent(String.self, forKey: .name)
        role = try container.decodeIfPresent(String.self, forKey: .role)
        enabled = try container.decodeIfPresent(Bool.self, forKey: .enabled)
        if container.contains(.warehouses) {
            warehouses = .some(try container.decodeIfPresent([String].self, forKey: .warehouses))
        }
    }
}

private struct ResetBody: APIBody {
    static let fields = ["password"]
    var password: String?
}

extension AccountRoutes {
    private func list(_ call: APICall) throws -> Response {
        try call.allowParameters(["page", "size"])
        let page = try PageRequest(call.request)
        let accounts = try writes.writer.requireStore().accounts.accounts.values.sorted {
            ($0.createdAt, $0.id) < ($1.createdAt, $1.id)
        }
        let views = page.slice(of: accounts).map { AccountView($0) }
        return try call.answer(views, page, total: accounts.count)
    }

    private func get(_ call: APICall) throws -> Response {
        let id = try call.path("account")
        guard let account = try writes.writer.requireStore().accounts[id] else {
            throw StoreRefusal.unknownAccount(id)
        }
        return try call.answer(AccountView(account))
    }

    private func create(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let body = try call.decode(NewAccount.self, from: bytes)
        let description = AccountDescription(
            name: body.name,
            role: try KeyField.role(body.role),
            warehouses: body.warehouses.map { Set($0) }
        )
        let (password, isOwn) = try Self.password(body.password, of: body.name)
        let hash = try await hash(password)
        return try await writes.write(call, Self.seal.tag(of: bytes)) { transaction in
            let account = try transaction.createAccount(description, password: hash)
            var answer = try WriteAnswer("account", AccountView(account), status: .created)
            if isOwn {
                answer.members["password"] = .string(password.text)
                answer.secrets = ["password"]
            }
            return answer
        }
    }

    private func change(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let patch = try call.decode(AccountPatch.self, from: bytes)
        let id = try call.path("account")
        let role = try patch.role.map(KeyField.role)
        return try await writes.write(call, bytes) { transaction in
            let account = try transaction.changeAccount(id) { account in
                if let name = patch.name { account.name = name }
                if let role { account.role = role }
                if let warehouses = patch.warehouses {
                    account.warehouses = warehouses.map { Set($0) }
                }
                if let enabled = patch.enabled { account.isEnabled = enabled }
            }
            var answer = try WriteAnswer("account", AccountView(account))
            if !account.isLocal, patch.changesGrant {
                answer.warnings = [
                    "at the next login, name, role and warehouses of \(account.name.quoted) are again"
                        + " what the provider and management.singleSignOn.roles say (to refuse the"
                        + " person, disable the account)"
                ]
            }
            return answer
        }
    }

    private func remove(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let id = try call.path("account")
        return try await writes.write(call, bytes) { transaction in
            let account = try transaction.account(id)
            try transaction.removeAccount(id)
            return try WriteAnswer("account", AccountView(account))
        }
    }

    private func resetPassword(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let body = bytes.isEmpty ? nil : try call.decode(ResetBody.self, from: bytes)
        let id = try call.path("account")
        guard let account = try writes.writer.requireStore().accounts[id] else {
            throw StoreRefusal.unknownAccount(id)
        }
        let (password, isOwn) = try Self.password(body?.password, of: account.name)
        let hash = try await hash(password)
        let response = try await writes.write(call, Self.seal.tag(of: bytes)) { transaction in
            let account = try transaction.setPassword(of: id, to: hash, mustChange: true)
            var answer = try WriteAnswer("account", AccountView(account))
            if isOwn {
                answer.members["password"] = .string(password.text)
                answer.secrets = ["password"]
            }
            return answer
        }
        if try !call.flag("dryRun"), let store = writes.writer.store {
            FirstAccount.removePasswordFile(of: account, store: store.path)
        }
        return response
    }

    private func removeSecondFactor(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let id = try call.path("account")
        return try await writes.write(call, bytes) { transaction in
            try WriteAnswer("account", AccountView(try transaction.removeSecondFactor(of: id)))
        }
    }

    /// - Returns: also whether the gateway has made it.
    private static func password(_ text: String?, of name: String) throws -> (Password, Bool) {
        guard let text else { return (.generated(), true) }
        return (try PasswordField.new(text, of: name, "password"), false)
    }

    private func hash(_ password: Password) async throws -> PasswordHash {
        do {
            return try await signIn.hash(password)
        } catch let failure as SignIn.Failure {
            throw RequestError(failure)
        }
    }
}

// MARK: - Logins

extension AccountRoutes {
    private func listLogins(_ call: APICall) throws -> Response {
        try call.allowParameters(["account", "page", "size"])
        let page = try PageRequest(call.request)
        let store = try writes.writer.requireStore()
        let account = try call.request.parameter("account")
        if let account, store.accounts[account] == nil {
            throw StoreRefusal.unknownAccount(account)
        }
        let views = store.logins(of: account, asking: call.principal.session?.id)
        return try call.answer(Array(page.slice(of: views)), page, total: views.count)
    }

    private func endLogin(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let id = try call.path("login")
        return try await writes.write(call, bytes) { transaction in
            try transaction.closeSession(id)
            return WriteAnswer()
        }
    }

    private func endLogins(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let id = try call.path("account")
        return try await writes.write(call, bytes) { transaction in
            _ = try transaction.account(id)
            try transaction.closeSessions(of: id)
            return WriteAnswer()
        }
    }
}

extension PolicyStore {
    /// The logins of an account, or of all, that can still be used.
    func logins(of account: String?, asking own: String?) -> [LoginView] {
        let (accounts, uses) = (accounts, sessionUses())
        let now = UnixTime.systemTime
        return sessions.sessions.values
            .filter { $0.expiresAt > now && (account == nil || $0.account == account) }
            .sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
            .compactMap { session in
                accounts[session.account].map {
                    LoginView(session, account: $0, use: uses[session.id], own: session.id == own)
                }
            }
    }
}

enum PasswordField {
    static func new(_ text: String, of name: String, _ field: String) throws -> Password {
        do throws(PasswordProblem) {
            return try Password(new: text, of: name)
        } catch {
            throw RequestError.invalid(field, "\(error)")
        }
    }
}
