import Testing

extension IntegrationTests {
    /// SIGTERM: no new connections; running ones may finish until the deadline.
    @Suite("Drain")
    struct DrainTests {
        private func route(drain: String, to backend: Endpoint) throws -> Route {
            try Route(
                try ListenerFile("tcp", to: backend),
                settings: ["timeouts: { drain: \(drain) }"]
            )
        }

        @Test("Without sessions the gateway exits immediately")
        func empty() throws {
            let route = try route(drain: "60s", to: .free())
            #expect(try route.sluice.terminate() == 0)
        }

        @Test("Nothing is accepted, and a running session can finish")
        func finishing() throws {
            let echo = try ThreadedServer.echo()
            let route = try route(drain: "60s", to: echo.endpoint)
            let client = try Connection(to: route.listen)
            #expect(try client.exchange("before"))

            route.sluice.process.signal(15)
            try wait(for: "a closed listener") { (try? Connection(to: route.listen)) == nil }
            #expect(try client.exchange("during"))
            #expect(route.sluice.process.isRunning)

            client.finishSending()
            #expect(try client.receiveToEnd().ending == .endOfStream)
            #expect(try route.sluice.process.waitUntilExit() == 0)
            // Those that looked for the listener have lines too.
            let peer = client.local?.description
            #expect(try route.sluice.accessLine { $0.peer == peer }.end == "finished")
        }

        @Test("Sessions that remain at the deadline are closed, logged and counted")
        func deadline() throws {
            let echo = try ThreadedServer.echo()
            let route = try route(drain: "700ms", to: echo.endpoint)
            let clients = try (0..<3).map { _ in try Connection(to: route.listen) }
            for client in clients { #expect(try client.exchange("before")) }

            let started = ContinuousClock.now
            route.sluice.process.signal(15)
            for client in clients { #expect(try client.receiveToEnd().bytes.isEmpty) }
            #expect(ContinuousClock.now - started >= .milliseconds(600))
            #expect(try route.sluice.process.waitUntilExit() == 0)
            #expect(try route.sluice.accessLines(count: 3).allSatisfy { $0.end == "drained" })
            let log = route.sluice.operatorLog
            #expect(log.contains("drained: 0 sessions finished, 3 closed"), "\(log)")
        }

        @Test("A draining gateway releases its management address at once: it is not ready")
        func readiness() throws {
            let echo = try ThreadedServer.echo()
            let route = try route(drain: "60s", to: echo.endpoint)
            let client = try Connection(to: route.listen)
            #expect(try client.exchange("before"))
            #expect(try route.sluice.get("/readyz").status == 200)

            route.sluice.process.signal(15)
            try wait(for: "a free management address") {
                (try? Acceptor(at: route.sluice.management)) != nil
            }
            #expect(try client.exchange("during"))
            client.close()
            #expect(try route.sluice.process.waitUntilExit() == 0)
        }
    }
}
