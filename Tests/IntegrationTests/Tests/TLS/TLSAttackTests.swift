import Testing

extension IntegrationTests {
    /// Clients that mean harm, or stop in the middle.
    @Suite("Attackers and TLS")
    struct TLSAttackTests {
        private struct Crowd: Decodable {
            var held: Int
            var served: Int
            var closed: Int
        }

        /// A gateway with short deadlines in front of an echo.
        private func gate(to echo: Endpoint) throws -> TLSGate {
            try TLSGate(
                ["required"],
                service: "tcp",
                to: echo,
                settings: ["timeouts: { header: 5s, handshake: 5s }"]
            )
        }

        @Test("1,000 clients that stop are closed at their deadline; others are served meanwhile")
        func crowd() throws {
            let echo = try ThreadedServer.echo()
            let gate = try gate(to: echo.endpoint)
            let before = gate.sluice.descriptorCount
            let honest = try gate.sluice.anonymousByteCount()
            // What the first crowds have used stays with the allocator for a while, for the next.
            var memory = 0
            for turn in 0..<3 {
                let found: Crowd = try PythonTLS.run(
                    "crowd",
                    to: gate.listen(),
                    name: "gw.example",
                    trusting: gate.authority,
                    "1000",
                    "\(gate.sluice.process.identifier)"
                )
                #expect(found.served == 20 && found.closed == 1000, "\(found)")
                try wait(for: "\(before) descriptors") {
                    gate.sluice.descriptorCount <= before + 2
                }
                if turn < 2 { memory = try gate.sluice.anonymousByteCount() }
                try wait(for: "not much more than \(memory) bytes") {
                    try gate.sluice.anonymousByteCount() < memory + 8 << 20
                }
            }
            try wait(for: "the memory to be given back") {
                try gate.sluice.anonymousByteCount() < honest + 16 << 20
            }
        }

        private struct Renegotiation: Decodable { var isRenegotiated: Bool }
        private struct Updates: Decodable { var done: Int }

        @Test("Renegotiation is refused, and requests for new keys hold no memory")
        func floods() throws {
            let echo = try ThreadedServer.echo()
            let gate = try gate(to: echo.endpoint)
            let renegotiation: Renegotiation = try PythonTLS.run(
                "renegotiate",
                to: gate.listen(),
                name: "gw.example",
                trusting: gate.authority
            )
            #expect(!renegotiation.isRenegotiated)
            let before = try gate.sluice.anonymousByteCount()
            let updates: Updates = try PythonTLS.run(
                "key_updates",
                to: gate.listen(),
                name: "gw.example",
                trusting: gate.authority,
                "200000"
            )
            #expect(updates.done < 200_000, "the gateway has ended the connection")
            try wait(for: "not much more than \(before) bytes") {
                try gate.sluice.anonymousByteCount() < before + 8 << 20
            }
            let line = try gate.sluice.accessLine { $0.tls == "TLSv1.3" }
            #expect(line.end == "clientReset", "\(line)")
        }

        @Test("What is no ClientHello is answered by an alert or an end, and costs nothing")
        func odd() throws {
            let echo = try ThreadedServer.echo()
            let gate = try gate(to: echo.endpoint)
            let answers: [String: String] = try PythonTLS.run(
                "odd",
                to: gate.listen(),
                name: "gw.example",
                trusting: gate.authority,
                "30"
            )
            let good = ["as is", "32 KiB of extensions", "several big extensions"]
            for (what, answer) in answers {
                if good.contains(what) {
                    #expect(answer == "handshake", "\(what)")
                } else {
                    #expect(answer == "closed" || answer.hasPrefix("alert"), "\(what): \(answer)")
                }
            }
            #expect(answers.count > 15)
            #expect(try gate.shakeHands().isSecure && gate.sluice.process.isRunning)
            #expect(echo.accepted <= 1, "no odd one has reached the backend")
        }

        @Test("A client that does not read a big download is held in bounded memory")
        func stalled() throws {
            let folder = try TemporaryFolder()
            let made = try runProgram(
                "dd",
                ["if=/dev/zero", "of=\(folder.path)/big", "bs=1M", "count=200", "status=none"]
            )
            try #require(made.status == 0)
            let gate = try TLSGate(["required"], server: "location / { root \(folder.path); }")
            _ = try gate.get("/none")
            let before = try gate.sluice.anonymousByteCount()
            let way = try HAProxyServer(
                securelyTo: gate.listen(),
                name: "gw.example",
                trusting: gate.authority
            )
            let clients = try (0..<20).map { _ in
                let client = try Connection(to: way.endpoint)
                try client.send(OpenSSLClient.request("gw.example", path: "/big"))
                return client
            }
            // Until nothing moves any longer.
            var last: UInt64 = 0
            try wait(for: "standstill") {
                pause(.milliseconds(500))
                let samples = try gate.sluice.metrics().samples
                let sent = samples.filter { $0.name == "sluice_sent_bytes_total" }.map(\.value)
                let now = UInt64(sent.reduce(0, +))
                defer { last = now }
                return now == last
            }
            let now = try gate.sluice.anonymousByteCount()
            #expect(now < before + 20 << 20, "\(before), then \(now): at most 1 MiB each")
            for client in clients { client.close() }
        }
    }
}
