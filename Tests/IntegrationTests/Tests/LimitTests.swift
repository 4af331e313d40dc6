import Testing

extension IntegrationTests {
    /// How many connections are let in, seen from the client's side.
    @Suite("Limits")
    struct LimitTests {
        private func admits(_ endpoint: Endpoint, from source: String = "127.0.0.1") throws
            -> Connection?
        {
            let client = try Connection(to: endpoint, from: source)
            try? client.send("?")
            guard case .bytes = try client.receive() else { return nil }
            return client
        }

        @Test("Total connections")
        func total() throws {
            let echo = try ThreadedServer.echo()
            let listeners = [
                try ListenerFile("tcp", to: echo.endpoint),
                try ListenerFile("tcp", to: echo.endpoint),
            ]
            let sluice = try SluiceProcess(
                GatewayFile(listeners[0], listeners[1], settings: ["limits: { connections: 3 }"])
            )
            let held = [
                try admits(listeners[0].listen, from: "127.0.0.1"),
                try admits(listeners[1].listen, from: "127.0.0.2"),
                try admits(listeners[0].listen, from: "127.0.0.3"),
            ]
            #expect(held.allSatisfy { $0 != nil })
            #expect(try admits(listeners[1].listen, from: "127.0.0.4") == nil)
            #expect(try sluice.accessLine().reason == "connectionLimit")

            held[0]?.close()
            _ = try wait(for: "a free place") { try admits(listeners[1].listen) }
        }

        @Test("A full gateway does not log each denial, but reports how many are missing")
        func lines() throws {
            let echo = try ThreadedServer.echo()
            let listener = try ListenerFile("tcp", to: echo.endpoint)
            let sluice = try SluiceProcess(
                GatewayFile(
                    listener,
                    settings: ["limits: { connections: 1 }", "engine: { shards: 1 }"]
                )
            )
            let held = try admits(listener.listen)
            #expect(held != nil)
            for _ in 0..<300 { try Connection(to: listener.listen).close() }
            let missing = try wait(for: "300 denials") {
                let values = try sluice.metrics().samples
                func sum(_ name: String, _ label: String = "") -> Double {
                    values.filter { $0.name == name && $0.labels.contains(label) }
                        .reduce(0) { $0 + $1.value }
                }
                let denied = sum("sluice_connections_denied_total", "\"connectionLimit\"")
                return denied == 300 ? sum("sluice_denials_unlogged_total") : nil
            }
            #expect(missing > 0, "60 lines a minute for each source and reason")
            try wait(for: "\(300 - Int(missing)) lines") {
                try sluice.accessLog().count { $0.reason == "connectionLimit" }
                    == 300 - Int(missing)
            }
            try wait(for: "a line in the log") {
                sluice.operatorLog.contains("omitted from the access log")
            }
        }

        @Test("Connections to one warehouse, over all its listeners")
        func warehouse() throws {
            let echo = try ThreadedServer.echo()
            let listeners = [
                try ListenerFile("tcp", to: echo.endpoint),
                try ListenerFile("tcp", to: echo.endpoint),
            ]
            var file = GatewayFile(listeners[0], listeners[1])
            file.warehouse = ["limits: { connections: 2 }"]
            let sluice = try SluiceProcess(file)
            let held = try listeners.map { try admits($0.listen) }
            #expect(held.allSatisfy { $0 != nil })
            #expect(try admits(listeners[0].listen) == nil)
            #expect(try sluice.accessLine().reason == "warehouseConnectionLimit")

            held[1]?.close()
            _ = try wait(for: "a free place") { try admits(listeners[0].listen) }
        }

        @Test("Connections from one source; another source is not affected")
        func perSource() throws {
            let echo = try ThreadedServer.echo()
            let listener = try ListenerFile("tcp", to: echo.endpoint)
            let sluice = try SluiceProcess(
                GatewayFile(listener, settings: ["limits: { connectionsPerSource: 2 }"])
            )
            let held = try (0..<2).map { _ in try admits(listener.listen, from: "127.0.0.7") }
            #expect(held.allSatisfy { $0 != nil })
            #expect(try admits(listener.listen, from: "127.0.0.7") == nil)
            #expect(try admits(listener.listen, from: "127.0.0.8") != nil)
            #expect(
                try sluice.accessLine { $0.verdict == "deny" }.reason == "sourceConnectionLimit"
            )

            held[0]?.close()
            _ = try wait(for: "a free place") { try admits(listener.listen, from: "127.0.0.7") }
        }

        @Test("The source is the one in the PROXY header")
        func sourceByHeader() throws {
            let echo = try ThreadedServer.echo()
            let listener = try ListenerFile(
                "tcp",
                to: echo.endpoint,
                settings: ["proxyProtocol: { accept: required, trusted: [ 127.0.0.2/32 ] }"]
            )
            let sluice = try SluiceProcess(
                GatewayFile(listener, settings: ["limits: { connectionsPerSource: 1 }"])
            )
            func admits(_ client: String) throws -> Connection? {
                let balancer = try Connection(to: listener.listen, from: "127.0.0.2")
                try balancer.send(ProxyHeaderV2.tcp4(from: client).bytes)
                try? balancer.send("?")
                guard case .bytes = try balancer.receive() else { return nil }
                return balancer
            }
            let held = [try admits("192.0.2.1"), try admits("192.0.2.2")]
            #expect(held.allSatisfy { $0 != nil })
            #expect(try admits("192.0.2.1") == nil)
            #expect(try sluice.accessLine().client == "192.0.2.1:40000")
        }

        @Test("Connects per second from one source, after a burst of twice as many")
        func rate() throws {
            let echo = try ThreadedServer.echo()
            let listener = try ListenerFile("tcp", to: echo.endpoint)
            let sluice = try SluiceProcess(
                GatewayFile(listener, settings: ["limits: { connectRatePerSource: 5 }"])
            )
            let started = ContinuousClock.now
            let burst = try (0..<40).map { _ in try admits(listener.listen, from: "127.0.0.7") }
            let elapsed = ContinuousClock.now - started
            let admitted = burst.count { $0 != nil }
            #expect(burst.prefix(10).allSatisfy { $0 != nil })
            #expect(admitted <= 11 + Int(elapsed / .seconds(1) * 5), "\(admitted) in \(elapsed)")
            let denied = try sluice.accessLine { $0.verdict == "deny" }
            #expect(denied.reason == "sourceRateLimit")
            #expect(try admits(listener.listen, from: "127.0.0.8") != nil)

            pause(.milliseconds(500))
            #expect(try admits(listener.listen, from: "127.0.0.7") != nil)
        }

        @Test("Zero means no limit")
        func zero() throws {
            let echo = try ThreadedServer.echo()
            let listener = try ListenerFile("tcp", to: echo.endpoint)
            let limits = "{ connections: 0, connectionsPerSource: 0, connectRatePerSource: 0 }"
            let sluice = try SluiceProcess(GatewayFile(listener, settings: ["limits: \(limits)"]))
            let held = try (0..<100).map { _ in try admits(listener.listen) }
            #expect(held.allSatisfy { $0 != nil })
            #expect(try sluice.status().activeConnections == 100)
        }
    }
}
