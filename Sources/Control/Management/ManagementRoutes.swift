import Addresses
import Console
import Engine
import HTTPTypes
import Hummingbird
import NIOCore
import Operations
import Policy
import Settings
import Store
import Text

/// What the management address and the local socket answer.
struct ManagementRoutes: Sendable {
    let gateway: any ManagedGateway
    /// Changes the policy.
    let writer: PolicyWriter
    /// How requests are authenticated.
    let access: ManagementAccess
    /// Whether anyone who can connect may read `/metrics`, unless a trusted proxy may stand between:
    /// that could be anyone anywhere.
    var hasOpenMetrics = false
    /// Does what SIGHUP does, and waits for its end; `nil` if nothing can be reloaded.
    var reload: (@Sendable () async -> ReloadResult)?
    /// Host names that requests may use, in addition to addresses and `localhost`.
    var hostNames: [String] = []
    /// How often each key may write.
    var rates = WriteRates()
    /// Recognizes people; `nil` for one of its own.
    var signIn: SignIn?
    /// Signs people in at the provider; `nil` for one of its own.
    var singleSignOn: SingleSignOnLogin?
    /// Whether browsers reach the gateway by HTTPS.
    var isSecure = false
    /// What all servers of a gateway share; `nil` for one's own.
    var plane: ControlPlane?

    /// - Parameter table: gets all calls.
    func router(answers: LargeAnswers, table: RouteTable = RouteTable())
        -> Router<ManagementContext>
    {
        // Load balancers often use HEAD.
        let router = Router(context: ManagementContext.self, options: .autoGenerateHeadEndpoints)
        let pages = PageQueue()
        let plane = plane ?? ControlPlane(gateway, writer)
        router.add(middleware: RequestCounting(metrics: plane.metrics))
        router.add(
            middleware: ManagementErrors(
                routes: table,
                hostNames: hostNames,
                // Without TLS of its own, the gateway does not know whether a proxy has added some.
                isSecure: isSecure ? true : nil
            )
        )
        let api = APIRouter(
            router: router,
            gateway: gateway,
            writer: writer,
            access: access,
            table: table,
            metrics: plane.metrics,
            cookie: SessionCookie(isSecure: isSecure),
            keyCookie: KeyCookie(isSecure: isSecure)
        )
        for path in ["/", "/healthz", "/readyz"] { table.add(.get, path) }
        router.get("/") { request, _ in
            // Only browsers ask for pages.
            if request.headers[.accept]?.contains("text/html") == true {
                return Response.redirect(to: ConsolePath.root, type: .temporary)
            }
            return Response.text(Self.index, type: "text/plain; charset=utf-8")
        }
        router.get("/healthz") { _, _ in Response.text("ok\n", type: "text/plain") }
        router.get("/readyz") { request, _ in try readiness(for: request) }
        let metrics: APIRouter.Handler = { call in
            try await self.metrics(call.context, plane, pages, answers)
        }
        if hasOpenMetrics {
            api.onPublic(.get, "/metrics") { request, context in
                guard gateway.topology.management.trustedProxies.isEmpty else {
                    return try await api.answer(request, context, .read, .organization, metrics)
                }
                return try await self.metrics(context, plane, pages, answers)
            }
        } else {
            api.on(.get, "/metrics", .read, .organization, metrics)
        }
        api.on(.get, "/v1/status", .read, .filtered) { call in
            let (id, channel) = (call.id, call.context.channel)
            return try await pages.build {
                var status = writer.completed(gateway.status()).visible(to: call.principal)
                status.managementCertificate = plane.certificate()
                status.names = plane.names?.status
                return try Envelope(id: id, data: status).response(by: answers, on: channel)
            }
        }
        APIDocumentRoutes(api: api).add()
        BackendRoutes(api: api, gateway: gateway, answers: answers).add()
        SessionRoutes(api: api, gateway: gateway, answers: answers).add()
        EventRoutes(api: api, hub: plane.events, writer: writer).add()
        CountRoutes(api: api, counts: plane.counts, answers: answers, pages: pages).add()
        NoticeRoutes(api: api, notices: plane.notices).add()
        addPolicyRoutes(api, plane)
        return router
    }

