import Addresses
import Engine
import HTTPTypes
import Hummingbird
import NIOCore
import Operations
import Policy
import Settings

/// What the management address answers.
struct ManagementRoutes: Sendable {
    let gateway: any ManagedGateway
    /// Whether clients may close sessions.
    let allowsClosing: Bool
    /// Where the policy is stored, for messages.
    let policySource: String
    /// Host names that requests may use, in addition to addresses and `localhost`.
    var hostNames: [String] = []

    func router(answers: LargeAnswers) -> Router<ManagementContext> {
        // Load balancers often use HEAD.
        let router = Router(context: ManagementContext.self, options: .autoGenerateHeadEndpoints)
        let pages = PageQueue()
        router.add(
            middleware: ManagementErrors(policySource: policySource, hostNames: hostNames)
        )
        router.get("/") { _, _ in Response.text(Self.index, type: "text/plain; charset=utf-8") }
        router.get("/healthz") { _, _ in Response.text("ok\n", type: "text/plain") }
        router.get("/readyz") { request, _ in try readiness(for: request) }
        router.get("/metrics") { _, context -> Response in
            let text = try await pages.build {
                PrometheusText(gateway.status(), process: .current()).description
            }
            return answers.text(text, type: PrometheusText.contentType, on: context.channel)
        }
        router.get("/v1/status") { request, context -> Response in
            let (id, channel) = (request.envelopeID, context.channel)
            return try await pages.build {
                try Envelope(id: id, data: gateway.status()).response(by: answers, on: channel)
            }
        }
        BackendRoutes(gateway: gateway, allowsChanges: allowsClosing, answers: answers)
            .add(to: router)
        PolicyRoutes(gateway: gateway, allowsClosing: allowsClosing, answers: answers)
            .add(to: router)
        return router
    }

    private static let index = """
        sluice \(Version.current)

        /healthz       200 while the process runs
        /readyz        200 while the gateway accepts connections; with ?warehouse=ID, if each of the
                       warehouse's listeners also has a healthy backend
        /metrics       Prometheus metrics
        /v1/status     listeners, backends and counters as JSON
        /v1/sessions   running sessions; DELETE closes those that match a filter
        /v1/backends   backends with health and mode; PUT changes a backend's mode
        /v1/denials    recently denied sources and why
        /v1/endpoints  private endpoints, and unknown ones seen in connections
        /v1/explain    ?warehouse=ID&source=ADDRESS[&endpoint=CLOUD:ID]: would this client be admitted?

        """

    private func readiness(for request: Request) throws -> Response {
        let status = gateway.status()
        let readiness: Readiness
        if let warehouse = try request.parameter("warehouse") {
            guard let of = Readiness(status, of: warehouse) else {
                let error = FilterQueryError.unknownPlace(
                    kind: .warehouse,
                    value: warehouse,
                    known: Set(status.listeners.compactMap(\.warehouse)).sorted()
                )
                throw RequestError(.notFound, "WarehouseNotFound", "\(error).")
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
    func explain(warehouse: String, source: IPAddress, endpoint: EndpointName?)
        -> [AccessExplanation]?
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
