import Credentials
import HTTPTypes
import Hummingbird
import Settings
import Store
import Text

/// Where browsers begin and end a login at the provider.
///
/// Both answer with pages for people. Only what is wrong with the gateway's configuration is answered
/// with the API's envelope.
struct SingleSignOnRoutes: Sendable {
    static let startPath = "/v1/sso/start"
    /// Never another one: providers compare it byte for byte with what is registered.
    static let callbackPath = "/v1/sso/callback"

    let api: APIRouter
    let writer: PolicyWriter
    let logins: SingleSignOnLogin

    private var cookie: PendingLoginCookie { PendingLoginCookie(isSecure: api.cookie.isSecure) }

    func add() {
        api.onPublic(.get, Self.startPath) { try await start($0, $1) }
        api.onPublic(.get, Self.callbackPath) { try await end($0, $1) }
    }

    private func start(_ request: Request, _ context: ManagementContext) async throws -> Response {
        let configuration = try offer()
        return await answer(request, context) { _ async throws(SingleSignOnFailure) in
            let given: String?
            do throws(RequestError) {
                given = try request.parameter("return")
            } catch {
                throw .invalidReturn
            }
            // Hummingbird has decoded it, once.
            guard let path = given.map(ReturnPath.init) ?? .root else { throw .invalidReturn }
            let (location, value) = try await logins.begin(configuration, returningTo: path)
            var response = Response(status: .found)
            response.headers[.location] = location
            response.headers[.cacheControl] = "no-store"
            response.headers[.setCookie] = cookie.field(value)
            return response
        }
    }

    private func end(_ request: Request, _ context: ManagementContext) async throws -> Response {
        let configuration = try offer()
        return await answer(request, context) { client async throws(SingleSignOnFailure) in
            let (opened, path) = try await logins.finish(
                try request.providerAnswer,
                cookie: cookie.value(in: request.headers),
                configuration,
                by: client
            )
            var response = SingleSignOnPages.signedIn(returningTo: path)
            response.headers[values: .setCookie] = [
                api.cookie.field(token: opened.token.text), cookie.removal,
                api.keyCookie.removal(from: request.headers),
            ].compactMap(\.self)
            return response
        }
    }

    private func answer(
        _ request: Request,
        _ context: ManagementContext,
        _ step: (SignIn.Client) async throws(SingleSignOnFailure) -> Response
    ) async -> Response {
        let client = SignIn.Client(
            origin: api.origin(of: request, context),
            peer: context.peer,
            kind: .browser,
            agent: request.headers[.userAgent] ?? ""
        )
        do throws(SingleSignOnFailure) {
            return try await step(client)
        } catch {
            logins.record(error, of: client)
            return SingleSignOnPages.failure(error)
        }
    }

    private func offer() throws -> SingleSignOnLogin.Context {
        guard let context = SingleSignOnLogin.Context(api.gateway.topology) else {
            throw RequestError(
                .notFound,
                "SingleSignOnNotConfigured",
                "This gateway offers no single sign-on (configure management.singleSignOn and"
                    + " management.url)."
            )
        }
        _ = try writer.requireStore()
        return context
    }
}

extension Request {
    /// Parameters that the gateway does not know are ignored (RFC 6749 §4.1.2).
    fileprivate var providerAnswer: ProviderAnswer {
        get throws(SingleSignOnFailure) {
            do throws(RequestError) {
                return ProviderAnswer(
                    state: try parameter("state"),
                    code: try parameter("code"),
                    error: try parameter("error"),
                    issuer: try parameter("iss")
                )
            } catch {
                // Given twice: it would be undefined which one counts.
                throw .unknownLogin
            }
        }
    }
}

/// The cookie that binds a login to the browser that has begun it. `SameSite=Lax`, because the provider's
/// site causes the request that ends it.
struct PendingLoginCookie: Sendable {
    /// Whether browsers reach the gateway by HTTPS.
    let isSecure: Bool

    /// A name that begins with `__Host-` can be set by no other host, which could otherwise make
    /// somebody sign in as somebody else; it needs the path `/` (RFC 6265bis §4.1.3.2).
    var name: String { isSecure ? "__Host-sluice-sso" : "sluice-sso" }

    func field(_ value: String) -> String {
        "\(name)=\(value)\(attributes); Max-Age=\(Int(PendingLogins.lifetime))"
    }

    var removal: String { "\(name)=\(attributes); Max-Age=0" }

    private var attributes: String {
        "; Path=\(isSecure ? "/" : SingleSignOnRoutes.callbackPath); HttpOnly; SameSite=Lax"
            + (isSecure ? "; Secure" : "")
    }

    /// What a request brings.
    func value(in fields: HTTPFields) -> String? { fields.cookie(name) }
}
