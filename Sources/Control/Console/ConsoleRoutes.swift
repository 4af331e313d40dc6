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

    var mayOperate: Bool { ["operate", "administer"].contains(me["role"]?.string ?? "") }
    var mayAdministerAll: Bool { me["role"] == "administer" && me["warehouses"]?.array == nil }

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

// MARK: - Pages

extension ConsoleRoutes {
    private func start(_ call: ConsoleCall) async throws -> Response {
        let first = try await call.api.list("/v1/warehouses", [("size", "1")]).items.first
        let id = first?["warehouseId"]?.string ?? ""
        return .redirect(to: ConsolePath.warehouse(id) + "/overview", type: .normal)
    }

    /// The longest whitelist that is checked for doubtful entries each time it is shown.
    private static let checkLimit = 20_000

    private func publicLink(_ call: ConsoleCall) async throws -> Response {
        let id = (call.warehouse ?? "").percentEncoded
        let root = "/v1/warehouses/\(id)"
        let (text, list) = (call.parameter("text"), call.parameter("list"))
        let entries = try await call.api.list(
            "\(root)/whitelist/entries",
            [("text", text), ("list", list), ("page", call.parameter("page")), ("size", "50")]
        )
        let address = call.me["address"]?.string
        var explanation: JSONValue?
        if let address {
            explanation = try await call.api.get(
                "/v1/explain",
                [("warehouse", call.warehouse ?? ""), ("source", address)]
            )
        }
        let whitelist = try await call.api.get("\(root)/whitelist")
        let count = whitelist["lists"]?.array?.reduce(0) { sum, list in
            guard case .number(let digits)? = list["count"] else { return sum }
            return sum + (Int(digits) ?? 0)
        }
        let answers = PublicLinkPage.Answers(
            warehouse: try await call.api.get(root),
            whitelist: whitelist,
            entries: entries,
            // `try?`: a warehouse need not have a public link.
            examples: try? await call.api.get(
                "\(root)/connection-examples",
                [("link", "public")]
            ),
            explanation: explanation,
            standing: try await call.api.get("/v1/notices")["standing"]?.array ?? [],
            findings: (count ?? 0) <= Self.checkLimit
                ? try await call.api.get("\(root)/whitelist/check") : nil
        )
        let page = PublicLinkPage(
            answers,
            me: call.me,
            filter: (text, list)
        )
        return try await show(page, call)
    }

    /// As the API answers it.
    private func warehouse(_ call: ConsoleCall) async throws -> JSONValue {
        try await call.api.get("/v1/warehouses/\((call.warehouse ?? "").percentEncoded)")
    }

    private func importing(_ call: ConsoleCall) async throws -> Response {
        let warehouse = try await warehouse(call)
        guard call.mayOperate else {
            throw ConsoleAPI.Refusal(
                status: .forbidden,
                code: "Forbidden",
                message: "You may only read, and what is imported changes the whitelist."
            )
        }
        return try await show(ImportPage(warehouse: warehouse), call)
    }

    private func sessions(_ call: ConsoleCall) async throws -> Response {
        let page = SessionsPage(
            warehouse: try await warehouse(call),
            sessions: try await call.api.get(
                "/v1/sessions",
                [("warehouse", call.warehouse ?? ""), ("limit", "500")]
            ),
            me: call.me,
            text: call.parameter("text")
        )
        return try await show(page, call)
    }

    private func denials(_ call: ConsoleCall) async throws -> Response {
        let page = DenialsPage(
            warehouse: try await warehouse(call),
            denials: try await call.api.get(
                "/v1/denials",
                [("warehouse", call.warehouse ?? ""), ("limit", "500")]
            ),
            me: call.me,
            text: call.parameter("text")
        )
        return try await show(page, call)
    }

    private func explain(_ call: ConsoleCall) async throws -> Response {
        let (source, endpoint) = (call.parameter("source"), call.parameter("endpoint"))
        var answer: JSONValue?
        var near: [JSONValue] = []
        var failure: String?
        if !source.isEmpty {
            do {
                answer = try await call.api.get(
                    "/v1/explain",
                    [
                        ("warehouse", call.warehouse ?? ""), ("source", source),
                        ("endpoint", endpoint),
                    ]
                )
                let id = (call.warehouse ?? "").percentEncoded
                near = try await call.api.list(
                    "/v1/warehouses/\(id)/whitelist/entries",
                    [("source", source), ("size", "100")]
                ).items
            } catch let refusal as ConsoleAPI.Refusal where refusal.status == .badRequest {
                failure = refusal.message
            }
        }
        let page = ExplainPage(
            warehouse: try await warehouse(call),
            me: call.me,
            source: source,
            endpoint: endpoint,
            answer: answer,
            near: near,
            failure: failure
        )
        return try await show(page, call)
    }

