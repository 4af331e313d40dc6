import Core
import Engine
import Foundation
import HTTPTypes
import Hummingbird

/// What the management address answers.
struct ManagementRoutes: Sendable {
    let gateway: Gateway

    var router: Router<BasicRequestContext> {
        let router = Router()
        router.add(middleware: ErrorEnvelope())
        router.get("/") { _, _ in Response.text(Self.index, type: "text/plain; charset=utf-8") }
        router.get("/healthz") { _, _ in Response.text("ok\n", type: "text/plain") }
        router.get("/readyz") { _, _ in readiness() }
        router.get("/metrics") { _, _ in metrics() }
        router.get("/v1/status") { _, context in
            try Envelope(data: gateway.status()).response()
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
        let text = PrometheusText(gateway.status(), process: .current()).description
        return .text(text, type: PrometheusText.contentType)
    }

    /// Ready is a gateway that accepts, and each of whose listeners has a backend to serve with.
    private func readiness() -> Response {
        let status = gateway.status()
        let reasons = Readiness(status).reasons
        guard !reasons.isEmpty else { return .text("ready\n", type: "text/plain") }
        return .text(
            reasons.map { $0 + "\n" }.joined(),
            type: "text/plain; charset=utf-8",
            status: .serviceUnavailable
        )
    }
}

/// Whether traffic should be sent to a gateway.
struct Readiness {
    /// Why not; empty where it should.
    let reasons: [String]

    init(_ status: GatewayStatus) {
        var reasons: [String] = []
        if status.phase == .draining { reasons.append("draining") }
        for listener in status.listeners
        where !listener.backends.contains(where: { $0.health == .healthy }) {
            reasons.append("listener \(listener.address) has no healthy backend")
        }
        self.reasons = reasons
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
