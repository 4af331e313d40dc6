import Testing

extension IntegrationTests {
    /// A session is judged by its own service, and by who vouched for it, as long as it lives.
    @Suite("Revocation")
    struct RevocationTests {
        private static let trusted = "accept: required, trusted: [ 127.0.0.2/32 ]"
        private static let onlyOther = "{ mode: specific, entries: [ { cidr: 127.0.0.8/32 } ] }"

        private func preview(_ file: GatewayFile, _ sluice: SluiceProcess) throws -> String {
            let path = try sluice.folder.write(
                file.text(management: sluice.management),
                to: "next.yaml"
            )
            return try runProgram(
                Programs.sluice(),
                [
                    "check", "--config", path, "--live", "--management",
                    sluice.management.description,
                ]
            ).output
        }

        /// Puts `file` in force after the preview has said that the one session would be closed.
        private func expectRevocation(
            of session: Connection,
            by file: GatewayFile,
            at sluice: SluiceProcess,
            reason: String
        ) throws {
            let preview = try preview(file, sluice)
            #expect(preview.contains(reason), "\(preview)")
            try sluice.reload(to: file)
            #expect(try session.receiveToEnd().bytes.isEmpty)
            let line = try sluice.accessLine { $0.end == "revoked" }
            #expect(line.reason == reason)
            try wait(for: "a line on the closed session in \(sluice.operatorLog)") {
                sluice.operatorLog.contains("closed 1 session of warehouse")
            }
        }

        @Test("A listener that returns decides again about the sessions that it admitted")
        func removedAndAdded() throws {
            let echo = try ThreadedServer.echo()
            let kept = try ListenerFile("tcp", to: echo.endpoint)
            let moving = try ListenerFile("tcp", to: echo.endpoint)
            let sluice = try SluiceProcess(GatewayFile(kept, moving))
            let session = try Connection(to: moving.listen, from: "127.0.0.7")
            #expect(try session.exchange("before"))
            try sluice.reload(to: GatewayFile(kept))
            #expect(try session.exchange("without"))
            try sluice.reload(to: GatewayFile(kept, moving))
            #expect(try session.exchange("with"))
            try expectRevocation(
                of: session,
                by: GatewayFile(kept, moving, whitelist: Self.onlyOther),
                at: sluice,
                reason: "notInWhitelist"
            )
        }

        @Test("Even without its listener, its warehouse's list decides")
        func away() throws {
            let echo = try ThreadedServer.echo()
            let kept = try ListenerFile("tcp", to: echo.endpoint)
            let removed = try ListenerFile("tcp", to: echo.endpoint)
            let sluice = try SluiceProcess(GatewayFile(kept, removed))
            let session = try Connection(to: removed.listen, from: "127.0.0.7")
            #expect(try session.exchange("before"))
            try sluice.reload(to: GatewayFile(kept))
            #expect(try session.exchange("without"))
            try expectRevocation(
                of: session,
                by: GatewayFile(kept, whitelist: Self.onlyOther),
                at: sluice,
                reason: "notInWhitelist"
            )
        }

        @Test("If its address now belongs to another warehouse, its own warehouse decides")
        func moved() throws {
            let echo = try ThreadedServer.echo()
            let kept = try ListenerFile("tcp", to: echo.endpoint)
            let moving = try ListenerFile("tcp", to: echo.endpoint)
            let sluice = try SluiceProcess(GatewayFile(kept, moving))
            let session = try Connection(to: moving.listen, from: "127.0.0.7")
            #expect(try session.exchange("before"))
            var file = GatewayFile(kept)
            file.others = [
                WarehouseFile(id: "OTHER", whitelist: "{ mode: anywhere }", listeners: [moving])
            ]
            try sluice.reload(to: file)
            #expect(try session.exchange("moved"))
            file.whitelist = Self.onlyOther
            try expectRevocation(of: session, by: file, at: sluice, reason: "notInWhitelist")
        }

        @Test(
            "A session whose load balancer is no longer trusted is closed",
            arguments: [
                "accept: required, trusted: [ 127.0.0.3/32 ]",
                "accept: optional, trusted: [ 127.0.0.3/32 ]", "accept: off",
            ]
        )
        func distrusted(accept: String) throws {
            let echo = try ThreadedServer.echo()
            func listener(_ accept: String, at listen: Endpoint? = nil) throws -> ListenerFile {
                try ListenerFile(
                    "tcp",
                    at: listen,
                    to: echo.endpoint,
                    settings: ["proxyProtocol: { \(accept) }"]
                )
            }
            let first = try listener(Self.trusted)
            let sluice = try SluiceProcess(GatewayFile(first))
            let session = try Connection(to: first.listen, from: "127.0.0.2")
            try session.send(ProxyHeaderV2.tcp4(from: "192.0.2.7").bytes)
            #expect(try session.exchange("before"))
            try expectRevocation(
                of: session,
                by: GatewayFile(try listener(accept, at: first.listen)),
                at: sluice,
                reason: "untrustedProxySource"
            )
        }

        @Test("A failed connect is retried inside the warehouse that admitted the client")
        func retry() throws {
            let silent = try FullBacklog()
            let other = try ThreadedServer.named("other")
            var listener = try ListenerFile(
                "tcp",
                to: silent.endpoint,
                settings: ["timeouts: { connect: 4s }"]
            )
            let kept = try ListenerFile("tcp", to: other.endpoint)
            let sluice = try SluiceProcess(GatewayFile(kept, listener))
            let client = try Connection(to: listener.listen)
            try wait(for: "the client") { try sluice.status().activeConnections == 1 }
            listener.backends = [other.endpoint.description]
            var file = GatewayFile(kept)
            file.others = [
                WarehouseFile(id: "OTHER", whitelist: "{ mode: anywhere }", listeners: [listener])
            ]
            try sluice.reload(to: file)
            #expect(try client.receiveToEnd().bytes.isEmpty)
            #expect(other.accepted == 0)
            let line = try sluice.accessLine()
            #expect(line.warehouse == "WHTEST" && line.reason == "noBackend")
        }
    }
}
