import Foundation
import Testing

extension IntegrationTests {
    /// Which backend a client gets.
    @Suite("The choice of a backend")
    struct BackendChoice {
        @Test("The backend with the fewest connections is next")
        func leastConnections() throws {
            let backends = [try ThreadedServer.named("a"), try ThreadedServer.named("b")]
            let listener = try ListenerFile(
                "tcp",
                to: backends[0].endpoint,
                backends[1].endpoint
            )
            let sluice = try SluiceProcess(
                GatewayFile(listener, settings: ["engine: { shards: 1 }"])
            )
            var held: [(name: String, connection: Connection)] = []
            func open() throws {
                let connection = try Connection(to: listener.listen)
                held.append((try connection.receiveText(byteCount: 1), connection))
            }

            for _ in 0..<8 { try open() }
            #expect(held.filter { $0.name == "a" }.count == 4)

            held.filter { $0.name == "a" }.forEach { $0.connection.close() }
            held.removeAll { $0.name == "a" }
            try wait(for: "four sessions left") { try sluice.status().activeConnections == 4 }
            for _ in 0..<4 { try open() }
            #expect(held.suffix(4).allSatisfy { $0.name == "a" }, "\(held.map(\.name))")
        }

        @Test("When a connect fails, the client gets the next backend and notices nothing")
        func failover() throws {
            let alive = try ThreadedServer.named("alive")
            let listener = try ListenerFile("tcp", to: .free(), alive.endpoint)
            let sluice = try SluiceProcess(GatewayFile(listener))
            for _ in 0..<20 {
                let client = try Connection(to: listener.listen)
                #expect(try client.receiveText(byteCount: 5) == "alive")
            }
            #expect(try sluice.accessLines(count: 20).allSatisfy { $0.verdict == "allow" })
        }

        @Test("A backend that does not answer costs one connect deadline, then the next is tried")
        func blackHole() throws {
            let silent = try FullBacklog()
            let alive = try ThreadedServer.named("alive")
            let listener = try ListenerFile(
                "tcp",
                to: silent.endpoint,
                alive.endpoint,
                settings: ["timeouts: { connect: 300ms }"]
            )
            let sluice = try SluiceProcess(GatewayFile(listener))
            for _ in 0..<3 {
                let client = try Connection(to: listener.listen)
                #expect(try client.receiveText(byteCount: 5) == "alive")
            }
            let line = try sluice.accessLine()
            #expect(line.backend == alive.endpoint.description, "\(line)")
        }

        @Test("A backend that refuses clients is ejected for a while, and then tried again")
        func passiveEjection() throws {
            let endpoint = try Endpoint.free()
            let alive = try ThreadedServer.named("alive")
            let listener = try ListenerFile("tcp", to: endpoint, alive.endpoint)
            let sluice = try SluiceProcess(GatewayFile(listener))
            try wait(for: "the ejection of \(endpoint)") {
                _ = try Connection(to: listener.listen).receiveText(byteCount: 5)
                return try sluice.health(of: endpoint) == "unhealthy"
            }
            let returned = try ThreadedServer.named("again", at: endpoint)
            try wait(for: "the return of \(endpoint)", within: .seconds(60)) {
                _ = try Connection(to: listener.listen).receiveText(byteCount: 5)
                pause(.milliseconds(100))
                return returned.accepted > 0
            }
            try sluice.waitUntil(endpoint, is: "healthy")
        }

        @Test("The only backend is tried by the next client, however often it has failed")
        func onlyBackend() throws {
            let endpoint = try Endpoint.free()
            let listener = try ListenerFile("tcp", to: endpoint)
            let sluice = try SluiceProcess(GatewayFile(listener))
            // More than eject it, for the first time and again.
            for _ in 0..<8 {
                #expect(try Connection(to: listener.listen).receiveToEnd().bytes.isEmpty)
            }
            _ = try sluice.accessLines(count: 8)
            #expect(try sluice.health(of: endpoint) == "unhealthy")
            #expect(try sluice.backend("\(endpoint)")?.connectFailures == 8, "each was a try")

            let returned = try ThreadedServer.named("again", at: endpoint)
            let client = try Connection(to: listener.listen)
            #expect(try client.receiveText(byteCount: 5) == "again")
            #expect(returned.accepted == 1)
            try sluice.waitUntil(endpoint, is: "healthy")
        }

        @Test("If no backend is healthy, the next client is sent to one that is back")
        func panic() throws {
            let first = try Endpoint.free()
            let second = try Endpoint.free()
            let listener = try ListenerFile("tcp", to: first, second)
            let sluice = try SluiceProcess(GatewayFile(listener))
            for _ in 0..<8 { _ = try Connection(to: listener.listen).receiveToEnd() }
            for endpoint in [first, second] { try sluice.waitUntil(endpoint, is: "unhealthy") }
            let returned = try ThreadedServer.named("again", at: second)
            let client = try Connection(to: listener.listen)
            #expect(try client.receiveText(byteCount: 5) == "again")
            #expect(returned.accepted == 1)
        }

        @Test("Without any backend a MySQL client gets error 1040 immediately")
        func noMySQLBackend() throws {
            let listener = try ListenerFile(
                "mysql",
                to: .free(),
                .free(),
                settings: ["reject: error"]
            )
            let sluice = try SluiceProcess(GatewayFile(listener))
            for _ in 0..<3 {
                let (bytes, ending) = try Connection(to: listener.listen).receiveToEnd()
                try #require(bytes.count > 7)
                #expect(bytes[4] == 0xff)
                #expect(Int(bytes[5]) | Int(bytes[6]) << 8 == 1040)
                #expect(ending == .endOfStream)
            }
            #expect(try sluice.accessLines(count: 3).allSatisfy { $0.reason == "noBackend" })
        }

        @Test("Without any backend an HTTP client gets 503 with JSON immediately")
        func noHTTPBackend() throws {
            let listener = try ListenerFile("http", to: .free())
            let sluice = try SluiceProcess(GatewayFile(listener))
            let answer = try Curl.get(at: listener.listen)
            #expect(answer.status == 503)
            _ = try JSONSerialization.jsonObject(with: Data(answer.body.utf8))
            #expect(try sluice.accessLine().reason == "noBackend")
        }

        @Test("Without any backend a TCP client is closed")
        func noTCPBackend() throws {
            let listener = try ListenerFile("tcp", to: .free())
            let sluice = try SluiceProcess(GatewayFile(listener))
            #expect(try Connection(to: listener.listen).receiveToEnd().bytes.isEmpty)
            #expect(try sluice.accessLine().end == "denied")
        }
    }
}
