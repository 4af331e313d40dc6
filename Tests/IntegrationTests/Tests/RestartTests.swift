import Glibc
import Testing

extension IntegrationTests {
    /// One gateway takes over from another on the same addresses.
    @Suite("Restart")
    struct RestartTests {
        private func file(to backend: Endpoint) throws -> GatewayFile {
            GatewayFile(
                try ListenerFile("tcp", to: backend),
                settings: ["timeouts: { drain: 3600s }"]
            )
        }

        @Test("A successor starts and serves while its predecessor drains")
        func afterTheDrainBegan() throws {
            let echo = try ThreadedServer.echo()
            let file = try file(to: echo.endpoint)
            let listen = file.listeners[0].listen
            let old = try SluiceProcess(file)
            let session = try Connection(to: listen)
            #expect(try session.exchange("before"))

            old.process.signal(SIGTERM)
            let new = try SluiceProcess(file, management: old.management)
            #expect(try Connection(to: listen).exchange("new"))
            #expect(try session.exchange("old"))
            #expect(old.process.isRunning)

            session.finishSending()
            #expect(try session.receiveToEnd().ending == .endOfStream)
            #expect(try old.process.waitUntilExit() == 0)
            #expect(try Connection(to: listen).exchange("still there"))
            #expect(try new.get("/readyz").status == 200)
        }

        @Test("A successor that waits for the addresses gets them as soon as the drain begins")
        func waiting() throws {
            let echo = try ThreadedServer.echo()
            let file = try file(to: echo.endpoint)
            let listen = file.listeners[0].listen
            let old = try SluiceProcess(file)
            let session = try Connection(to: listen)
            #expect(try session.exchange("before"))
            let new = try SluiceProcess(
                file,
                management: old.management,
                arguments: ["--bind-patience", "3600"],
                isAwaited: false
            )
            try wait(for: "a word on the address in \(new.operatorLog)") {
                new.operatorLog.contains("waiting for \(old.management)")
            }
            #expect(try Connection(to: listen).exchange("nobody has disturbed the old one"))

            let crowd = Crowd(around: listen)
            old.process.signal(SIGTERM)
            try new.waitUntilReady()
            let during = crowd.stop()
            // In between there is a moment in which nobody listens.
            for failure in during.failures {
                #expect(failure.contains("refused") || failure.contains("reset"), "\(failure)")
            }
            let after = Crowd(around: listen)
            try wait(for: "clients of the new one") { after.admittedCount > 20 }
            #expect(after.stop().failures == [])
            #expect(try session.exchange("old"))
            #expect(old.process.isRunning)
        }

        @Test("Two gateways never share an address: a policy must not decide by chance")
        func noSharing() throws {
            let echo = try ThreadedServer.echo()
            let file = try file(to: echo.endpoint)
            let old = try SluiceProcess(file)
            let other = try SluiceProcess(
                file,
                arguments: ["--bind-patience", "0"],
                isAwaited: false
            )
            #expect(try other.process.waitUntilExit() == 1)
            let expected = "cannot listen on \(file.listeners[0].listen): address already in use"
            #expect(other.logs(expected))
            #expect(try old.terminate() == 0)
        }
    }
}
