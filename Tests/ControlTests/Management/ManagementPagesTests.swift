import Foundation
import Operations
import Testing

@testable import Control

@Suite("The pages of the management address")
struct ManagementPagesTests {
    private static func status(health: BackendStatus.Health...) -> GatewayStatus {
        var status = GatewayStatus()
        status.version = "1.2.3"
        status.generation = 7
        status.listeners = health.enumerated().map { index, health in
            var backend = BackendStatus()
            backend.name = "10.0.0.5:9030"
            backend.health = health
            var listener = ListenerStatus()
            listener.address = "0.0.0.0:\(9030 + index)"
            listener.warehouse = "W\(index)"
            listener.backends = [backend]
            return listener
        }
        return status
    }

    @Test("/healthz is 200 while the process runs, whatever its backends do")
    func health() async throws {
        try await ServedManagement.run(Self.status(health: .unhealthy)) { server in
            let answer = try await server.get("/healthz")
            #expect(answer.status == 200)
            #expect(answer.body == "ok\n")
        }
    }

    @Test("/readyz is 200 while the gateway accepts, whatever its backends do")
    func ready() async throws {
        for health in [.healthy, .unhealthy, .unresolved] as [BackendStatus.Health] {
            try await ServedManagement.run(Self.status(health: .healthy, health)) { server in
                let answer = try await server.get("/readyz")
                #expect(answer.status == 200)
                #expect(answer.body == "ready\n")
            }
        }
    }

    @Test("/readyz is 503 before a configuration is active, and while the gateway drains")
    func notReady() async throws {
        var starting = Self.status(health: .healthy)
        starting.generation = 0
        var draining = Self.status(health: .healthy)
        draining.phase = .draining
        for (status, reason) in [(starting, "starting"), (draining, "draining")] {
            try await ServedManagement.run(status) { server in
                for path in ["/readyz", "/readyz?warehouse=W0"] {
                    let answer = try await server.get(path)
                    #expect(answer.status == 503)
                    #expect(answer.body.hasPrefix(reason))
                }
            }
        }
    }

    @Test("/readyz?warehouse= checks the backends of one warehouse")
    func warehouse() async throws {
        let status = Self.status(health: .healthy, .unhealthy)
        try await ServedManagement.run(status) { server in
            #expect(try await server.get("/readyz?warehouse=W0").status == 200)
            let answer = try await server.get("/readyz?warehouse=W1")
            #expect(answer.status == 503)
            #expect(answer.body == "listener 0.0.0.0:9031 has no healthy backend\n")
            let unknown = try await server.get("/readyz?warehouse=W2")
            #expect(unknown.status == 404)
            let refusal = try unknown.decoded(as: HTTPAnswer.Refusal.self)
            #expect(refusal.code == "WarehouseNotFound")
            #expect(refusal.message == "Unknown warehouse \"W2\".", "it names no other")
        }
    }

    @Test("One healthy backend of a listener is enough; every listener of a warehouse needs one")
    func readiness() {
        var status = Self.status(health: .healthy, .unhealthy)
        status.listeners[0].backends.insert(BackendStatus(), at: 0)
        status.listeners[0].backends[0].health = .unhealthy
        #expect(Readiness(status, of: "W0")?.reasons == [])
        status.listeners[1].warehouse = "W0"
        #expect(Readiness(status, of: "W0")?.reasons.count == 1)
        #expect(Readiness(status).reasons == [])
    }

    @Test("/metrics shows what the gateway counts, and what the process uses")
    func metrics() async throws {
        try await ServedManagement.run(Self.status(health: .healthy)) { server in
            let answer = try await server.get("/metrics")
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(answer.body.contains("sluice_build_info{version=\"1.2.3\"} 1\n"))
            for name in ["process_cpu_seconds_total", "process_resident_memory_bytes"] {
                #expect(answer.body.contains("\n\(name) "))
            }
            for name in ["process_open_fds", "process_max_fds"] {
                #expect(answer.body.contains("\n\(name) "))
            }
        }
    }

    @Test("/v1/status is the status, whole, in the envelope of the API")
    func apiStatus() async throws {
        struct Answer: Decodable {
            var success: Bool
            var requestId: String
            var data: GatewayStatus
        }
        let status = Self.status(health: .healthy, .unresolved)
        try await ServedManagement.run(status) { server in
            let response = try await server.get("/v1/status")
            #expect(response.status == 200)
            #expect(response.headers["content-type"] == "application/json")
            let answer = try response.decoded(as: Answer.self)
            #expect(answer.success)
            #expect(UUID(uuidString: answer.requestId) != nil)
            #expect(answer.data == status)
        }
    }

    @Test("Foreign text in a response keeps its value, but cannot control a terminal")
    func hostileStatus() async throws {
        struct Answer: Decodable { var data: GatewayStatus }
        var status = Self.status(health: .unhealthy)
        let hostile = "a\u{1b}[2J\u{202e}b\u{2028}c\u{200b}d"
        status.listeners[0].backends[0].lastFailure = hostile
        try await ServedManagement.run(status) { server in
            let response = try await server.get("/v1/status")
            #expect(response.body.contains(#"\u202e"#))
            #expect(!response.body.unicodeScalars.contains("\u{202e}"))
            let answer = try response.decoded(as: Answer.self)
            #expect(answer.data.listeners[0].backends[0].lastFailure == hostile)
        }
    }

    @Test("A client's RequestId is returned if it is a UUID, otherwise not")
    func requestID() async throws {
        try await ServedManagement.run { server in
            let id = "6a7f0c9e-1111-4222-8333-444455556666"
            let known = try await server.ask("GET", "/v1/x", headers: ["RequestId: \(id)"])
            #expect(try known.decoded(as: HTTPAnswer.Refusal.self).requestId == id)
            let odd = try await server.ask("GET", "/v1/x", headers: ["RequestId: <script>"])
            let answered = try odd.decoded(as: HTTPAnswer.Refusal.self).requestId
            #expect(UUID(uuidString: answered) != nil)
        }
    }

    @Test("/ lists the pages", arguments: ["/healthz", "/readyz", "/metrics", "/v1/..."])
    func index(path: String) async throws {
        try await ServedManagement.run(Self.status(health: .healthy)) { server in
            let answer = try await server.get("/")
            #expect(answer.status == 200)
            #expect(answer.body.contains("\n\(path)"))
            #expect(answer.body.contains("with a login"))
            let page = path == "/v1/..." ? "/v1/status" : path
            #expect(try await server.get(page).status == 200)
        }
    }

    @Test("HEAD is GET without the body, and no response may be cached")
    func head() async throws {
        try await ServedManagement.run(Self.status(health: .unhealthy)) { server in
            for (path, status) in [
                ("/healthz", 200), ("/readyz?warehouse=W0", 503), ("/metrics", 200),
            ] {
                let answer = try await server.ask("HEAD", path)
                #expect(answer.status == status)
                #expect(answer.body == "")
                #expect(answer.headers["cache-control"] == "no-store")
            }
        }
    }
}
