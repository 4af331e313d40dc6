import Testing

extension IntegrationTests {
    /// How long the gateway waits. The PROXY header's deadline is with the header's faults, the
    /// drain's with the drain.
    @Suite("Deadlines")
    struct DeadlineTests {
        @Test("Connect: a MySQL client gets an error at the deadline if no backend answers")
        func connectMySQL() throws {
            let silent = try FullBacklog()
            let listener = try ListenerFile(
                "mysql",
                to: silent.endpoint,
                settings: ["timeouts: { connect: 400ms }", "reject: error"]
            )
            let route = try Route(listener)
            let started = ContinuousClock.now
            let bytes = try Connection(to: route.listen).receiveToEnd().bytes
            let elapsed = ContinuousClock.now - started
            #expect(bytes.dropFirst(4).prefix(3).elementsEqual([0xff, 0x10, 0x04]))
            #expect(elapsed >= .milliseconds(350))
            #expect(elapsed < patience)
            #expect(try route.sluice.accessLine().reason == "noBackend")
        }

        @Test("Connect: an HTTP client gets 503")
        func connectHTTP() throws {
            let silent = try FullBacklog()
            let listener = try ListenerFile("http", to: silent.endpoint)
            let route = try Route(listener, settings: ["timeouts: { connect: 300ms }"])
            #expect(try Curl.get(at: route.listen).status == 503)
        }

        @Test("Connect: a client that disconnects meanwhile is released immediately")
        func clientLeaves() throws {
            let silent = try FullBacklog()
            let listener = try ListenerFile("tcp", to: silent.endpoint)
            let route = try Route(listener, settings: ["timeouts: { connect: 60s }"])
            let client = try Connection(to: route.listen)
            try wait(for: "the client") { try route.sluice.status().activeConnections == 1 }
            client.reset()
            let line = try route.sluice.accessLine()
            #expect(line.end == "clientLeft")
            #expect(line.backend == nil)
        }

        @Test("Idle: a session without a byte in either direction is closed on both sides")
        func idle() throws {
            let backend = try Acceptor()
            let listener = try ListenerFile("tcp", to: backend.endpoint)
            let route = try Route(listener, settings: ["timeouts: { idle: 500ms }"])
            let started = ContinuousClock.now
            let client = try Connection(to: route.listen)
            let session = try backend.accept()
            _ = try client.receiveToEnd()
            _ = try session.receiveToEnd()
            #expect(ContinuousClock.now - started >= .milliseconds(450))
            #expect(try route.sluice.accessLine().end == "idleTimeout")
        }

        /// Sends a byte now and then, for longer than a deadline of 2.5 s.
        ///
        /// - Returns: false if one was so late that the deadline may have passed: the machine is to
        ///   blame, and another session is needed.
        private func trickle(from sender: Connection, to receiver: Connection) throws -> Bool {
            var last = ContinuousClock.now
            for _ in 0..<16 {
                try? sender.send(".")
                let received = try receiver.receive(atMost: 1)
                guard ContinuousClock.now - last < .seconds(2) else { return false }
                last = ContinuousClock.now
                try #require(received == .bytes([UInt8(ascii: ".")]))
                pause(.milliseconds(200))
            }
            return true
        }

        @Test("Idle: bytes in one direction keep the session", arguments: [true, false])
        func activity(fromClient: Bool) throws {
            let backend = try Acceptor()
            let listener = try ListenerFile(
                "tcp",
                to: backend.endpoint,
                settings: ["timeouts: { idle: 2500ms }"]
            )
            let route = try Route(listener)
            let (client, session) = try wait(for: "bytes in time") {
                let (client, session) = (try Connection(to: route.listen), try backend.accept())
                let isInTime =
                    try fromClient
                    ? trickle(from: client, to: session) : trickle(from: session, to: client)
                return isInTime ? (client, session) : nil
            }
            let receiver = fromClient ? session : client
            #expect(try receiver.isSilent(for: .milliseconds(100)), "the session is still there")
            let peer = client.local?.description
            #expect(try route.sluice.accessLine { $0.peer == peer }.end == "idleTimeout")
        }

        @Test(
            "Half closed: if one side has ended and the other is silent, the session ends",
            arguments: [true, false]
        )
        func halfClosed(byClient: Bool) throws {
            let backend = try Acceptor()
            let listener = try ListenerFile("tcp", to: backend.endpoint)
            let route = try Route(listener, settings: ["timeouts: { halfClosed: 500ms }"])
            let client = try Connection(to: route.listen)
            let session = try backend.accept()
            // Without an end it is not half closed.
            pause(.milliseconds(1_200))
            let (leaving, staying) = byClient ? (client, session) : (session, client)
            leaving.finishSending()
            #expect(try staying.receive() == .endOfStream)
            #expect(try leaving.receive() == .endOfStream)
            let line = try route.sluice.accessLine()
            #expect(line.end == "halfClosedTimeout")
            #expect(line.durationMs >= 1_600)
        }

        @Test("Half closed: bytes in the remaining direction keep the session")
        func halfClosedActivity() throws {
            let backend = try Acceptor()
            let listener = try ListenerFile(
                "tcp",
                to: backend.endpoint,
                settings: ["timeouts: { halfClosed: 2500ms }"]
            )
            let route = try Route(listener)
            let (client, session) = try wait(for: "bytes in time") {
                let (client, session) = (try Connection(to: route.listen), try backend.accept())
                client.finishSending()
                #expect(try session.receive() == .endOfStream)
                return try trickle(from: session, to: client) ? (client, session) : nil
            }
            session.finishSending()
            #expect(try client.receive() == .endOfStream)
            let peer = client.local?.description
            #expect(try route.sluice.accessLine { $0.peer == peer }.end == "finished")
        }

        @Test("A listener's own deadline takes precedence over the gateway's")
        func listenersOwn() throws {
            let backend = try Acceptor()
            let listener = try ListenerFile(
                "tcp",
                to: backend.endpoint,
                settings: ["timeouts: { idle: 300ms }"]
            )
            let route = try Route(listener, settings: ["timeouts: { idle: 1h }"])
            let client = try Connection(to: route.listen)
            _ = try client.receiveToEnd()
            #expect(try route.sluice.accessLine().end == "idleTimeout")
        }

        @Test("Keepalive probes begin before 240 s of silence, on both sides")
        func keepalive() throws {
            let backend = try Acceptor()
            let listener = try ListenerFile("tcp", to: backend.endpoint)
            let route = try Route(listener)
            let client = try Connection(to: route.listen)
            let session = try backend.accept()
            try client.send("x")
            _ = try session.receive()
            let ports = try (#require(client.local).port, #require(session.peer).port)
            let clientSide = try KernelTimers.secondsToKeepalive(
                localPort: route.listen.port,
                remotePort: ports.0
            )
            // The backend's is set once the connection has lived for a second.
            let backendSide = try wait(for: "the backend's keepalive timer") {
                try KernelTimers.secondsToKeepalive(
                    localPort: ports.1,
                    remotePort: backend.endpoint.port
                )
            }
            #expect(try #require(clientSide) < 240)
            #expect(backendSide < 240)
        }
    }
}
