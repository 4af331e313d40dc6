import Console
import HTTPTypes
import Hummingbird
import NIOCore
import Text
import Time

/// Serves the console: pages, and what they load.
struct ConsoleRoutes: Sendable {
    let api: APIRouter
    let console: Console
    /// The calls of the API, which pages are made of.
    let responder: RouterResponder<ManagementContext>

    func add() {
        api.onPublic(.get, "\(ConsolePath.root)/assets/{version}/{name}") { request, _ in
            asset(request.uri.path)
        }
        api.onPublic(.get, ConsolePath.signIn) { try await signIn($0, $1) }
        page("") { try await start($0) }
        page("/warehouses/{warehouse}/overview") { try await overview($0) }
        page("/warehouses/{warehouse}/public-link") { try await publicLink($0) }
        page("/warehouses/{warehouse}/public-link/import") { call in
            try await importing(call)
        }
        page("/warehouses/{warehouse}/private-link") { try await privateLink($0) }
        page("/warehouses/{warehouse}/private-link/inbound") { try await inbound($0) }
        page("/warehouses/{warehouse}/private-link/outbound") { try await outbound($0) }
        page("/warehouses/{warehouse}/sessions") { try await sessions($0) }
        page("/warehouses/{warehouse}/denials") { try await denials($0) }
        page("/warehouses/{warehouse}/explain") { try await explain($0) }
        page("/activity") { try await activity($0) }
        page("/settings") { _ in
            Response.redirect(to: "\(ConsolePath.root)/settings/keys", type: .normal)
        }
        page("/settings/keys") { try await keys($0) }
        page("/settings/accounts") { try await accounts($0) }
        page("/settings/notices") { try await notices($0) }
        page("/settings/gateway") { try await gateway($0) }
        page("/account") { try await account($0) }
        page("/**") { _ in throw ConsoleAPI.Refusal.noPage }
    }
}

/// A request for a page, by somebody who has signed in.
struct ConsoleCall: Sendable {
    let request: Request
    let context: ManagementContext
    let api: ConsoleAPI
    /// As `GET /v1/me` answers.
    let me: JSONValue

    var path: String { request.uri.path }

    var rights: Rights { Rights(me) }

    /// The page's; `nil` if it is of none. What cannot be decoded is the id of no warehouse: without
    /// an id, the API would answer of all.
    var warehouse: String? {
        context.parameters.get("warehouse").map { $0.percentDecoded ?? String($0) }
    }

    /// A parameter of the page's address; empty if it is not given.
    func parameter(_ name: String) -> String {
        // `try?`: one that is given twice is none.
        (try? request.parameter(name)) ?? ""
    }
}

// MARK: - Answers

extension ConsoleRoutes {
    private func page(
        _ path: String,
        _ handler: @escaping @Sendable (ConsoleCall) async throws -> Response
    ) {
        api.onPublic(.get, ConsolePath.root + path) { request, context in
            let source = ConsoleAPI(responder: responder, request: request, context: context)
            do {
                guard api.mayBeAuthenticated(request) else { throw ConsoleAPI.Refusal.noLogin }
                let me = try await source.get("/v1/me")
                // Whoever has something to do first can do that alone.
                if me["mustDo"] != nil, request.uri.path != ConsolePath.account {
                    return Response.redirect(to: ConsolePath.account, type: .normal)
                }
                let call = ConsoleCall(request: request, context: context, api: source, me: me)
                do {
                    return try await handler(call)
                } catch let refusal as ConsoleAPI.Refusal where refusal.status != .unauthorized {
                    let (status, message) = (refusal.status, refusal.message)
                    let page = FailurePage(status: status.code, message: message)
                    return try await show(page, call, status: status)
                }
            } catch let refusal as ConsoleAPI.Refusal where refusal.status == .unauthorized {
                let target = request.uri.string.percentEncoded
                return Response.redirect(
                    to: "\(ConsolePath.signIn)?return=\(target)",
                    type: .normal
                )
            } catch let refusal as ConsoleAPI.Refusal {
                throw RequestError(refusal.status, refusal.code, refusal.message)
            }
        }
    }

    func show(
        _ page: some ConsolePage,
        _ call: ConsoleCall,
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let warehouses =
            call.me["mustDo"] == nil
            ? try await call.api.list("/v1/warehouses", [("size", "1000")]).items : []
        let frame = Frame(
            path: call.path,
            me: call.me,
            warehouses: warehouses,
            warehouse: call.warehouse
        )
        return Self.html(console.html(of: page, in: frame), status: status)
    }

    static func html(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        var response = Response.text(text, type: "text/html; charset=utf-8", status: status)
        for (name, value) in protection { response.headers[name] = value }
        return response
    }

    /// Scripts, styles and calls are the gateway's own, and no other page frames it.
    private static let protection: [(HTTPField.Name, String)] = [
        (
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
                + " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        ),
        ("Referrer-Policy", "same-origin"), ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"), ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ].compactMap { name, value in HTTPField.Name(name).map { ($0, value) } }

    private func asset(_ path: String) -> Response {
        guard let asset = console.assets[path] else { return Response(status: .notFound) }
        var response = Response(
            status: .ok,
            headers: [.contentType: asset.type],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: asset.bytes))
        )
        // The folder's name stands for what is in it.
        response.headers[.cacheControl] = "public, max-age=31536000, immutable"
        if let name = HTTPField.Name("X-Content-Type-Options") {
            response.headers[name] = "nosniff"
        }
        return response
    }

    private func signIn(_ request: Request, _ context: ManagementContext) async throws -> Response {
        let source = ConsoleAPI(responder: responder, request: request, context: context)
        let given = try? request.parameter("return")
        let path = given.flatMap { ReturnPath($0) }?.text ?? ConsolePath.root
        let ways = try await source.get("/v1/sign-in")
        let page = SignInPage(
            ways: ways,
            returnPath: path,
            // By the person, not by a page (Fetch Metadata §2.2).
            isOpenedByHand: request.fetchSite == "none",
            isFromElsewhere: ["cross-site", "same-site"].contains(request.fetchSite ?? "")
        )
        return Self.html(console.html(of: page))
    }
}
