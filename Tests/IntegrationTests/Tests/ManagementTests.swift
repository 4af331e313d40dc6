import Foundation
import Glibc
import Testing

extension IntegrationTests {
    /// The health pages, the metrics and the access log.
    @Suite("Operations")
    struct ManagementTests {
        @Test("/healthz and /readyz return 200 while all is well")
        func health() throws {
            let route = try Route(try ListenerFile("tcp", to: .free()))
            #expect(try route.sluice.get("/healthz").status == 200)
            #expect(try route.sluice.get("/readyz").status == 200)
            #expect(try route.sluice.get("/no-such-page").status == 404)
        }

        @Test("A warehouse whose backend is dead leaves the gateway ready, and is not ready itself")
        func readiness() throws {
            let listener = try ListenerFile(
                "tcp",
                to: .free(),
                settings: ["healthCheck: { type: tcp, interval: 200ms, fall: 1 }"]
            )
            let route = try Route(listener)
            try wait(for: "503 for the warehouse") {
                try route.sluice.get("/readyz?warehouse=WHTEST").status == 503
            }
            #expect(try route.sluice.get("/readyz").status == 200)
            #expect(try route.sluice.get("/readyz?warehouse=OTHER").status == 404)
        }

        @Test("Without a key, the management address tells the gateway's health and metrics only")
        func strangers() throws {
            let route = try Route(try ListenerFile("tcp", to: .free()))
            for key in [nil, "", "sk-00000000000000000000000000000000"] {
                let client = try route.sluice.remoteClient(key: key)
                for path in ["/", "/healthz", "/readyz", "/metrics"] {
                    #expect(try client.get(path).status == 200, "\(path)")
                }
                for (method, path) in [
                    ("GET", "/v1/status"), ("GET", "/v1/me"), ("GET", "/v1/sessions"),
                    ("DELETE", "/v1/sessions"), ("PUT", "/v1/backends"), ("GET", "/v1/keys"),
                    ("POST", "/v1/keys"), ("PUT", "/v1/policy"), ("GET", "/v1/backup"),
                    ("POST", "/v1/warehouses/WHTEST/whitelist/entries"),
                    ("GET", "/v1/warehouses/NONE"),
                ] {
                    let answer = try client.send(method, path)
                    #expect(answer.status == 401, "\(method) \(path): \(answer)")
                    #expect(try answer.code == "Unauthorized.InvalidApiKey")
                }
            }
        }

        @Test(
            "The local socket is for root and the gateway's own user",
            .enabled(if: getuid() == 0)
        )
        func localSocket() throws {
            let route = try Route(try ListenerFile("tcp", to: .free()))
            let path = route.sluice.socketPath
            let me = try route.sluice.get("/v1/me")
            #expect(me.status == 200 && me.body.contains(#""kind":"local""#), "\(me)")
            defer { unsafe chmod("/run/sluice", 0o700) }
            // The folder keeps others out; where it does not, the socket itself does.
            for permissions: mode_t in [0o700, 0o755] {
                #expect(unsafe chmod("/run/sluice", permissions) == 0)
                let stranger = try runProgram(
                    "setpriv",
                    [
                        "--reuid=65534", "--clear-groups", "curl", "--silent", "--unix-socket",
                        path, "http://localhost/v1/me",
                    ]
                )
                #expect(stranger.status == 7 && stranger.output.isEmpty, "\(stranger)")
            }
        }

        @Test("A policy that comes from the configuration file is changed there, not by the API")
        func policyFromFile() throws {
            let route = try Route(try ListenerFile("tcp", to: .free()))
            let client = try route.sluice.localClient()
            for (method, path) in [
                ("POST", "/v1/warehouses/WHTEST/whitelist/entries"),
                ("PATCH", "/v1/warehouses/WHTEST/connections/public/access-policy"),
                ("POST", "/v1/keys"), ("PUT", "/v1/policy"), ("POST", "/v1/groups"),
            ] {
                let answer = try client.send(method, path, "{}")
                #expect(answer.status == 409, "\(method) \(path): \(answer)")
                #expect(try answer.code == "PolicyIsFile")
                #expect(try answer.message.contains(route.sluice.configurationPath))
            }
            let keys = try client.get("/v1/keys")
            #expect(keys.status == 409)
            #expect(try keys.message.contains("without a store"), "\(keys)")
            let command = try route.sluice.command("whitelist", "add", "10.0.0.0/8")
            #expect(command.status == 1, "\(command)")
            #expect(command.errorOutput.contains("sluice reload"), "\(command)")
        }

