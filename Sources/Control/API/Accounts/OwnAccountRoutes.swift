import Credentials
import Hummingbird
import Settings
import Store
import Text

/// The calls by which people look after their own accounts.
struct OwnAccountRoutes: Sendable {
    let api: APIRouter
    let writes: APIWriter
    let signIn: SignIn

    func add() {
        api.on(.get, "/v1/me/account", .ownAccount, .filtered) { try show($0) }
        api.onChange(.post, "/v1/me/password", .ownAccount, .filtered) {
            try await changePassword($0)
        }
        api.onChange(.post, "/v1/me/second-factor", .ownAccount, .filtered) {
            try await offerSecondFactor($0)
        }
        api.onChange(.post, "/v1/me/second-factor/confirm", .ownAccount, .filtered) {
            try await confirmSecondFactor($0)
        }
        api.onChange(.post, "/v1/me/second-factor/recovery-codes", .ownAccount, .filtered) {
            try await replaceRecoveryCodes($0)
        }
        api.onChange(.delete, "/v1/me/second-factor", .ownAccount, .filtered) {
            try await removeSecondFactor($0)
        }
        api.on(.get, "/v1/me/logins", .ownAccount, .filtered) { try listLogins($0) }
        api.onChange(.delete, "/v1/me/logins/{login}", .ownAccount, .filtered) {
            try await endLogin($0)
        }
    }
}

private struct PasswordChange: APIBody {
    static let fields = ["currentPassword", "newPassword"]
    var currentPassword: String
    var newPassword: String
}

private struct Proof: APIBody {
    static let fields = ["currentPassword"]
    var currentPassword: String
}

private struct CodeBody: APIBody {
    static let fields = ["code"]
    var code: String
}

extension OwnAccountRoutes {
    private func account(_ call: APICall) throws -> (Account, LoginSession) {
        guard case .account(let account, let session) = call.principal.identity else {
            throw RequestError(.forbidden, "Forbidden", "This call is about one's own account.")
        }
        return (account, session)
    }

    /// Makes a change of one's own account: never answered from what was stored, since a repetition
    /// would have another secret.
    private func write<Value: Sendable>(
        _ call: APICall,
        _ body: @escaping @Sendable (inout StoreTransaction) throws -> Value
    ) async throws -> Value {
        try await call.awaitBody()
        try writes.rates.admit(call.principal.id)
        return try await writes.writer.write(by: call.principal.auditActor) {
            [principal = call.principal] transaction in
            try principal.check(by: transaction)
            return try body(&transaction)
        }.value
    }

    /// Asks for the password again: whoever finds an unlocked screen must not take the account over.
    private func prove(_ text: String, _ account: Account, _ call: APICall) async throws {
        let client = SignIn.Client(
            origin: call.principal.origin,
            peer: call.context.peer,
            kind: .browser,
            agent: ""
        )
        do {
            guard let password = Password(typed: text) else { throw SignIn.Failure.refused }
            try await signIn.confirm(password, of: account, by: client)
        } catch SignIn.Failure.refused {
            throw RequestError(.forbidden, "WrongPassword", "The current password is wrong.")
        } catch let failure as SignIn.Failure {
            throw RequestError(failure)
        }
    }

    private func show(_ call: APICall) throws -> Response {
        try call.answer(AccountView(try account(call).0))
    }

    private func changePassword(_ call: APICall) async throws -> Response {
        try call.allowParameters([])
        let (account, session) = try account(call)
        let body = try call.decode(PasswordChange.self, from: try await call.bytes(.small))
        guard account.isLocal else { throw StoreRefusal.notLocal(account.name) }
        let password = try PasswordField.new(body.newPassword, of: account.name, "newPassword")
        guard body.newPassword != body.currentPassword else {
            throw RequestError.invalid("newPassword", "is the current one")
        }
        try await prove(body.currentPassword, account, call)
        let hash = try await hash(password)
        let changed = try await write(call) { transaction in
            try transaction.setPassword(
                of: account.id,
                to: hash,
                mustChange: false,
                keeping: session.id
            )
        }
        if let store = writes.writer.store {
            FirstAccount.removePasswordFile(of: account, store: store.path)
        }
        return try call.answer(AccountView(changed))
    }

    private func hash(_ password: Password) async throws -> PasswordHash {
        do {
            return try await signIn.hash(password)
        } catch let failure as SignIn.Failure {
            throw RequestError(failure)
        }
    }

    private struct Offer: Encodable {
        /// In Base32, for apps into which it is typed.
        let secret: String
        /// For an app's camera, as a QR code.
        let uri: String
        /// `uri` as a QR code: a text for each row, from the top, in which `1` is a dark module; `nil`
        /// if it is too long.
        let qrCode: [String]?

        init(_ code: TimeBasedCode, of account: Account) {
            secret = code.base32
            uri = code.uri(issuer: "Sluice", account: account.name)
            qrCode = QRCode(uri)?.rows
        }
    }

    private func offerSecondFactor(_ call: APICall) async throws -> Response {
        try call.allowParameters([])
        let (account, _) = try account(call)
        let proof = try call.decode(Proof.self, from: try await call.bytes(.small))
        try await prove(proof.currentPassword, account, call)
        let code = try await write(call) { try $0.offerSecondFactor(to: account.id) }
        return try call.answer(Offer(code, of: account))
    }

    private struct Codes: Encodable {
        let recoveryCodes: [String]
    }

    private func confirmSecondFactor(_ call: APICall) async throws -> Response {
        try call.allowParameters([])
        let (account, session) = try account(call)
        let body = try call.decode(CodeBody.self, from: try await call.bytes(.small))
        let codes = try await write(call) {
            try $0.confirmSecondFactor(of: account.id, by: body.code, keeping: session.id)
        }
        return try call.answer(Codes(recoveryCodes: codes))
    }

    private func replaceRecoveryCodes(_ call: APICall) async throws -> Response {
        try call.allowParameters([])
        let (account, _) = try account(call)
        let proof = try call.decode(Proof.self, from: try await call.bytes(.small))
        try await prove(proof.currentPassword, account, call)
        let codes = try await write(call) { try $0.replaceRecoveryCodes(of: account.id) }
        return try call.answer(Codes(recoveryCodes: codes))
    }

    private func removeSecondFactor(_ call: APICall) async throws -> Response {
        try call.allowParameters([])
        let (account, session) = try account(call)
        let proof = try call.decode(Proof.self, from: try await call.bytes(.small))
        if api.gateway.topology.management.accounts.secondFactor == .required {
            throw RequestError(
                .conflict,
                "OperationConflict",
                "This gateway requires one-time codes (an administrator can reset them)."
            )
        }
        try await prove(proof.currentPassword, account, call)
        let changed = try await write(call) {
            try $0.removeSecondFactor(of: account.id, keeping: session.id)
        }
        return try call.answer(AccountView(changed))
    }

    private func listLogins(_ call: APICall) throws -> Response {
        try call.allowParameters(["page", "size"])
        let page = try PageRequest(call.request)
        let (account, session) = try account(call)
        let views = try writes.writer.requireStore().logins(of: account.id, asking: session.id)
        return try call.answer(Array(page.slice(of: views)), page, total: views.count)
    }

    private func endLogin(_ call: APICall) async throws -> Response {
        try call.allowParameters([])
        let (account, _) = try account(call)
        let id = try call.path("login")
        try await write(call) { transaction in
            guard try transaction.session(id).account == account.id else {
                throw StoreRefusal.unknownSession(id)
            }
            try transaction.closeSession(id)
        }
        return try call.answer()
    }
}
