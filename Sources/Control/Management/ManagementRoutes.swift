import Core
import HTTPTypes
import Hummingbird

/// What the management address answers.
struct ManagementRoutes: Sendable {
    /// The gateway's status at the moment of the call.
    let status: @Sendable () -> GatewayStatus
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
            try Envelope(id: request.envelopeID, data: status()).response()
        }
        return router
    }

    private static let index = """
        sluice \(Version.current)

        /healthz    200 while the process runs
        /readyz     200 while it accepts and every listener has a healthy backend
        /metrics    for Prometheus
        /v1/status  listeners, backends and counts, as JSON

        """

    private func metrics() -> Response {
        let text = PrometheusText(status(), process: .current()).description
        return .text(text, type: PrometheusText.contentType)
    }

    private func readiness() -> Response {
        let reasons = Readiness(status()).reasons
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
