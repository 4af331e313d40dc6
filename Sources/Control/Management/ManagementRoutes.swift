import Core
import HTTPTypes
import Hummingbird

/// What the management address answers.
struct ManagementRoutes: Sendable {
    let gateway: any ManagedGateway
    /// Whether clients may close sessions.
    let allowsClosing: Bool
    /// Where the policy is written down, in words.
    let policySource: String

    var router: Router<BasicRequestContext> {
        // Load balancers like to ask by HEAD.
        let router = Router(options: .autoGenerateHeadEndpoints)
        router.add(middleware: ManagementErrors(policySource: policySource))
        router.get("/") { _, _ in Response.text(Self.index, type: "text/plain; charset=utf-8") }
        router.get("/healthz") { _, _ in Response.text("ok\n", type: "text/plain") }
        router.get("/readyz") { _, _ in readiness() }
        router.get("/metrics") { _, _ in metrics() }
        router.get("/v1/status") { request, _ in
            try Envelope(id: request.envelopeID, data: gateway.status()).response()
        }
        PolicyRoutes(gateway: gateway, allowsClosing: allowsClosing).add(to: router)
        return router
    }

    private static let index = """
        sluice \(Version.current)

        /healthz    200 while the process runs
        /readyz     200 while it accepts and every listener has a healthy backend
        /metrics    for Prometheus
        /v1/status     listeners, backends and counts, as JSON
        /v1/sessions   running sessions; DELETE closes those that a filter names
        /v1/denials    who was denied of late, and why
        /v1/endpoints  private endpoints, and unknown ones that connections named
        /v1/explain    ?warehouse=ID&source=ADDRESS[&endpoint=ID]: may this client pass?

        """

    private func metrics() -> Response {
        let text = PrometheusText(gateway.status(), process: .current()).description
        return .text(text, type: PrometheusText.contentType)
    }

    private func readiness() -> Response {
        let reasons = Readiness(gateway.status()).reasons
        guard !reasons.isEmpty else { return .text("ready\n", type: "text/plain") }
        return .text(
            reasons.map { $0 + "\n" }.joined(),
            type: "text/plain; charset=utf-8",
            status: .serviceUnavailable
        )
    }
}

extension Response {
    static func text(_ text: String, type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}
