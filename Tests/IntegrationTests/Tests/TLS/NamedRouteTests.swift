import Testing

extension IntegrationTests {
    /// One listener, and warehouses told apart by the name that a client asks for.
    @Suite("Routes by name")
    struct NamedRouteTests {
        /// A gateway whose listener leads to two servers, which report their warehouse.
        private struct Site {
            let listen: Endpoint
            let servers: [NginxServer]
            let sluice: SluiceProcess
            let authority: CertificateAuthority

            /// - Parameters:
            ///   - listener: further lines of the listener.
            ///   - key: what its routes match, `serverName` or `host`.
            ///   - secondKey: what the second one matches; `nil` for the same.
            ///   - isSecure: whether the servers have TLS.
            init(
                _ listener: [String],
                service: String = "http",
                key: String,
                secondKey: String? = nil,
                hasDefault: Bool = false,
                isSecure: Bool = false
            ) throws {
                authority = try CertificateAuthority.shared.get()
                let authority = authority
                listen = try .free()
                servers = try ["a", "b"].map { name in
                    guard isSecure else { return try NginxServer(#"return 200 "\#(name)\n";"#) }
                    let pair = try authority.issue(
                        "server \(name)",
                        names: ["DNS:\(name).gw.example", "DNS:elsewhere.example"]
                    )
                    return try NginxServer(
                        listen: "ssl",
                        """
                        ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate \(pair.certificate); ssl_certificate_key \(pair.key);
                        return 200 "\(name)\n";
                        """
                    )
                }
                let own = try authority.issue("gw.example", names: ["DNS:*.gw.example"])
                var file = GatewayFile()
                file.settings =
                    TLSGate.settings([own]) + [
                        "listeners:", "  - protocol: \(service)", "    listen: \"\(listen)\"",
                    ] + listener.map { "    \($0)" } + [
                        "    routes:", "      - { \(key): a.gw.example, warehouse: A }",
                        "      - { \(secondKey ?? key): b.gw.example, warehouse: B }",
                    ]
                if hasDefault { file.settings.append("      - { default: true, warehouse: B }") }
                file.hasFirst = false
                file.others = zip(["A", "B"], servers).map { id, server in
                    WarehouseFile(
                        id: id,
                        whitelist: "{ mode: anywhere }",
                        settings: [
                            "services:",
                            "  \(service): { backends: [ \"\(server.endpoint)\" ], healthCheck: off }",
                        ],
                        listeners: []
                    )
                }
                sluice = try SluiceProcess(file)
            }

            func get(_ name: String, _ arguments: [String] = []) throws -> Curl.Answer {
                try Curl.getSecurely(of: name, at: listen, trusting: authority, arguments)
            }

            /// What one request is answered, byte by byte.
            func ask(_ request: String) throws -> String {
                let client = try Connection(to: listen)
                try client.send(request)
                client.finishSending()
                return String(decoding: try client.receiveToEnd().bytes, as: UTF8.self)
            }
        }

        @Test("By the ClientHello's name, where TLS ends at the gateway")
        func ended() throws {
            let site = try Site(["tls: required"], key: "serverName")
            #expect(try site.get("a.gw.example").body == "a\n")
            #expect(try site.get("b.gw.example").body == "b\n")
            #expect(try site.get("B.GW.example").body == "b\n")
            let unknown = try site.get("c.gw.example")
            #expect(unknown.body.contains("no warehouse has the requested name"), "\(unknown)")
            let line = try site.sluice.accessLine { $0.verdict == "deny" }
            #expect(line.reason == "unknownName" && line.serverName == "c.gw.example")
            #expect(line.backend == nil)
            let outside = try site.get("elsewhere.example", ["--insecure"])
            #expect(outside.body.contains("which warehouse is meant"), "\(outside)")
            // Two names that do not agree.
            let other = try site.get("a.gw.example", ["--header", "Host: b.gw.example"])
            #expect(other.body == "a\n", "routes match only the ClientHello's name: \(other)")
        }

        @Test("A default takes clients without a name or with one outside of the domain")
        func standard() throws {
            let site = try Site(["tls: required"], key: "serverName", hasDefault: true)
            #expect(try site.get("a.gw.example").body == "a\n")
            #expect(try site.get("elsewhere.example", ["--insecure"]).body == "b\n")
            let unknown = try site.get("c.gw.example")
            #expect(unknown.body.contains("no warehouse has the requested name"), "\(unknown)")
            let nameless = try OpenSSLClient.connect(
                to: site.listen,
                request: OpenSSLClient.request("x")
            )
            #expect(nameless.text.contains("\r\n\r\nb\n"), "\(nameless.text)")
        }

        @Test("By the ClientHello's name, where TLS passes through", arguments: ["http", "tcp"])
        func passedThrough(service: String) throws {
            let site = try Site(
                ["tls: passThrough", "timeouts: { header: 60s, handshake: 60s }"],
                service: service,
                key: "serverName",
                hasDefault: true,
                isSecure: true
            )
            for name in ["a", "b"] {
                let answer = try OpenSSLClient.connect(
                    to: site.listen,
                    name: "\(name).gw.example",
                    ["-CAfile", site.authority.certificate],
                    request: OpenSSLClient.request("x")
                )
                #expect(answer.text.contains("subject=CN = server \(name)\n"), "\(answer.text)")
                #expect(answer.text.contains("\r\n\r\n\(name)\n"))
            }
            #expect(try site.get("elsewhere.example").body == "b\n")
            let nameless = try OpenSSLClient.connect(
                to: site.listen,
                request: OpenSSLClient.request("x")
            )
            #expect(nameless.text.contains("\r\n\r\nb\n"), "\(nameless.text)")
            let unknown = try site.get("c.gw.example")
            #expect(unknown.status == 0 && unknown.exitStatus != 0, "\(unknown)")
            let line = try site.sluice.accessLine { $0.verdict == "deny" }
            #expect(line.reason == "unknownName" && line.backend == nil && line.tls == nil)
            #expect(line.serverName == "c.gw.example")
            if service == "http" {
                let alert = try OpenSSLClient.connect(to: site.listen, name: "c.gw.example")
                #expect(alert.text.contains("unrecognized name"), "\(alert.text)")
            }
            // However it is cut, the name is still found.
            let found: Cut = try PythonTLS.run(
                "cut_handshake",
                to: site.listen,
                name: "a.gw.example",
                trusting: site.authority
            )
            #expect(found.cases > 20 && found.failures.isEmpty, "\(found)")
        }

        private struct Cut: Decodable {
            var cases: Int
            var failures: [String]
        }

        @Test("By both at one listener: a name leads to its warehouse, whoever asks for it")
        func both() throws {
            let site = try Site(["tls: on"], key: "serverName", secondKey: "host")
            for name in ["a", "b"] {
                #expect(try site.get("\(name).gw.example").body == "\(name)\n")
                let head = "GET / HTTP/1.1\r\nHost: \(name).gw.example\r\n"
                let plain = head + "Connection: close\r\n\r\n"
                #expect(try site.ask(plain).hasSuffix("\r\n\r\n\(name)\n"))
            }
            let other = try site.get("a.gw.example", ["--header", "Host: b.gw.example"])
            #expect(other.body.contains("lead to different warehouses"), "\(other)")
            let line = try site.sluice.accessLine { $0.verdict == "deny" }
            #expect(line.reason == "contradictingNames" && line.backend == nil)
            #expect(line.detail == "serverName: a.gw.example and host: b.gw.example", "\(line)")
            let unknown = try site.get("c.gw.example")
            #expect(unknown.body.contains("no warehouse has the requested name"), "\(unknown)")
        }

        @Test("By the request's host: port, case, a final dot and the absolute form do not matter")
        func host() throws {
            let site = try Site([], key: "host")
            func request(_ host: String, target: String = "/") -> String {
                "GET \(target) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n"
            }
            for host in [
                "a.gw.example", "a.gw.example:8030", "A.Gw.EXAMPLE", "a.gw.example.",
                "a.gw.example.:80",
            ] {
                #expect(try site.ask(request(host)).hasSuffix("\r\n\r\na\n"), "\(host)")
            }
            let absolute = request("a.gw.example:1", target: "http://a.gw.example:1/x")
            #expect(try site.ask(absolute).hasSuffix("\r\n\r\na\n"))
            #expect(try site.ask(request("b.gw.example")).hasSuffix("\r\n\r\nb\n"))
        }

        @Test("A request whose host could be read in two ways is denied, and no backend is dialed")
        func ambiguous() throws {
            let site = try Site([], key: "host")
            let head = "GET / HTTP/1.1\r\n"
            let requests = [
                "two fields": head + "Host: a.gw.example\r\nHost: b.gw.example\r\n\r\n",
                "a space before the colon": head + "Host : a.gw.example\r\n\r\n",
                "a folded line": head + "Host:\r\n a.gw.example\r\n\r\n",
                "a lone line feed": "GET / HTTP/1.1\nHost: a.gw.example\n\n",
                "no version": "GET /\r\nHost: a.gw.example\r\n\r\n",
                "a space inside": head + "Host: a.gw.example b\r\n\r\n",
                "another one in the target": "GET http://a.gw.example/ HTTP/1.1\r\n"
                    + "Host: b.gw.example\r\n\r\n",
                "a long name": head + "Host: \(String(repeating: "a", count: 300))\r\n\r\n",
                "a long head": head
                    + String(repeating: "X: \(String(repeating: "y", count: 90))\r\n", count: 800)
                    + "Host: a.gw.example\r\n\r\n",
            ]
            for (what, request) in requests {
                let answer = try site.ask(request)
                #expect(answer.hasPrefix("HTTP/1.1 4"), "\(what): \(answer)")
            }
            let missing = try site.ask(head + "\r\n")
            #expect(missing.hasPrefix("HTTP/1.1 4"), "\(missing)")
            #expect(missing.contains("which warehouse is meant"))
            let unknown = try site.ask(head + "Host: c.gw.example\r\n\r\n")
            #expect(unknown.contains("no warehouse has the requested name"))
            let lines = try site.sluice.accessLines(count: requests.count + 2)
            #expect(lines.allSatisfy { $0.verdict == "deny" && $0.backend == nil }, "\(lines)")
        }

        @Test("A host that arrives byte by byte is found, and no byte of the request is lost")
        func slow() throws {
            let site = try Site(["timeouts: { header: 60s }"], key: "host")
            let client = try Connection(to: site.listen)
            let request = "GET / HTTP/1.1\r\nHost: b.gw.example\r\nConnection: close\r\n\r\n"
            for byte in request.utf8 {
                try client.send([byte])
                pause(.milliseconds(1))
            }
            let text = String(decoding: try client.receiveToEnd().bytes, as: UTF8.self)
            #expect(text.hasSuffix("\r\n\r\nb\n"), "\(text)")
        }
    }
}
