import Testing

extension IntegrationTests {
    /// What backends learn of the client.
    @Suite("Sending PROXY headers")
    struct ProxyHeaderSending {
        private static let versions = ["v1", "v2", "{ version: v2, crc32c: true }"]

        private func route(
            _ protocol: String,
            to backend: Endpoint,
            send: String,
            settings: [String] = []
        ) throws -> Route {
            let listener = try ListenerFile(
                `protocol`,
                to: backend,
                settings: ["sendProxyProtocol: \(send)"] + settings
            )
            return try Route(listener)
        }

        @Test("MariaDB sees the client's address", arguments: versions)
        func user(version: String) throws {
            let database = try MariaDBServer.shared.get()
            let route = try route("mysql", to: database.endpoint, send: version)
            let result = try MySQLClient.query(
                "SELECT USER()",
                at: route.listen,
                from: "127.0.0.33"
            )
            #expect(result.output == "anyone@127.0.0.33\n", "\(result)")
            #expect(try route.sluice.accessLine().bytesOut > 0)
        }

        @Test("A grant for one address works from there alone", arguments: versions)
        func grant(version: String) throws {
            let database = try MariaDBServer.shared.get()
            let route = try route("mysql", to: database.endpoint, send: version)
            let granted = try MySQLClient.query(
                "SELECT CURRENT_USER()",
                at: route.listen,
                from: "127.0.0.9",
                user: "guest"
            )
            #expect(granted.output == "guest@127.0.0.9\n", "\(granted)")

            let other = try MySQLClient.query(
                "SELECT 1",
                at: route.listen,
                from: "127.0.0.10",
                user: "guest"
            )
            #expect(other.errorOutput.contains("Access denied for user 'guest'@'127.0.0.10'"))
        }

        @Test("Without a header MariaDB sees the gateway")
        func off() throws {
            let database = try MariaDBServer.shared.get()
            let route = try route("mysql", to: database.endpoint, send: "off")
            let result = try MySQLClient.query(
                "SELECT USER()",
                at: route.listen,
                from: "127.0.0.33"
            )
            #expect(result.output == "anyone@127.0.0.1\n", "\(result)")
        }

        @Test("nginx sees the client's address", arguments: versions)
        func nginx(version: String) throws {
            let nginx = try NginxServer(
                listen: "proxy_protocol",
                #"return 200 "$proxy_protocol_addr";"#
            )
            let route = try route("http", to: nginx.endpoint, send: version)
            #expect(try Curl.get(at: route.listen, from: "127.0.0.44").body == "127.0.0.44")
        }

        @Test(
            "HAProxy accepts our header and writes the same client into its own",
            arguments: versions
        )
        func haproxy(version: String) throws {
            let backend = try Acceptor()
            let haproxy = try HAProxyServer(
                to: backend.endpoint,
                bind: "accept-proxy",
                server: "send-proxy"
            )
            let route = try route("tcp", to: haproxy.endpoint, send: version)
            let client = try Connection(to: route.listen, from: "127.0.0.55")
            try client.send("words")
            let session = try backend.accept()
            let line = try ReceivedProxyHeader.v1(from: session)
            let source = try #require(client.local)
            #expect(
                line == "PROXY TCP4 127.0.0.55 127.0.0.1 \(source.port) \(route.listen.port)\r\n"
            )
            #expect(try session.receiveText(byteCount: 5) == "words")
        }

        @Test("The header comes before the client sends anything")
        func atOnce() throws {
            let backend = try Acceptor()
            let route = try route("tcp", to: backend.endpoint, send: "v2")
            let client = try Connection(to: route.listen, from: "127.0.0.66")
            let header = try ReceivedProxyHeader.v2(from: try backend.accept())
            #expect(header.command == 0x21)
            #expect(header.source == client.local)
        }

        @Test("An IPv6 client is named to an IPv4 backend")
        func ipv6() throws {
            let backend = try Acceptor()
            let listener = try ListenerFile(
                "tcp",
                at: .free("::1"),
                to: backend.endpoint,
                settings: ["sendProxyProtocol: v1"]
            )
            let sluice = try SluiceProcess(GatewayFile(listener))
            let client = try Connection(to: listener.listen)
            let line = try ReceivedProxyHeader.v1(from: try backend.accept())
            let source = try #require(client.local)
            #expect(line == "PROXY TCP6 ::1 ::1 \(source.port) \(listener.listen.port)\r\n")
            client.close()
            #expect(try sluice.accessLine().clientHost == "::1")
        }

        @Test("The header's checksum is right")
        func checksum() throws {
            let backend = try Acceptor()
            let route = try route(
                "tcp",
                to: backend.endpoint,
                send: "{ version: v2, crc32c: true }"
            )
            let client = try Connection(to: route.listen)
            let header = try ReceivedProxyHeader.v2(from: try backend.accept())
            client.close()
            let tlv = try #require(header.tlvs.first { $0.type == 3 })
            // The header's only TLV is its last seven bytes.
            #expect(header.tlvs.count == 1)
            #expect(bigEndian(crc32c(header.bytes.dropLast(4) + [0, 0, 0, 0])) == tlv.value)
        }

        @Test(
            "A load balancer's LOCAL is passed on as LOCAL, or as the load balancer's own address"
        )
        func localGoesOn() throws {
            let gate = try ProxyGate(accept: "required", send: "v2")
            let balancer = try gate.balancer()
            try balancer.send(ProxyHeaderV2.local().bytes + Array("probe".utf8))
            let head = try gate.backend.accept().receive(exactly: 13)
            #expect(head.starts(with: ProxyHeaderV2.signature))
            #expect([0x20, 0x21].contains(head[12]))
        }
    }
}
