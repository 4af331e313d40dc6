import Addresses
import HTTPTypes
import Hummingbird
import Logging
import Operations
import Policy
import Settings
import Store
import Synchronization
import Text
import Time

/// Registers the calls of the API: each declares what its sender must be allowed to do, and is
/// checked before its handler runs.
struct APIRouter: Sendable {
    typealias Handler = @Sendable (APICall) async throws -> Response

    /// What a call is about, which decides who may make it.
    enum Scope {
        /// The warehouse that the path names as `{warehouse}`. To a key that is not for it, it does
        /// not exist.
        case warehouse
        /// Something of no warehouse: only for keys for all of them.
        case organization
        /// The handler leaves out what the sender may not see.
        case filtered
    }

    /// Only used to register calls, before the server runs.
    nonisolated(unsafe) let router: Router<ManagementContext>
    let gateway: any ManagedGateway
    let writer: PolicyWriter
    let access: ManagementAccess
    let table: RouteTable
    var metrics = ManagementMetrics()
    /// Where browsers keep their sessions.
    var cookie = SessionCookie(isSecure: false)

    /// Registers a call that reads, or that acts on the running gateway alone.
    func on(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ permission: Permission,
        _ scope: Scope,
        _ handler: @escaping Handler
    ) {
        register(method, path, permission, scope, handler)
    }

    /// Registers a call that changes what the store holds. Without one it is refused before its body
    /// is looked at.
    func onChange(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ permission: Permission,
        _ scope: Scope,
        _ handler: @escaping Handler
    ) {
        register(method, path, permission, scope) { call in
            _ = try writer.requireStore()
            return try await handler(call)
        }
    }

    /// Registers a call that needs no key.
    func onPublic(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ handler:
            @escaping @Sendable (Request, ManagementContext) async throws -> Response
    ) {
        table.add(method, path)
        unsafe router.on(RouterPath(path), method: method, use: handler)
    }

    private func register(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ permission: Permission,
        _ scope: Scope,
        _ handler: @escaping Handler
    ) {
        table.add(method, path, permission, scope)
        unsafe router.on(RouterPath(path), method: method) { request, context in
            try await answer(request, context, permission, scope, handler)
        }
    }

    /// Answers a request if its sender may make it.
    func answer(
        _ request: Request,
        _ context: ManagementContext,
        _ permission: Permission,
        _ scope: Scope,
        _ handler: Handler
    ) async throws -> Response {
        let principal = try await authenticate(request, context)
        let call = APICall(
            request: request,
            context: context,
            principal: principal,
            store: writer.store
        )
        try authorize(call, permission, scope)
        return try await handler(call)
    }

    private func authorize(_ call: APICall, _ permission: Permission, _ scope: Scope) throws {
        let principal = call.principal
        if let duty = principal.duty, permission != .identify, permission != .ownAccount {
            throw RequestError(duty)
        }
        if permission == .ownAccount, principal.account == nil {
            throw RequestError.noAccount
        }
        guard principal.role.allows(permission) else {
            throw RequestError(
                .forbidden,
                "Forbidden",
                "\(principal.subject) may only \(principal.role.words); this call needs the role"
                    + " \(permission.leastRole.rawValue)."
            )
        }
        switch scope {
        case .filtered: return
        case .organization:
            guard principal.warehouses == nil else {
                throw RequestError(
                    .forbidden,
                    "Forbidden",
                    "\(principal.subject) is limited to some warehouses; this call needs one for all."
                )
            }
        case .warehouse:
            let id = try call.warehouse
            guard principal.mayUse(warehouse: id), gateway.topology.warehouse(id) != nil else {
                throw RequestError.unknownWarehouse(id, of: principal, in: gateway.topology)
            }
        }
    }
}

extension APIRouter {
    /// The only warehouse that a call is about, by its parameter `warehouse`; `nil` for all that its
    /// sender may see.
    func wantedWarehouse(_ call: APICall) throws -> String? {
        guard let id = try call.request.parameter("warehouse") else { return nil }
        guard call.principal.mayUse(warehouse: id), gateway.topology.warehouse(id) != nil else {
            throw RequestError.unknownWarehouse(id, of: call.principal, in: gateway.topology)
        }
        return id
    }
}

extension RequestError {
    /// Suggests only what the sender may know.
    static func unknownWarehouse(_ id: String, of principal: Principal, in topology: Topology)
        -> RequestError
    {
        let known = topology.warehouses.map(\.id).filter(principal.mayUse(warehouse:))
        let error = FilterQueryError.unknownPlace(
            kind: .warehouse,
            value: id,
            known: known.sorted()
        )
        return RequestError(.notFound, "WarehouseNotFound", "\(error).")
    }
}

