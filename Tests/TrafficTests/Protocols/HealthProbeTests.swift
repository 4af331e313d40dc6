import Testing
import Traffic

@Suite("Health probes")
struct HealthProbeTests {
    private func probe(_ kind: HealthCheck.Kind) -> (any HealthProbe)? {
        HealthCheck(kind: kind).probe(of: ProbedBackend(host: "w"))
    }

    @Test("A check that is off has no probe; for TCP, to be connected is to be healthy")
    func withoutConversation() {
        #expect(probe(.off) == nil)
        #expect(probe(.tcp)?.opening == .healthy(farewell: []))
    }

    @Test("An HTTP probe speaks first, a MySQL probe listens first")
    func opening() {
        let request = HTTPHealthCheck(path: "/x", host: "w").opening
        #expect(probe(.http(path: "/x"))?.opening == request)
        #expect(probe(HealthCheck.mysql.kind)?.opening == .wait)
    }

    @Test("A probe keeps what came so far from one piece to the next")
    func pieces() throws {
        var probe = try #require(self.probe(.http(path: "/")))
        #expect(probe.receive(Array("HTTP/1.1 5".utf8)) == .wait)
        #expect(probe.receive(Array("03 x\r\n".utf8)) == .unhealthy(reason: "HTTP status 503"))
    }
}

extension HealthProbe {
    mutating func receive(_ bytes: some Collection<UInt8>) -> HealthProbeStep {
        receive(Array(bytes).span)
    }
}
