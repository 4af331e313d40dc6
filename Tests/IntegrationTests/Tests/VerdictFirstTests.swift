import Testing

extension IntegrationTests {
    /// The policy decides before anything is counted: who is denied takes nothing from those whom
    /// it admits.
    @Suite("The verdict comes before the limits")
    struct VerdictFirstTests {
        private static let onlyOne = "{ mode: specific, entries: [ { cidr: 127.0.0.1/32 } ] }"

        @Test(
            "Denied clients that stay do not use up the limits of admitted ones",
            arguments: ["tcp", "mysql", "http"]
        )
        func places(protocol: String) throws {
            let echo = try ThreadedServer.echo()
            let listener = try ListenerFile(`protocol`, to: echo.endpoint)
            let sluice = try SluiceProcess(
                GatewayFile(
                    listener,
                    settings: ["limits: { connections: 1 }"],
                    whitelist: Self.onlyOne
                )
            )
            // Of a MySQL client's login nothing comes: its refusal lasts.
            let denied = try (0..<50).map { number in
                try Connection(to: listener.listen, from: "127.0.1.\(1 + number % 10)")
            }
            for round in 1...20 {
                let client = try Connection(to: listener.listen)
                #expect(try client.exchange("let me in"))
                client.close()
                // Its place is free before its line is written.
                try wait(for: "its line") {
                    try sluice.accessLog().count { $0.verdict == "allow" } == round
                }
            }
            #expect(try !sluice.accessLog().contains { $0.reason == "connectionLimit" })
            for client in denied { client.close() }
        }

        @Test("Nor the descriptors: accepting does not pause for them")
        func descriptors() throws {
            let echo = try ThreadedServer.echo()
            let listener = try ListenerFile("mysql", to: echo.endpoint)
            let sluice = try SluiceProcess(
                GatewayFile(listener, whitelist: Self.onlyOne),
                openFileLimit: 128
            )
            var denied: [Connection] = []
            for number in 0..<300 {
                denied.append(
                    try Connection(to: listener.listen, from: "127.0.\(1 + number % 20).1")
                )
            }
            for _ in 0..<20 {
                let client = try Connection(to: listener.listen)
                #expect(try client.exchange("let me in"))
            }
            #expect(try sluice.status().acceptPauses == 0, "\(sluice.operatorLog)")
            #expect(denied.count == 300)
        }

        @Test("Nor their neighbours' rate: an IPv6 /64 is one source")
        func neighbours() throws {
            let echo = try ThreadedServer.echo()
            let listener = try ListenerFile(
                "tcp",
                to: echo.endpoint,
                settings: ["proxyProtocol: { accept: required, trusted: [ 127.0.0.2/32 ] }"]
            )
            let sluice = try SluiceProcess(
                GatewayFile(
                    listener,
                    settings: ["limits: { connectRatePerSource: 1, connectionsPerSource: 1 }"],
                    whitelist: "{ mode: specific, entries: [ { cidr: \"2001:db8::7/128\" } ] }"
                )
            )
            func connect(_ last: UInt8) throws -> Connection {
                let balancer = try Connection(to: listener.listen, from: "127.0.0.2")
                try balancer.send(ProxyHeaderV2.tcp6(fromLast: [0, last]).bytes)
                return balancer
            }
            for _ in 0..<20 { #expect(try connect(9).receiveToEnd().bytes.isEmpty) }
            #expect(try connect(7).exchange("let me in"))
            // In whatever order two shards write them.
            let verdicts = try sluice.accessLines(count: 21).map(\.verdict)
            #expect(verdicts.count { $0 == "deny" } == 20, "\(verdicts)")
        }

        @Test(
            "A load balancer that speaks for itself has limits too",
            arguments: [
                ProxyHeaderV2.local().bytes, Array("PROXY UNKNOWN\r\n".utf8),
                ProxyHeaderV2(familyAndTransport: 0).bytes,
            ]
        )
        func local(header: [UInt8]) throws {
            let echo = try ThreadedServer.echo()
            let listener = try ListenerFile(
                "tcp",
                to: echo.endpoint,
                settings: ["proxyProtocol: { accept: required, trusted: [ 127.0.0.2/32 ] }"]
            )
            let sluice = try SluiceProcess(
                GatewayFile(listener, settings: ["limits: { connectionsPerSource: 2 }"])
            )
            let sessions = try (0..<4).map { _ in
                let session = try Connection(to: listener.listen, from: "127.0.0.2")
                try session.send(header)
                return session
            }
            var admitted = 0
            for session in sessions {
                try? session.send("?")
                if case .bytes = try session.receive() { admitted += 1 }
            }
            #expect(admitted == 2)
            let line = try sluice.accessLine { $0.verdict == "deny" }
            #expect(line.reason == "sourceConnectionLimit")
        }
    }
}