    private func addPolicyRoutes(_ api: APIRouter, _ plane: ControlPlane) {
        let metrics = plane.metrics
        let writes = APIWriter(gateway: gateway, writer: writer, rates: rates, metrics: metrics)
        WarehouseContractRoutes(api: api).add()
        let connections = ConnectionContractRoutes(api: api, writes: writes)
        connections.add()
        ConnectionExampleRoutes(connections: connections).add()
        EgressRoutes(api: api).add()
        CertificateRoutes(api: api, managed: plane.managedCertificates).add()
        NameRoutes(api: api, names: plane.names).add()
        PasswordRoutes(api: api, writes: writes).add()
        PrivateLinkContractRoutes(api: api, writes: writes).add()
        WhitelistRoutes(api: api, writes: writes).add()
        EntryRoutes(api: api, writes: writes).add()
        GroupRoutes(api: api, writes: writes).add()
        ShadowRoutes(api: api, writes: writes).add()
        LeaseRoutes(api: api, writes: writes).add()
        EndpointRoutes(api: api, writes: writes).add()
        EndpointServiceRoutes(api: api, writes: writes).add()
        OutboundEndpointRoutes(api: api, writes: writes).add()
        KeyRoutes(api: api, writes: writes).add()
        let signIn = signIn ?? SignIn(writer, PasswordWork(), metrics)
        LoginRoutes(api: api, writes: writes, signIn: signIn).add()
        let singleSignOn = singleSignOn ?? SingleSignOnLogin(signIn, writer, metrics)
        SingleSignOnRoutes(api: api, writer: writer, logins: singleSignOn).add()
        OwnAccountRoutes(api: api, writes: writes, signIn: signIn).add()
        AccountRoutes(api: api, writes: writes, signIn: signIn).add()
        WebhookRoutes(api: api, writes: writes, notices: plane.notices).add()
        AuditRoutes(api: api, writes: writes).add()
        PolicyDocumentRoutes(api: api, writes: writes).add()
        ReloadRoutes(
            api: api,
            writes: writes,
            reload: reload,
            certificate: plane.certificate
        ).add()
        // Without its templates, which a test reads, there would be no console.
        if let console = try? Console() {
            ConsoleRoutes(
                api: api,
                console: console,
                responder: unsafe api.router.buildResponder()
            ).add()
        }
    }

    private func metrics(
        _ context: ManagementContext,
        _ plane: ControlPlane,
        _ pages: PageQueue,
        _ answers: LargeAnswers
    ) async throws -> Response {
        let text = try await pages.build {
            PrometheusText(gateway.status(), process: .current(), control: plane.status).description
        }
        return answers.text(text, type: PrometheusText.contentType, on: context.channel)
    }

    private static let index = """
        sluice \(Version.current)

        /console       the console, in a browser
        /healthz       200 while the process runs
        /readyz        200 while the gateway accepts connections; with ?warehouse=ID, if each of the
                       warehouse's listeners also has a healthy backend
        /metrics       Prometheus metrics
        /v1/...        the API: status, sessions, denials, whitelists, private links, keys, audit
                       (docs/management-api.md); with a login, with X-API-Key, or over the local socket
        /v1/login      to sign in (sluice login; /v1/sign-in tells how)

        """

    private func readiness(for request: Request) throws -> Response {
        let status = gateway.status()
        let readiness: Readiness
        if let warehouse = try request.parameter("warehouse") {
            guard let of = Readiness(status, of: warehouse) else {
                // To anyone who asks: the others' names are not for them.
                throw RequestError(
                    .notFound,
                    "WarehouseNotFound",
                    "Unknown warehouse \(warehouse.quoted)."
                )
            }
            readiness = of
        } else {
            readiness = Readiness(status)
        }
        guard !readiness.reasons.isEmpty else { return .text("ready\n", type: "text/plain") }
        return .text(
            readiness.reasons.map { $0 + "\n" }.joined(),
            type: "text/plain; charset=utf-8",
            status: .serviceUnavailable
        )
    }
}

extension Response {
    static func text(_ text: String, type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: .uncached(type),
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}

/// What the management address needs from a gateway.
protocol ManagedGateway: Sendable {
    func status() -> GatewayStatus
    func sessions(matching filter: SessionFilter, limit: Int) async -> SessionList
    func closeSessions(matching filter: SessionFilter, limit: Int?, shown: Int) async
        -> ClosedSessions
    /// Puts the backends that a filter names in a mode; `nil` for the one that is configured.
    func setMode(_ mode: BackendMode?, matching filter: BackendFilter)
    func denials() async -> DenialList
    func endpoints() -> EndpointList
    /// - Parameter warehouse: `nil` for every listener and whatever warehouse the client reaches.
    func explain(
        warehouse: String?,
        source: IPAddress,
        endpoint: EndpointName?,
        claims: ClientClaims
    ) -> [AccessExplanation]?
    var topology: Topology { get }
    /// The active policy.
    var policy: Policy { get }
    /// How often each entry of a whitelist has decided.
    func entryHits() async -> EntryHitTable
    /// How a connection to a service's backend at this address is encrypted; `nil` if it is not.
    func security(towards address: Addresses.SocketAddress, of service: Service.ID)
        -> BackendSecurity?
}

extension GatewayStatus {
    /// Without the listeners of warehouses that a principal may not see.
    func visible(to principal: Principal) -> GatewayStatus {
        guard principal.warehouses != nil else { return self }
        var status = self
        status.listeners.removeAll { listener in
            listener.warehouse.map { !principal.mayUse(warehouse: $0) } ?? true
        }
        // Sums over all warehouses tell of the others.
        status.activeConnections = status.listeners.reduce(0) { $0 + $1.activeConnections }
        status.shards = status.shards.map { _ in ShardStatus() }
        (status.bufferedByteCount, status.unloggedDenials) = (0, 0)
        return status
    }
}

extension Gateway: ManagedGateway {}

/// What a request's handlers know of its connection.
struct ManagementContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}