extension Role {
    /// What it may do, after "may only".
    fileprivate var words: String {
        switch self {
        case .lease: "lease its own address"
        case .read: "read"
        case .operate: "operate"
        case .administer: "administer"
        }
    }
}

extension Permission {
    /// The role to ask for.
    var leastRole: Role {
        switch self {
        case .identify, .ownAccount: .read
        case .lease: .lease
        case .read: .read
        case .operate: .operate
        case .administer: .administer
        }
    }
}

// MARK: - Authentication

extension APIRouter {
    private static let keyField = HTTPField.Name("X-API-Key")

    func authenticate(_ request: Request, _ context: ManagementContext) async throws -> Principal {
        switch access {
        case .fixed(let principal): return principal
        case .localSocket: return try await localUser(context)
        case .credentials(let store): return try holder(request, context, store())
        }
    }

    private func localUser(_ context: ManagementContext) async throws -> Principal {
        guard let user = try await LocalUser.peer(of: context.channel),
            user == 0 || user == LocalUser.current
        else {
            metrics.recordRefusal("user", "local socket: another user was refused")
            throw RequestError(
                .forbidden,
                "Forbidden",
                "Only root and the gateway's own user may use the local socket."
            )
        }
        return .local(userID: user)
    }

    /// By a key or, without one, by the session of a login.
    private func holder(
        _ request: Request,
        _ context: ManagementContext,
        _ store: PolicyStore?
    ) throws -> Principal {
        guard let store else { throw RequestError.needsLocalSocket(writer.base) }
        let origin = origin(of: request, context)
        if let secret = Self.keyField.flatMap({ request.headers[$0] }) {
            return try key(secret, origin, store)
        }
        if let token = request.bearerToken { return try session(token, origin, store) }
        if let token = cookie.token(in: request.headers) {
            guard request.method == .get || request.method == .head || request.isFromOwnPage else {
                throw RequestError.foreignPage
            }
            return try session(token, origin, store)
        }
        metrics.recordRefusal(
            "missing",
            "request\(origin.recordedText.map { " from \($0)" } ?? "") without a key"
        )
        throw RequestError(
            .unauthorized,
            "Unauthorized.InvalidApiKey",
            "Missing X-API-Key or login (sign in: sluice login; or create a key on the gateway's"
                + " machine: sluice key create NAME --role read)."
        )
    }

    /// Where a request comes from.
    func origin(of request: Request, _ context: ManagementContext) -> ClientAddress {
        ClientAddress(
            peer: context.peer,
            request.forwardingFields,
            trusting: gateway.topology.management.trustedProxies
        )
    }

    private func key(_ secret: String, _ origin: ClientAddress, _ store: PolicyStore) throws
        -> Principal
    {
        let now = UnixTime.systemTime
        do throws(Keyring.Refusal) {
            let key = try store.keyring.key(for: secret, from: origin.address, at: now)
            store.recordUse(of: key, from: origin.recordedText ?? "-", at: now)
            var principal = Principal(identity: .key(key), origin: origin)
            principal.isOfStore = true
            return principal
        } catch {
            let place = origin.recordedText.map { " from \($0)" } ?? ""
            metrics.recordRefusal(error.word, "API key\(place) refused: \(error.reason)")
            throw RequestError(
                .unauthorized,
                "Unauthorized.InvalidApiKey",
                "The API key is not valid (it may be unknown, disabled, expired, or not allowed from"
                    + " this address)."
            )
        }
    }

    private func session(_ token: String, _ origin: ClientAddress, _ store: PolicyStore) throws
        -> Principal
    {
        let settings = gateway.topology.management.accounts
        do throws(SessionRefusal) {
            let (session, account) = try store.session(
                for: token,
                from: origin.recordedText ?? "-",
                at: .systemTime,
                SessionLimits(settings)
            )
            var principal = Principal(identity: .account(account, session), origin: origin)
            principal.isOfStore = true
            principal.duty = account.duty(under: settings)
            return principal
        } catch {
            metrics.recordRefusal("session", "session refused: \(error)")
            throw RequestError(
                .unauthorized,
                "Unauthorized.LoginRequired",
                "The login has ended (sign in again)."
            )
        }
    }
}

extension ManagementContext {
    /// The address of the connection's other end; `nil` over the local socket.
    var peer: IPAddress? {
        // `try?`: the system writes addresses that can be read.
        channel.remoteAddress?.ipAddress.flatMap { try? IPAddress(parsing: $0) }
    }
}

extension Request {
    /// Of a program that has signed in (RFC 6750 §2.1).
    fileprivate var bearerToken: String? {
        guard let field = headers[.authorization] else { return nil }
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }

