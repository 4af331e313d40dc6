import Testing

extension IntegrationTests {
    /// One listener whose routes ask for certificates of different authorities, or for none.
    @Suite("Client certificates by route")
    struct RouteCertificateTests {
        private let ours: CertificateAuthority
        private let theirs: CertificateAuthority
        /// A client of each.
        private let reader: CertificateAuthority.Pair
        private let stranger: CertificateAuthority.Pair
        private let authority: CertificateAuthority
        private let servers: [NginxServer]
        private let listen: Endpoint
        private let sluice: SluiceProcess

        init() throws {
            ours = try CertificateAuthority("Our Authority")
            theirs = try CertificateAuthority("Their Authority")
            reader = try ours.issue("reader")
            stranger = try theirs.issue("stranger")
            authority = try CertificateAuthority.shared.get()
            let own = try authority.issue("gw.example", names: ["DNS:*.gw.example"])
            listen = try .free()
            let names = ["open", "ours", "theirs"]
            servers = try names.map { try NginxServer(#"return 200 "\#($0)\n";"#) }
            let keys = [
                ", clientCertificates: off", "",
                ", clientCertificates: { authorities: \"\(theirs.certificate)\" }",
            ]
            let routes = zip(names, keys).flatMap { name, key in
                ["serverName: \(name).gw.example", "host: \(name).example"].map {
                    "      - { \($0), warehouse: \(name)\(key) }"
                }
            }
            var file = GatewayFile()
            file.settings =
                TLSGate.settings([own]) + [
                    "listeners:", "  - protocol: http", "    listen: \"\(listen)\"",
                    "    tls: { mode: required, clientCertificates: { mode: required, authorities:"
                        + " \"\(ours.certificate)\" } }", "    routes:",
                ] + routes
            file.hasFirst = false
            file.others = zip(names, servers).map { id, server in
                WarehouseFile(
                    id: id,
                    whitelist: "{ mode: anywhere }",
                    settings: [
                        "services:",
                        "  http: { backends: [ \"\(server.endpoint)\" ], healthCheck: off }",
                    ],
                    listeners: []
                )
            }
            sluice = try SluiceProcess(file)
        }

        private func arguments(_ pair: CertificateAuthority.Pair?) -> [String] {
            pair.map { ["--cert", $0.certificate, "--key", $0.key] } ?? []
        }

        private func get(_ name: String, as pair: CertificateAuthority.Pair? = nil) throws
            -> Curl.Answer
        {
            // Hosts under the domain would have to be routes too.
            let more = arguments(pair) + ["--header", "Host: x.example"]
            return try Curl.getSecurely(of: name, at: listen, trusting: authority, more)
        }

        /// Connects by a name that no route has, so that the host decides.
        private func get(host: String, as pair: CertificateAuthority.Pair? = nil) throws
            -> Curl.Answer
        {
            let more = arguments(pair) + ["--insecure", "--header", "Host: \(host)"]
            return try Curl.getSecurely(
                of: "elsewhere.example",
                at: listen,
                trusting: authority,
                more
            )
        }

        @Test("Each name asks for certificates of its own authorities, or for none")
        func names() throws {
            #expect(try get("open.gw.example").body == "open\n")
            #expect(try get("ours.gw.example", as: reader).body == "ours\n")
            #expect(try get("theirs.gw.example", as: stranger).body == "theirs\n")
            for (name, pair) in [
                ("ours", nil), ("ours", stranger), ("theirs", nil), ("theirs", reader),
            ] {
                let answer = try get("\(name).gw.example", as: pair)
                #expect(answer.status == 0 && answer.exitStatus != 0, "\(name): \(answer)")
            }
            let lines = try sluice.accessLines(count: 7)
            #expect(
                lines.prefix(3).map(\.clientCertificate) == [nil, "CN=reader", "CN=stranger"]
            )
            #expect(lines.dropFirst(3).allSatisfy { $0.verdict == "deny" })
        }

        @Test("A host that requires a certificate is denied to clients that have shown none")
        func hosts() throws {
            #expect(try get(host: "open.example").body == "open\n")
            #expect(try get(host: "ours.example", as: reader).body == "ours\n")
            let without = try get(host: "ours.example")
            #expect(without.status == 403, "\(without)")
            #expect(without.body.contains("a client certificate is required"), "\(without)")
            let line = try sluice.accessLine { $0.verdict == "deny" }
            #expect(line.reason == "clientCertificateRequired" && line.backend == nil)
            #expect(line.detail == "the client has shown no certificate", "\(line)")
        }

        @Test("A certificate of one route's authorities counts for no other route")
        func foreign() throws {
            let answer = try get(host: "theirs.example", as: reader)
            #expect(answer.status == 403, "\(answer)")
            let line = try sluice.accessLine { $0.verdict == "deny" }
            #expect(line.reason == "clientCertificateRequired" && line.backend == nil)
            #expect(line.detail?.contains("another route's authorities") == true, "\(line)")
            #expect(try get(host: "open.example", as: reader).body == "open\n")
            let open = try sluice.accessLine { $0.verdict == "allow" }
            #expect(open.clientCertificate == nil, "\(open)")
        }

        @Test("A session is not resumed at another route", arguments: ["-tls1_2", "-tls1_3"])
        func resumption(version: String) throws {
            let folder = try TemporaryFolder()
            func visit(
                _ word: String,
                _ name: String,
                as pair: CertificateAuthority.Pair? = nil,
                host: String = "x.example"
            ) throws -> OpenSSLClient.Answer {
                let shown = pair.map { ["-cert", $0.certificate, "-key", $0.key] } ?? []
                return try OpenSSLClient.connect(
                    to: listen,
                    name: name,
                    [version, word, "\(folder.path)/session"] + shown,
                    request: OpenSSLClient.request(host)
                )
            }
            #expect(try visit("-sess_out", "open.gw.example").text.contains("\r\n\r\nopen\n"))
            #expect(try visit("-sess_in", "open.gw.example").isResumed)
            let closed = try visit("-sess_in", "ours.gw.example")
            #expect(!closed.isResumed && !closed.text.contains("\r\n\r\nours\n"), "\(closed.text)")
            let shown = try visit("-sess_in", "ours.gw.example", as: reader)
            #expect(!shown.isResumed && shown.text.contains("\r\n\r\nours\n"), "\(shown.text)")
            #expect(try visit("-sess_out", "theirs.gw.example", as: stranger).isSecure)
            let other = try visit("-sess_in", "ours.gw.example")
            #expect(!other.isResumed && !other.text.contains("\r\n\r\nours\n"), "\(other.text)")
            // The route follows from the host: the session is resumed, and denied.
            #expect(try visit("-sess_out", "elsewhere.example", host: "open.example").isSecure)
            let late = try visit("-sess_in", "elsewhere.example", host: "ours.example")
            #expect(late.isResumed, "\(late.text)")
            #expect(late.text.contains("a client certificate is required"), "\(late.text)")
        }
    }
}
