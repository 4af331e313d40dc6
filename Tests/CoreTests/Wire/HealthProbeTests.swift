import Core
import Testing

@Suite("Health probes")
struct HealthProbeTests {
    @Test("A check that is off has no probe; for TCP, to be connected is to be healthy")
    func withoutConversation() {
        #expect(HealthProbe(.off, host: "w") == nil)
        #expect(HealthProbe(.tcp, host: "w")?.opening == .healthy(farewell: []))
    }

    @Test("An HTTP probe speaks first, a MySQL probe listens first")
    func opening() {
        let request = HTTPHealthCheck(path: "/x", host: "w").request
        #expect(HealthProbe(.http(path: "/x"), host: "w")?.opening == .send(request))
        #expect(HealthProbe(HealthCheck.mysql.kind, host: "w")?.opening == .wait)
    }

    @Test("A probe keeps what came so far from one piece to the next")
    func pieces() throws {
        var probe = try #require(HealthProbe(.http(path: "/"), host: "w"))
        #expect(probe.receive(Array("HTTP/1.1 5".utf8)) == .wait)
        #expect(probe.receive(Array("03 x\r\n".utf8)) == .unhealthy(reason: "HTTP status 503"))
    }
}
