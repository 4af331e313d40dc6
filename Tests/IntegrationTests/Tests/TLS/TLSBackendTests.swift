import Testing

extension IntegrationTests {
    /// TLS that the gateway begins, with a service's backends.
    @Suite("TLS towards backends")
    struct TLSBackendTests {
        private let authority: CertificateAuthority
        private let pair: CertificateAuthority.Pair

        init() throws {
            authority = try CertificateAuthority.shared.get()
            pair = try authority.issue("backend.example", names: ["DNS:backend.example"])
        }

        /// An nginx that reports the name and the certificate of its client.
        private func server(
            _ pair: CertificateAuthority.Pair? = nil,
            requiringCertificateOf authority: CertificateAuthority? = nil
        ) throws -> NginxServer {
            let pair = pair ?? self.pair
            let verification =
                authority.map {
                    "ssl_client_certificate \($0.certificate); ssl_verify_client on;"
                } ?? ""
            return try NginxServer(
                listen: "ssl",
                """
                ssl_protocols TLSv1.2 TLSv1.3;
                ssl_certificate \(pair.certificate); ssl_certificate_key \(pair.key);
                \(verification)
                return 200 "$ssl_server_name $ssl_client_s_dn $ssl_protocol\n";
                """
            )
        }

        /// A gateway, and the servers that it leads to.
        private struct Site {
            let route: Route
            let servers: [NginxServer]

            var listen: Endpoint { route.listen }
            var sluice: SluiceProcess { route.sluice }
        }

        private func route(to backends: [NginxServer], _ tls: String) throws -> Site {
            var listener = try ListenerFile(
                "http",
                to: backends[0].endpoint,
                settings: ["backendTLS: \(tls)"]
            )
            listener.backends = backends.map { "\($0.endpoint)" }
            return Site(route: try Route(listener), servers: backends)
        }

        private func verified(_ name: String = "backend.example") -> String {
            "{ authorities: \"\(authority.certificate)\", serverName: \(name) }"
        }

        @Test("The backend's certificate is verified by authority and name, and the name is sent")
        func verification() throws {
            let route = try route(to: [server()], verified())
            let answer = try Curl.get(at: route.listen)
            #expect(answer.body == "backend.example  TLSv1.3\n", "\(answer)")
        }

        @Test(
            "A certificate with another name, authority or time is refused",
            arguments: ["name", "authority", "time"]
        )
        func refusal(what: String) throws {
            var shown = pair
            var name = "backend.example"
            switch what {
            case "name": name = "elsewhere.example"
            case "authority":
                shown = try CertificateAuthority("Another Authority").issue("backend.example")
            default: shown = try authority.issue("backend.example", expired: true)
            }
            let server = try server(shown)
            let route = try route(to: [server], verified(name))
            let answer = try Curl.get(at: route.listen)
            #expect(answer.status == 503, "\(answer)")
            #expect(!answer.body.contains("TLSv1"))
            let line = try route.sluice.accessLine()
            let words = [
                "name": "ostname mismatch", "authority": "unable to get local issuer",
                "time": "expired",
            ]
            #expect(line.detail?.contains(words[what] ?? "") == true, "\(line)")
            #expect(line.detail?.contains("\(server.endpoint)") == true)
        }

        @Test("An address is verified like a name, and is not sent as one")
        func address() throws {
            let named = try authority.issue("by address", names: ["IP:127.0.0.1"])
            let route = try route(
                to: [server(named)],
                "{ authorities: \"\(authority.certificate)\" }"
            )
            let answer = try Curl.get(at: route.listen)
            #expect(answer.body == "  TLSv1.3\n", "\(answer)")
        }

        @Test("Verification may be turned off, which `check` warns about")
        func unverified() throws {
            let other = try CertificateAuthority("Another Authority").issue("x", expired: true)
            let route = try route(to: [server(other)], "{ verify: false }")
            #expect(try Curl.get(at: route.listen).status == 200)
            let check = try runProgram(
                Programs.sluice(),
                ["check", "--config", route.sluice.configurationPath]
            )
            #expect(
                (check.output + check.errorOutput).contains("could read and change"),
                "\(check)"
            )
        }

        @Test("The gateway shows its certificate to a backend that requires one")
        func clientCertificate() throws {
            let own = try authority.issue("the gateway")
            let server = try server(requiringCertificateOf: authority)
            let with = """
                { authorities: "\(authority.certificate)", serverName: backend.example, \
                certificate: \(own.yaml) }
                """
            let route = try route(to: [server], with)
            let answer = try Curl.get(at: route.listen)
            #expect(answer.body == "backend.example CN=the gateway TLSv1.3\n", "\(answer)")
            let without = try self.route(to: [server], verified())
            #expect(try Curl.get(at: without.listen).status == 400)
        }

        @Test("If the handshake with one backend fails, the next one is used")
        func next() throws {
            let bad = try server(CertificateAuthority("Another Authority").issue("backend.example"))
            let plain = try NginxServer()
            let route = try route(to: [bad, plain, server()], verified())
            for _ in 0..<6 {
                let answer = try Curl.get(at: route.listen)
                #expect(answer.body == "backend.example  TLSv1.3\n", "\(answer)")
            }
        }

        @Test("A backend that never answers the ClientHello is left after the connect timeout")
        func silent() throws {
            let silent = try Acceptor()
            var listener = try ListenerFile(
                "http",
                to: silent.endpoint,
                settings: ["backendTLS: \(verified())", "timeouts: { connect: 2s }"]
            )
            let good = try server()
            listener.backends.append("\(good.endpoint)")
            let route = try Route(listener)
            for _ in 0..<3 {
                #expect(try Curl.get(at: route.listen).body.hasPrefix("backend.example"))
            }
        }

        @Test("Large transfers to a TLS backend are unchanged")
        func large() throws {
            let folder = try TemporaryFolder()
            let made = try runProgram(
                "dd",
                ["if=/dev/urandom", "of=\(folder.path)/big", "bs=1M", "count=32", "status=none"]
            )
            try #require(made.status == 0)
            let server = try NginxServer(
                listen: "ssl",
                """
                ssl_protocols TLSv1.2 TLSv1.3;
                ssl_certificate \(pair.certificate); ssl_certificate_key \(pair.key);
                client_max_body_size 0;
                location / { root \(folder.path); dav_methods PUT; }
                """
            )
            let route = try route(to: [server], verified())
            let up = ["--upload-file", "\(folder.path)/big"]
            #expect(try Curl.get("/up", at: route.listen, up).status == 201)
            let down = ["--output", "\(folder.path)/down"]
            #expect(try Curl.get("/big", at: route.listen, down).status == 200)
            for copy in ["up", "down"] {
                let compared = try runProgram(
                    "cmp",
                    ["\(folder.path)/big", "\(folder.path)/\(copy)"]
                )
                #expect(compared.status == 0, "\(compared)")
            }
        }
    }
}
