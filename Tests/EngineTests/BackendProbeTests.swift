import Addresses
import Policy
import Settings
import Testing
import Traffic

@testable import Engine

@Suite("What a health check sends to a backend")
struct BackendProbeTests {
    @Test("An HTTP server gets its name, without the dot that makes it absolute")
    func absoluteName() {
        let loopback = SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: 8030)
        let service = Service(
            Service.ID(warehouse: "W", protocol: .http),
            backends: [],
            healthCheck: HealthCheck(kind: .http(path: "/"))
        )
        for (name, host) in [("db.internal.", "db.internal:8030"), ("db", "db:8030")] {
            let address = BackendAddress(host: .name(name), port: 8030)
            let key = BackendKey(service: service, name: address, address: loopback)
            let probe = Backend(key) { _ in }.probe
            #expect(probe as? HTTPHealthCheck == HTTPHealthCheck(path: "/", host: host))
        }
    }
}
