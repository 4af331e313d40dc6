import Credentials
import HTTPTypes
import Hummingbird
import NIOCore
import Operations
import Settings
import Store
import Text
import Time

/// Signing in and out.
struct LoginRoutes: Sendable {
    let api: APIRouter
    let writes: APIWriter
    let signIn: SignIn

    func add() {
        api.onPublic(.get, "/v1/sign-in") { try ways($0, $1) }
        api.onPublic(.post, "/v1/login") { try await logIn($0, $1) }
        api.onPublic(.post, "/v1/login/key") { try await useKey($0, $1) }
        api.on(.post, "/v1/logout", .identify, .filtered) { try await logOut($0) }
    }
}

private struct LoginBody: APIBody {
    static let fields = ["name", "password", "code", "client"]
    var name: String
    var password: String
    var code: String?
    /// `browser` (the default) gets a cookie, `commandLine` a token.
    var client: String?
}

private struct KeyBody: APIBody {
    static let fields = ["key"]
    var key: String
}

/// A login, as whoever has signed in gets it.
private struct LoginAnswer: Encodable {
    let account: AccountView
    let login: LoginView
    let mustDo: String?
    let token: String?
}

extension LoginRoutes {
    private struct Ways: Encodable {
        let password: Bool
        let secondFactor: AccountSettings.SecondFactorRule.RawValue
        let singleSignOn: Provider?

        struct Provider: Encodable {
            let name: String
            /// Where a browser begins.
            let url: String
        }
    }

    /// How one can sign in here.
    private func ways(_ request: Request, _ context: ManagementContext) throws -> Response {
        let hasStore = writes.writer.store != nil
        let context = hasStore ? SingleSignOnLogin.Context(api.gateway.topology) : nil
        let ways = Ways(
            password: hasStore,
            secondFactor: api.gateway.topology.management.accounts.secondFactor.rawValue,
            singleSignOn: context.map { context in
                Ways.Provider(
                    name: context.settings.name,
                    url: context.url.text + SingleSignOnRoutes.startPath
                )
            }
        )
        return try Envelope(id: request.envelopeID, data: ways).response()
    }

    private func logIn(_ request: Request, _ context: ManagementContext) async throws -> Response {
        let call = APICall(
            request: request,
            context: context,
            principal: Principal(identity: .local(userID: .max), address: nil)
        )
        try call.allowParameters([])
        let body = try call.decode(LoginBody.self, from: try await call.bytes(.small))
        let kind: LoginSession.Client
        switch body.client {
        case nil, "browser": kind = .browser
        case "commandLine": kind = .commandLine
        case let other?:
            throw RequestError.invalid(
                "client",
                "expected browser or commandLine, found \(other.quoted)"
            )
        }
        guard let password = Password(typed: body.password), body.name.utf8.count <= 256 else {
            throw RequestError(SignIn.Failure.refused)
        }
        let client = SignIn.Client(
            origin: api.origin(of: request, context),
            peer: context.peer,
            kind: kind,
            agent: request.headers[.userAgent] ?? ""
        )
        let settings = api.gateway.topology.management.accounts
        let opened: SignIn.Opened
        do {
            opened = try await signIn.open(
                SignIn.Attempt(name: body.name, password: password, code: body.code),
                by: client,
                settings
            )
        } catch let failure as SignIn.Failure {
            throw RequestError(failure)
        }
        return try answer(opened, call, settings)
    }

    private struct KeyAnswer: Encodable {
        let name: String
        let role: Role
    }

    /// Gives a browser a cookie with a key of its user's.
    private func useKey(_ request: Request, _ context: ManagementContext) async throws -> Response {
        let call = APICall(
            request: request,
            context: context,
            principal: Principal(identity: .local(userID: .max), address: nil)
        )
        try call.allowParameters([])
        let body = try call.decode(KeyBody.self, from: try await call.bytes(.small))
        let store = try writes.writer.requireStore()
        let principal = try api.key(body.key, api.origin(of: request, context), store)
        guard principal.role.allows(.read) else {
            throw RequestError(
                .forbidden,
                "Forbidden",
                "A key for leases sees nothing that a browser could show."
            )
        }
        var response = try call.answer(KeyAnswer(name: principal.name, role: principal.role))
        let former = api.cookie.token(in: request.headers).map { _ in api.cookie.removal }
        response.headers[values: .setCookie] = [
            api.keyCookie.field(secret: body.key, at: .systemTime), former,
        ].compactMap(\.self)
        return response
    }