        @Test("Any number of silent connections does not keep curl from health and metrics")
        func silentCrowd() throws {
            let route = try Route(try ListenerFile("tcp", to: .free()))
            let crowd = try (0..<300).map { _ in try Connection(to: route.sluice.management) }
            let health = try Curl.get("/healthz", at: route.sluice.management)
            #expect(health.status == 200 && health.body == "ok\n")
            #expect(try Curl.get("/metrics", at: route.sluice.management).status == 200)
            #expect(try crowd[0].receiveToEnd().bytes.isEmpty, "the oldest made room")
        }

        @Test("/metrics is in the Prometheus text format, each family described once")
        func exposition() throws {
            let echo = try ThreadedServer.echo()
            let route = try Route(try ListenerFile("tcp", to: echo.endpoint))
            #expect(try Connection(to: route.listen).exchange("hello"))
            _ = try route.sluice.accessLine()

            let answer = try route.sluice.get("/metrics")
            #expect(answer.head.lowercased().contains("content-type: text/plain"))
            let page = try Exposition(answer.body)
            #expect(!page.samples.isEmpty)
            for sample in page.samples {
                #expect(page.type(of: sample) != nil, "\(sample.name) has no TYPE")
                #expect(sample.name.hasPrefix("sluice_") || sample.name.hasPrefix("process_"))
            }
            #expect(Set(page.types.keys) == Set(page.helps.keys))
            let keys = page.samples.map { "\($0.name){\($0.labels)}" }
            #expect(Set(keys).count == keys.count, "no sample twice")
        }

        @Test("The metrics reflect what happened")
        func counts() throws {
            let echo = try ThreadedServer.echo()
            let rule = "{ mode: specific, entries: [ { cidr: 127.0.0.7/32 } ] }"
            let route = try Route(try ListenerFile("tcp", to: echo.endpoint), whitelist: rule)
            for _ in 0..<3 {
                #expect(try Connection(to: route.listen, from: "127.0.0.7").exchange("12345"))
            }
            _ = try Connection(to: route.listen, from: "127.0.0.8").receiveToEnd()
            _ = try route.sluice.accessLines(count: 4)

            let values = try route.sluice.metrics().samples
            func has(_ value: Double, labels: String...) -> Bool {
                values.contains { sample in
                    sample.value == value && labels.allSatisfy { sample.labels.contains($0) }
                }
            }
            #expect(has(1, labels: "notInWhitelist"), "\(values)")
            #expect(has(3, labels: "finished"), "\(values)")
            #expect(has(15), "bytes in each direction: \(values)")
        }

        @Test("An access-log line is JSON with the documented keys")
        func accessLog() throws {
            let echo = try ThreadedServer.echo()
            let rule = "{ mode: specific, entries: [ { cidr: 127.0.0.7/32 } ] }"
            let route = try Route(try ListenerFile("tcp", to: echo.endpoint), whitelist: rule)
            let client = try Connection(to: route.listen, from: "127.0.0.7")
            #expect(try client.exchange("12345"))
            let source = try #require(client.local)
            client.close()
            _ = try Connection(to: route.listen, from: "127.0.0.8").receiveToEnd()

            let line = try route.sluice.accessLine { $0.verdict == "allow" }
            #expect(line.warehouse == "WHTEST")
            #expect(line.listener == route.listen.description)
            #expect(line.link == "public")
            #expect(line.peer == source.description)
            #expect(line.client == source.description)
            #expect(line.rule == "127.0.0.7/32")
            #expect(line.bytesIn == 5)
            #expect(line.bytesOut == 5)
            let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            let time = try Date(line.time, strategy: format)
            #expect(abs(time.timeIntervalSinceNow) < 300)
            try expectKeys(in: route.sluice)
        }

        /// All lines have the same keys, so that a column store can read them.
        private func expectKeys(in sluice: SluiceProcess) throws {
            _ = try sluice.accessLines(count: 2)
            let expected: Set = [
                "time", "connection", "warehouse", "listener", "link", "peer", "client", "endpoint",
                "verdict", "rule", "reason", "backend", "bytesIn", "bytesOut", "durationMs", "end",
            ]
            for line in sluice.process.output.split(separator: "\n") {
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
                let keys = Set(try #require(object as? [String: Any]).keys)
                #expect(keys.isSuperset(of: expected), "missing \(expected.subtracting(keys))")
            }
        }

        @Test("Each connection has its own number")
        func numbers() throws {
            let echo = try ThreadedServer.echo()
            let route = try Route(try ListenerFile("tcp", to: echo.endpoint))
            for _ in 0..<30 { #expect(try Connection(to: route.listen).exchange("x")) }
            let numbers = try route.sluice.accessLines(count: 30).map(\.connection)
            #expect(Set(numbers).count == 30)
        }
    }
}