    private static let forwardedForField = HTTPField.Name("X-Forwarded-For")
    private static let forwardedField = HTTPField.Name("Forwarded")

    /// In the order of their lines.
    fileprivate var forwardingFields: ForwardingFields {
        ForwardingFields(
            forwardedFor: Self.forwardedForField.map { headers[values: $0] } ?? [],
            forwarded: Self.forwardedField.map { headers[values: $0] } ?? []
        )
    }
}

extension Principal {
    /// The person's account; `nil` for keys and users of this machine.
    var account: Account? {
        if case .account(let account, _) = identity { account } else { nil }
    }

    /// The login by which the person acts.
    var session: LoginSession? {
        if case .account(_, let session) = identity { session } else { nil }
    }

    /// As the beginning of a sentence.
    fileprivate var subject: String {
        switch identity {
        case .key: "This key"
        case .account: "This account"
        case .local: "The local socket"
        }
    }
}

extension Account {
    /// What must be done before anything else.
    func duty(under settings: AccountSettings) -> Principal.Duty? {
        if mustChangePassword { return .changePassword }
        let needsSecondFactor = settings.secondFactor == .required && isLocal
        return needsSecondFactor && secondFactor == nil ? .setUpSecondFactor : nil
    }
}

extension RequestError {
    fileprivate init(_ duty: Principal.Duty) {
        switch duty {
        case .changePassword:
            self.init(
                .forbidden,
                "PasswordChangeRequired",
                "Somebody else has set this password: change it first (sluice account password)."
            )
        case .setUpSecondFactor:
            self.init(
                .forbidden,
                "SecondFactorRequired",
                "This gateway requires one-time codes: set them up first (sluice account"
                    + " second-factor)."
            )
        }
    }

    fileprivate static let noAccount = RequestError(
        .forbidden,
        "Forbidden",
        "This call is about one's own account: sign in as a person (sluice login)."
    )

    fileprivate static let foreignPage = RequestError(
        .forbidden,
        "ForeignOrigin",
        "A request that changes something must say that it comes from the gateway's own page (Origin"
            + " or Sec-Fetch-Site); programs use a key, or Authorization: Bearer."
    )

    /// Without a store, no key can be checked.
    fileprivate static func needsLocalSocket(_ base: PolicyWriter.Base) -> RequestError {
        let message =
            if case .lastPolicy(_, let failure) = base {
                "This gateway cannot use its store now, and so cannot check keys: \(failure)."
                    + " Until it can, only its local socket works (on its machine: --config FILE)."
            } else {
                "This gateway has no store and so no keys; use its local socket (curl"
                    + " --unix-socket), or name a store in its configuration: state: sluice.db."
            }
        return RequestError(.unauthorized, "Unauthorized.InvalidApiKey", message)
    }
}

extension Keyring.Refusal {
    /// For the metrics.
    fileprivate var word: String {
        switch self {
        case .unknown: "unknown"
        case .disabled: "disabled"
        case .expired: "expired"
        case .source: "source"
        }
    }

    /// For the operator's log.
    fileprivate var reason: String {
        switch self {
        case .unknown: "unknown"
        case .disabled(let key): "\(key.name) (\(key.id)) is disabled"
        case .expired(let key): "\(key.name) (\(key.id)) has expired"
        case .source(let key): "\(key.name) (\(key.id)) is not allowed from this address"
        }
    }
}

// MARK: - The table of routes

/// All calls, so that a wrong method is told from a wrong path.
final class RouteTable: Sendable {
    struct Route: Hashable, Sendable {
        let method: HTTPRequest.Method
        let path: String
        /// `nil` if the call needs no key.
        let permission: Permission?
        let scope: APIRouter.Scope?
    }

    private let registered = Mutex<[Route]>([])

    var routes: [Route] { registered.withLock { $0 } }

    func add(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ permission: Permission? = nil,
        _ scope: APIRouter.Scope? = nil
    ) {
        let route = Route(method: method, path: path, permission: permission, scope: scope)
        registered.withLock { $0.append(route) }
    }

    /// The methods that a path has; empty if it is unknown.
    func methods(of path: String) -> [String] {
        let segments = path.split(separator: "/")
        let methods = routes.filter { Self.matches($0.path, segments) }.map(\.method.rawValue)
        return Set(methods + (methods.contains("GET") ? ["HEAD"] : [])).sorted()
    }

    private static func matches(_ pattern: String, _ segments: [Substring]) -> Bool {
        let parts = pattern.split(separator: "/")
        if parts.last == "**" {
            let prefix = parts.dropLast()
            return segments.count >= parts.count
                && zip(prefix, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        return parts.count == segments.count
            && zip(parts, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}