    private func answer(
        _ opened: SignIn.Opened,
        _ call: APICall,
        _ settings: AccountSettings
    ) throws -> Response {
        let isBrowser = opened.session.client == .browser
        var response = try call.answer(
            LoginAnswer(
                account: AccountView(opened.account),
                login: LoginView(opened.session, account: opened.account, use: nil, own: true),
                mustDo: opened.account.duty(under: settings)?.word,
                token: isBrowser ? nil : opened.token.text
            )
        )
        if isBrowser {
            response.headers[values: .setCookie] = [
                api.cookie.field(token: opened.token.text),
                api.keyCookie.removal(from: call.request.headers),
            ].compactMap(\.self)
        }
        return response
    }

    private func logOut(_ call: APICall) async throws -> Response {
        try call.allowParameters([])
        try await call.awaitBody()
        if let session = call.principal.session {
            _ = try await writes.writer.write(by: call.principal.auditActor) { transaction in
                if transaction.sessions[session.id] != nil {
                    try transaction.closeSession(session.id)
                }
            }
        }
        api.keyCookie.end(in: call.request.headers, at: .systemTime)
        var response = try call.answer()
        response.headers[values: .setCookie] = [
            api.cookie.removal, api.keyCookie.removal(from: call.request.headers),
        ].compactMap(\.self)
        return response
    }
}

extension RequestError {
    init(_ failure: SignIn.Failure) {
        switch failure {
        case .refused:
            self.init(
                .unauthorized,
                "Unauthorized.LoginRefused",
                "Wrong name, password or code, or the account is disabled."
            )
        case .codeRequired:
            self.init(
                .unauthorized,
                "Unauthorized.CodeRequired",
                "This account also needs a one-time code, or a recovery code (code)."
            )
        case .tooMany(let seconds):
            self.init(
                .tooManyRequests,
                "TooManyAttempts",
                "Too many attempts (try again in \(seconds) s)."
            )
            retryAfter = seconds
        }
    }
}

// MARK: - Views

/// An account as the API shows it.
struct AccountView: Encodable, Sendable {
    let accountId: String
    let name: String
    /// `local` or `provider`.
    let origin: String
    let issuer: String?
    let subject: String?
    let role: Role
    let warehouses: [String]?
    let enabled: Bool
    let secondFactor: Bool
    let recoveryCodesLeft: Int?
    let mustChangePassword: Bool
    let createdAt: UnixTime
    let createdBy: String
    let passwordChangedAt: UnixTime?
    let lastLoginAt: UnixTime?
    let lastLoginFrom: String?

    init(_ account: Account) {
        accountId = account.id
        name = account.name
        switch account.origin {
        case .local: (origin, issuer, subject) = ("local", nil, nil)
        case .provider(let issuer, let subject):
            origin = "provider"
            (self.issuer, self.subject) = (issuer, subject)
        }
        role = account.role
        warehouses = account.warehouses?.sorted()
        enabled = account.isEnabled
        secondFactor = account.secondFactor != nil
        recoveryCodesLeft = account.secondFactor?.recoveryCodes.remaining
        mustChangePassword = account.mustChangePassword
        createdAt = account.createdAt
        createdBy = account.createdBy
        passwordChangedAt = account.passwordChangedAt
        lastLoginAt = account.lastLoginAt
        lastLoginFrom = account.lastLoginFrom
    }
}

/// A login as the API shows it.
struct LoginView: Encodable, Sendable {
    let loginId: String
    let accountId: String
    let accountName: String
    let method: LoginSession.Method
    let client: LoginSession.Client
    let createdAt: UnixTime
    let lastUsedAt: UnixTime
    let expiresAt: UnixTime
    let source: String
    let agent: String
    /// Whether it is the login that asks.
    let current: Bool

    init(_ session: LoginSession, account: Account, use: LastUse?, own: Bool) {
        loginId = session.id
        accountId = account.id
        accountName = account.name
        method = session.method
        client = session.client
        createdAt = session.createdAt
        lastUsedAt = use?.at ?? session.createdAt
        expiresAt = session.expiresAt
        source = session.source
        agent = session.agent
        current = own
    }
}
