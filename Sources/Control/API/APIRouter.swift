import HTTPTypes
import Hummingbird
import Operations
import Settings
import Store
import Text

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
    /// Where browsers keep a key that somebody has signed in with.
    var keyCookie = KeyCookie(isSecure: false)

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
                "\(principal.subject) may only \(principal.role.words); this call needs the"
                    + " \(permission.leastRole.rawValue) role."
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

extension Principal {
    /// As the beginning of a sentence.
    fileprivate var subject: String {
        switch identity {
        case .key: "This key"
        case .account: "This account"
        case .local: "The local socket"
        }
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
                    + " second-factor set)."
            )
        }
    }

    fileprivate static let noAccount = RequestError(
        .forbidden,
        "Forbidden",
        "This call is about one's own account: sign in as a person (sluice login)."
    )
}
