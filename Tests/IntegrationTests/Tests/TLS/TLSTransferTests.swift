import Testing

extension IntegrationTests {
    /// Bytes through TLS that ends at the gateway.
    @Suite("Transfers over TLS")
    struct TLSTransferTests {
        private let gate: TLSGate
        private let echo: ThreadedServer

        init() throws {
            echo = try ThreadedServer.echo()
            gate = try TLSGate(
                ["required"],
                service: "tcp",
                to: echo.endpoint,
                // For clients that are slow because the machine is.
                settings: ["timeouts: { header: 60s, handshake: 60s }"]
            )
        }

        private func run<Result: Decodable>(_ command: String, _ argument: String = "") throws
            -> Result
        {
            try PythonTLS.run(
                command,
                to: gate.listen(),
                name: "gw.example",
                trusting: gate.authority,
                argument
            )
        }

        private struct Transfer: Decodable {
            var received: Int
            var isSame: Bool
        }

        @Test("64 MiB arrive unchanged in both directions at once")
        func large() throws {
            let transfer: Transfer = try run("transfer", "64")
            #expect(transfer.received == 64 << 20 && transfer.isSame)
            let line = try gate.sluice.accessLine()
            #expect(line.bytesIn == 64 << 20 && line.bytesOut == 64 << 20)
        }

        @Test("A client that has ended its direction still receives all that is for it")
        func halfClose() throws {
            let endings: [String: String] = try run("half_close")
            #expect(endings == ["TLSv1_2": "last words", "TLSv1_3": "last words"])
            let lines = try gate.sluice.accessLines(count: 2)
            #expect(lines.allSatisfy { $0.end == "finished" }, "\(lines)")
        }

        @Test("Many small exchanges share one session")
        func small() throws {
            let found: [String: Int] = try run("small", "2000")
            #expect(found == ["right": 2000])
            #expect(try gate.sluice.accessLines(count: 1).count == 1)
        }

        private struct Cut: Decodable {
            var cases: Int
            var failures: [String]
        }

        @Test("A ClientHello may be cut at every byte, and into records of any size")
        func cut() throws {
            let found: Cut = try run("cut")
            #expect(found.cases > 200 && found.failures.isEmpty, "\(found)")
        }

        @Test("A big download and a big upload by curl are unchanged")
        func curl() throws {
            let folder = try TemporaryFolder()
            let made = try runProgram(
                "dd",
                [
                    "if=/dev/urandom", "of=\(folder.path)/big", "bs=1M", "count=64",
                    "status=none",
                ]
            )
            try #require(made.status == 0, "\(made)")
            let gate = try TLSGate(
                ["required"],
                server: """
                    client_max_body_size 0;
                    location / { root \(folder.path); dav_methods PUT; }
                    """
            )
            let down = try gate.get("/big", ["--output", "\(folder.path)/down"])
            let up = try gate.get("/up", ["--upload-file", "\(folder.path)/big"])
            #expect(down.status == 200 && up.status == 201, "\(down) \(up)")
            for copy in ["down", "up"] {
                let compared = try runProgram(
                    "cmp",
                    ["\(folder.path)/big", "\(folder.path)/\(copy)"]
                )
                #expect(compared.status == 0, "\(copy): \(compared)")
            }
        }
    }
}
