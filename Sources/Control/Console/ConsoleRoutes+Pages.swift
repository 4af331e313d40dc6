import Console
import Hummingbird
import Text
import Time

/// What each page asks the API for.
extension ConsoleRoutes {
    func start(_ call: ConsoleCall) async throws -> Response {
        let first = try await call.api.list("/v1/warehouses", [("size", "1")]).items.first
        let id = first?["warehouseId"]?.string ?? ""
        return .redirect(to: ConsolePath.warehouse(id) + "/overview", type: .normal)
    }

    /// The longest whitelist that is checked for doubtful entries each time it is shown.
    private static let checkLimit = 20_000

    func publicLink(_ call: ConsoleCall) async throws -> Response {
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
        let count = whitelist["lists"]?.array?.reduce(0) { $0 + ($1["count"]?.int ?? 0) }
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
    func warehouse(_ call: ConsoleCall) async throws -> JSONValue {
        try await call.api.get("/v1/warehouses/\((call.warehouse ?? "").percentEncoded)")
    }

    func importing(_ call: ConsoleCall) async throws -> Response {
        let warehouse = try await warehouse(call)
        guard call.rights.mayOperate else {
            throw ConsoleAPI.Refusal(
                status: .forbidden,
                code: "Forbidden",
                message: "You may only read, and what is imported changes the whitelist."
            )
        }
        return try await show(ImportPage(warehouse: warehouse), call)
    }

    func sessions(_ call: ConsoleCall) async throws -> Response {
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

    func denials(_ call: ConsoleCall) async throws -> Response {
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

    func explain(_ call: ConsoleCall) async throws -> Response {
        let question = ExplainPage.Question { call.parameter($0) }
        let source = question.source
        var answer: JSONValue?
        var near: [JSONValue] = []
        var failure: String?
        if !source.isEmpty {
            do {
                answer = try await call.api.get(
                    "/v1/explain",
                    [("warehouse", call.warehouse ?? "")] + question.parameters
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
            question: question,
            answer: answer,
            near: near,
            failure: failure
        )
        return try await show(page, call)
    }

    func activity(_ call: ConsoleCall) async throws -> Response {
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

    func privateLink(_ call: ConsoleCall) async throws -> Response {
        try await show(PrivateLinkPage(try await links(call), me: call.me), call)
    }

    func inbound(_ call: ConsoleCall) async throws -> Response {
        let page = InboundSetupPage(
            try await links(call),
            me: call.me,
            cloud: call.parameter("cloud")
        )
        return try await show(page, call)
    }

    func outbound(_ call: ConsoleCall) async throws -> Response {
        let page = OutboundSetupPage(
            try await links(call),
            registered: try await call.api.get("/v1/private-link/endpoint-services").array ?? [],
            identities: try await call.api.get("/v1/private-link/identities"),
            me: call.me,
            cloud: call.parameter("cloud")
        )
        return try await show(page, call)
    }

    func links(_ call: ConsoleCall) async throws -> PrivateLinkPage.Answers {
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

    func overview(_ call: ConsoleCall) async throws -> Response {
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

    func keys(_ call: ConsoleCall) async throws -> Response {
        let page = KeysPage(
            try await call.api.list(
                "/v1/keys",
                [("page", call.parameter("page")), ("size", "50")]
            ),
            warehouses: try await call.api.list("/v1/warehouses", [("size", "1")]).items
        )
        return try await show(page, call)
    }

    func accounts(_ call: ConsoleCall) async throws -> Response {
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

    func notices(_ call: ConsoleCall) async throws -> Response {
        let page = NoticesPage(
            standing: try await call.api.get("/v1/notices")["standing"]?.array ?? [],
            webhooks: try await call.api.list("/v1/webhooks", [("size", "100")]).items
        )
        return try await show(page, call)
    }

    func gateway(_ call: ConsoleCall) async throws -> Response {
        // Everyone may read what it shows; what it does is for those who administer all of it.
        guard call.rights.mayAdministerAll else {
            throw ConsoleAPI.Refusal(
                status: .forbidden,
                code: "Forbidden",
                message: "The gateway's settings are for those who may administer all warehouses."
            )
        }
        let page = GatewayPage(
            status: try await call.api.get("/v1/status"),
            certificates: try await call.api.get("/v1/certificates"),
            denials: try await call.api.get(
                "/v1/denials",
                [("unrouted", "true"), ("limit", "\(GatewayPage.denialLimit)")]
            ),
            egress: try await call.api.get("/v1/egress-addresses")
        )
        return try await show(page, call)
    }

    func account(_ call: ConsoleCall) async throws -> Response {
        let page = AccountPage(
            account: try await call.api.get("/v1/me/account"),
            me: call.me,
            logins: try await call.api.list("/v1/me/logins", [("size", "100")]).items
        )
        return try await show(page, call)
    }
}
