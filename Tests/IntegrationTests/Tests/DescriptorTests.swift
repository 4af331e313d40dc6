import Foundation
import Testing

extension IntegrationTests {
    /// What happens when the gateway has no file descriptor left (accept(2), EMFILE).
    @Suite("Out of descriptors")
    struct DescriptorTests {
        @Test("A burst is counted as it is accepted, whichever worker gets the clients")
        func burst() throws {
            let echo = try ThreadedServer.echo()
            let listener = try ListenerFile("tcp", to: echo.endpoint)
            let sluice = try SluiceProcess(
                GatewayFile(listener, settings: ["engine: { shards: 8 }"]),
                openFileLimit: 256
            )
            let crowd = try (0..<300).map { _ in
                let client = try Connection(to: listener.listen)
                try client.send("hi")
                return client
            }
            try wait(for: "a pause") { try sluice.status().acceptPauses > 0 }
            // Half of the descriptors are for everything but connections.
            #expect(sluice.descriptorCount < 220)
            for client in crowd { client.close() }
            let late = try Connection(to: listener.listen)
            #expect(try late.exchange("after"))
            #expect(try !sluice.accessLog().contains { $0.end == "resourceExhausted" })
        }

        /// The gateway hardly uses the processor, once it has done what there was to do.
        private func expectRest(of sluice: SluiceProcess) throws {
            try wait(for: "a second of nothing") {
                let (before, began) = (try sluice.processorTime(), ContinuousClock.now)
                pause(.seconds(1))
                let used = try sluice.processorTime() - before
                return used < (ContinuousClock.now - began) * 3 / 10
            }
        }

        @Test(
            "A limit too low to start is an error message, not a crash",
            arguments: [4, 6, 16, 30]
        )
        func tooFewToStart(limit: Int) throws {
            let file = GatewayFile(try ListenerFile("tcp", to: .free()))
            let sluice = try SluiceProcess(file, openFileLimit: limit, isAwaited: false)
            #expect(try sluice.process.waitUntilExit() == 1)
            #expect(sluice.logs("the open file limit is \(limit)"))
            #expect(sluice.logs("ulimit -n"))
        }

        @Test("The first error names what the whole configuration needs")
        func wholeNeed() throws {
            let file = GatewayFile(
                try ListenerFile("tcp", to: .free()),
                try ListenerFile("tcp", to: .free()),
                settings: ["engine: { shards: 3 }"]
            )
            let sluice = try SluiceProcess(file, openFileLimit: 20, isAwaited: false)
            #expect(try sluice.process.waitUntilExit() == 1)
            #expect(
                sluice.logs("needed for 3 workers and 2 listeners"),
                "\(sluice.operatorLog)"
            )
        }

        @Test("When all descriptors are in use the management address answers, and nothing spins")
        func management() throws {
            let echo = try ThreadedServer.echo()
            let listener = try ListenerFile("tcp", to: echo.endpoint)
            let sluice = try SluiceProcess(GatewayFile(listener), openFileLimit: 128)
            let session = try Connection(to: listener.listen)
            #expect(try session.exchange("hi"))
            // More of either than there will ever be room for.
            let crowd = try (0..<100).map { _ in try Connection(to: sluice.management) }
            let clients = try (0..<100).map { _ in
                let client = try Connection(to: listener.listen)
                try client.send("hi")
                return client
            }
            try wait(for: "a pause") {
                sluice.operatorLog.localizedCaseInsensitiveContains("accept")
            }
            #expect(sluice.descriptorCount < 128)
            for _ in 0..<5 { #expect(try sluice.get("/healthz").status == 200) }
            #expect(try sluice.status().acceptPauses > 0)
            #expect(!sluice.operatorLog.contains("Too many open files"), "\(sluice.operatorLog)")
            try expectRest(of: sluice)
            #expect(try session.exchange("still there"))
            #expect(try clients[0].receiveText(byteCount: 2) == "hi")
            for client in crowd + clients { client.close() }
        }

        @Test("Accepting pauses, does not spin, and resumes by itself")
        func pausesAndResumes() throws {
            let echo = try ThreadedServer.echo()
            let listener = try ListenerFile("tcp", to: echo.endpoint)
            let sluice = try SluiceProcess(GatewayFile(listener), openFileLimit: 128)
            #expect(try Connection(to: listener.listen).exchange("before"))

            // A session takes two descriptors at least.
            let crowd = try (0..<100).map { _ in try Connection(to: listener.listen) }
            for client in crowd { try client.send("?") }
            try wait(for: "a word of the pause in \(sluice.operatorLog)") {
                sluice.operatorLog.localizedCaseInsensitiveContains("accept")
            }

            try expectRest(of: sluice)

            for client in crowd { client.close() }
            #expect(!sluice.operatorLog.contains("is down"), "no backend is to blame")
            let late = try Connection(to: listener.listen)
            #expect(try late.exchange("after"))
            #expect(try sluice.status().acceptPauses > 0)
        }
    }
}
