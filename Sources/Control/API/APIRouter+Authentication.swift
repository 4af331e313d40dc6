import Addresses
import HTTPTypes
import Hummingbird
import NIOCore
import Operations
import Settings
import Store
import Text
import Time

extension APIRouter {
    private static let keyField = HTTPField.Name("X-API-Key")

    func authenticate(_ request: Request, _ context: ManagementContext) async throws -> Principal {
        switch access {
        case .fixed(let principal): return principal
        case .localSocket: return try await localUser(context)
        case .credentials(let store): return try holder(request, context, store())
        }
    }

    /// Whether a request says at all who sends it.
    func mayBeAuthenticated(_ request: Request) -> Bool {
        guard case .credentials = access else { return true }
        let fields = request.headers
        return Self.keyField.map { fields[$0] != nil } == true || request.bearerToken != nil
            || cookie.token(in: fields) != nil || fields.cookie(keyCookie.name) != nil
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
            return try session(token, origin, store, isUse: !request.isUnattended)
        }
        if let secret = keyCookie.secret(in: request.headers, at: .systemTime) {
            guard request.method == .get || request.method == .head || request.isFromOwnPage else {
                throw RequestError.foreignPage
            }
            return try key(secret, origin, store)
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

    /// The holder of a key.
    func key(_ secret: String, _ origin: ClientAddress, _ store: PolicyStore) throws
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

    private func session(
        _ token: String,
        _ origin: ClientAddress,
        _ store: PolicyStore,
        isUse: Bool = true
    ) throws -> Principal {
        let settings = gateway.topology.management.accounts
        do throws(SessionRefusal) {
            let (session, account) = try store.session(
                for: token,
                from: origin.recordedText ?? "-",
                at: .systemTime,
                SessionLimits(settings),
                isUse: isUse
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

    private static let unattendedField = HTTPField.Name("X-Unattended")

    /// Whether an open page asks by itself, with nobody before it: that does not keep a login from
    /// ending when it is not used.
    fileprivate var isUnattended: Bool {
        method == .get && Self.unattendedField.map { headers[$0] == "true" } ?? false
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

extension RequestError {
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