    private func activity(_ call: ConsoleCall) async throws -> Response {
        let filter = (
            actor: call.parameter("actor"), action: call.parameter("action"),
            warehouse: call.parameter("warehouse")
        )
        var failure: String?
        var records = ListAnswer(items: [], page: 1, size: 50, total: 0)
        do {
            records = try await call.api.list(
                "/v1/audit",
                [
                    ("actor", filter.actor), ("action", filter.action),
                    ("warehouse", filter.warehouse), ("page", call.parameter("page")),
                    ("size", "50"),
                ]
            )
        } catch let refusal as ConsoleAPI.Refusal
            where refusal.status == .badRequest || refusal.status == .notFound
        {
            // As one types, a filter may mean nothing yet.
            failure = refusal.message
        }
        return try await show(ActivityPage(records, filter: filter, failure: failure), call)
    }

    private func privateLink(_ call: ConsoleCall) async throws -> Response {
        try await show(PrivateLinkPage(try await links(call), me: call.me), call)
    }

    private func inbound(_ call: ConsoleCall) async throws -> Response {
        let page = InboundSetupPage(
            try await links(call),
            me: call.me,
            cloud: call.parameter("cloud")
        )
        return try await show(page, call)
    }

    private func outbound(_ call: ConsoleCall) async throws -> Response {
        let page = OutboundSetupPage(
            try await links(call),
            registered: try await call.api.get("/v1/private-link/endpoint-services").array ?? [],
            identities: try await call.api.get("/v1/private-link/identities"),
            me: call.me,
            cloud: call.parameter("cloud")
        )
        return try await show(page, call)
    }

    private func links(_ call: ConsoleCall) async throws -> PrivateLinkPage.Answers {
        let id = (call.warehouse ?? "").percentEncoded
        let root = "/v1/private-link/warehouses/\(id)"
        let all = [("size", "500")]
        let endpoints = try await call.api.list("\(root)/endpoints", all).items
        var examples: [String: JSONValue] = [:]
        for name in endpoints.prefix(50).compactMap({ $0["endpoint"]?.string }) {
            // `try?`: a warehouse need not have a private link yet.
            examples[name] = try? await call.api.get(
                "/v1/warehouses/\(id)/connection-examples",
                [("link", "private"), ("endpoint", name)]
            )
        }
        return PrivateLinkPage.Answers(
            warehouse: try await warehouse(call),
            endpoints: endpoints,
            services: try await call.api.list("\(root)/services", all).items,
            outbound: try await call.api.list("\(root)/outbound-endpoints", all).items,
            seen: try await call.api.get("/v1/endpoints"),
            examples: examples
        )
    }

    private func overview(_ call: ConsoleCall) async throws -> Response {
        let filter = [("warehouse", call.warehouse ?? "")]
        let range = OverviewPage.Range(rawValue: call.parameter("range")) ?? .hour
        let page = OverviewPage(
            warehouse: try await warehouse(call),
            status: try await call.api.get("/v1/status"),
            counts: try await call.api.get(
                "/v1/counts",
                filter + [("since", range.since), ("step", range.step)]
            ),
            range: range,
            standing: try await call.api.get("/v1/notices")["standing"]?.array ?? [],
            at: .systemTime
        )
        return try await show(page, call)
    }

    private func keys(_ call: ConsoleCall) async throws -> Response {
        let page = KeysPage(
            try await call.api.list(
                "/v1/keys",
                [("page", call.parameter("page")), ("size", "50")]
            ),
            warehouses: try await call.api.list("/v1/warehouses", [("size", "1")]).items
        )
        return try await show(page, call)
    }

    private func accounts(_ call: ConsoleCall) async throws -> Response {
        let page = AccountsPage(
            try await call.api.list(
                "/v1/accounts",
                [("page", call.parameter("page")), ("size", "50")]
            ),
            logins: try await call.api.list("/v1/logins", [("size", "100")]).items,
            ways: try await call.api.get("/v1/sign-in")
        )
        return try await show(page, call)
    }

    private func notices(_ call: ConsoleCall) async throws -> Response {
        let page = NoticesPage(
            standing: try await call.api.get("/v1/notices")["standing"]?.array ?? [],
            webhooks: try await call.api.list("/v1/webhooks", [("size", "100")]).items
        )
        return try await show(page, call)
    }

    private func gateway(_ call: ConsoleCall) async throws -> Response {
        // Everyone may read what it shows; what it does is for those who administer all of it.
        guard call.mayAdministerAll else {
            throw ConsoleAPI.Refusal(
                status: .forbidden,
                code: "Forbidden",
                message: "The gateway's settings are for those who may administer all warehouses."
            )
        }
        let page = GatewayPage(
            status: try await call.api.get("/v1/status"),
            egress: try await call.api.get("/v1/egress-addresses")
        )
        return try await show(page, call)
    }

    private func account(_ call: ConsoleCall) async throws -> Response {
        let page = AccountPage(
            account: try await call.api.get("/v1/me/account"),
            me: call.me,
            logins: try await call.api.list("/v1/me/logins", [("size", "100")]).items
        )
        return try await show(page, call)
    }
}
