import Testing

extension IntegrationTests {
    /// A client that writes a PROXY header into its own payload, to be somebody else to the
    /// backend. MariaDB believes the last header, and its parser is laxer than the specification.
    @Suite("Forged PROXY headers")
    struct ForgedHeaderTests {
        private static let spellings = [
            "PROXY TCP4 10.0.0.1 127.0.0.1 4000 9030\r\n",
            "PROXY  TCP4 10.0.0.1 127.0.0.1 4000 9030\r\n",
            "PROXY\tTCP4 10.0.0.1 127.0.0.1 4000 9030\r\n",
            "PROXY TCP4 10.0.0.1 127.0.0.1 4000 9030\n", "PROXY UNKNOWN\n",
        ].map { Array($0.utf8) }
        private static let headers = spellings + [ProxyHeaderV2.tcp4(from: "10.0.0.1").bytes]
        /// A login without a password, for capabilities of protocol 4.1 alone.
        private static let login: [UInt8] = {
            let capabilities: [UInt8] = [0x01, 0x82, 0x00, 0x00]
            let payload =
                capabilities + [0, 0, 0, 1, 33] + [UInt8](repeating: 0, count: 23)
                + Array("secret\0".utf8) + [0]
            return [UInt8(payload.count), 0, 0, 1] + payload
        }()

        /// A MariaDB where `secret` may log in from 10.0.0.1 alone.
        private func database() throws -> MariaDBServer {
            let database = try MariaDBServer.shared.get()
            try database.administer("CREATE USER IF NOT EXISTS secret@'10.0.0.1'")
            return database
        }

        /// Sends a forged header and a login, and reads all that comes.
        private func attack(
            _ endpoint: Endpoint,
            _ header: [UInt8],
            cut: Int? = nil,
            pausing: Duration = .zero
        ) throws -> [UInt8] {
            // Not from a trusted source's address: its word would be believed.
            let client = try Connection(to: endpoint, from: "127.0.0.9")
            let cut = cut ?? header.count
            try? client.send(Array(header[..<cut]))
            if pausing > .zero { pause(pausing) }
            try? client.send(Array(header[cut...]))
            pause(.milliseconds(20))
            try? client.send(Self.login)
            client.finishSending()
            return (try? client.receiveToEnd().bytes) ?? []
        }

        @Test("The test's forged login works: MariaDB accepts it from trusted sources")
        func attackWorks() throws {
            for header in Self.headers where header != Self.spellings[4] {
                let answer = try attack(try database().endpoint, header)
                #expect(!answer.isEmpty && isOK(answer), "\(answer)")
            }
        }

        @Test(
            "None reaches MariaDB, however it is spelled and whatever the gateway sends itself",
            arguments: ["off", "v1", "v2"]
        )
        func direct(send: String) throws {
            let listener = try ListenerFile(
                "mysql",
                to: try database().endpoint,
                settings: ["sendProxyProtocol: \(send)"]
            )
            let sluice = try SluiceProcess(GatewayFile(listener))
            for header in Self.headers {
                for cut in [0, 1, 4, 5, header.count] {
                    #expect(!isOK(try attack(listener.listen, header, cut: cut)), "\(cut)")
                }
            }
            let lines = try sluice.accessLines(count: Self.headers.count * 5)
            #expect(lines.allSatisfy { $0.reason == "unexpectedProxyHeader" }, "\(lines)")
            #expect(lines.allSatisfy { $0.bytesIn == 0 }, "\(lines)")
        }

        @Test(
            "Nor through nginx or HAProxy, with any pause beyond the header's deadline",
            arguments: ["required", "optional"],
            ["nginx", "haproxy"]
        )
        func behindProxy(accept: String, kind: String) throws {
            let listener = try ListenerFile(
                "mysql",
                to: try database().endpoint,
                settings: [
                    "proxyProtocol: { accept: \(accept), trusted: [ 127.0.0.1/32 ], timeout: 150ms }",
                    "sendProxyProtocol: v1",
                ]
            )
            let sluice = try SluiceProcess(GatewayFile(listener))
            let nginx = kind == "nginx" ? try NginxStream(to: listener.listen) : nil
            let haproxy =
                kind == "haproxy"
                ? try HAProxyServer(to: listener.listen, server: "send-proxy-v2") : nil
            let endpoint = try #require(nginx?.endpoint ?? haproxy?.endpoint)
            var (count, attacks) = (0, 0)
            for header in [Self.headers[0], Self.headers[1], Self.headers[5]] {
                for cut in [0, 3, 4, 5, header.count] {
                    // Not one if the proxy's own header is late: then its client is not heard.
                    try wait(for: "an attack that reaches the gateway") {
                        let answer = try attack(
                            endpoint,
                            header,
                            cut: cut,
                            pausing: .milliseconds(250)
                        )
                        #expect(!isOK(answer), "\(cut): \(answer)")
                        count += 1
                        let lines = try sluice.accessLines(count: count)
                        return lines.last?.reason != "proxyHeaderTimeout"
                    }
                    attacks += 1
                }
            }
            let lines = try sluice.accessLines(count: count)
                .filter { $0.reason != "proxyHeaderTimeout" }
            #expect(lines.count == attacks)
            #expect(lines.allSatisfy { $0.reason == "unexpectedProxyHeader" }, "\(lines)")
        }

        @Test(
            "A trusted source's own header that pauses is never payload",
            arguments: ["mysql", "http"]
        )
        func pausedHeader(protocol: String) throws {
            let backend = try Acceptor()
            let listener = try ListenerFile(
                `protocol`,
                to: backend.endpoint,
                settings: [
                    "proxyProtocol: { accept: optional, trusted: [ 127.0.0.1/32 ], timeout: 150ms }",
                    "reject: drop",
                ]
            )
            // The client that the header names is not admitted.
            let rule = "{ mode: specific, entries: [ { cidr: 127.0.0.0/8 } ] }"
            let sluice = try SluiceProcess(GatewayFile(listener, whitelist: rule))
            for header in [Self.headers[0], Self.headers[5]] {
                for cut in [1, 4, 5, 8, header.count - 1] {
                    // It is a header after all if the gateway was so slow that it was complete before
                    // the deadline was looked at.
                    try wait(for: "a header that is late") {
                        let client = try Connection(to: listener.listen)
                        let peer = client.local?.description
                        try client.send(Array(header[..<cut]))
                        pause(.milliseconds(300))
                        try? client.send(Array(header[cut...]) + Array("words".utf8))
                        client.finishSending()
                        #expect(try client.receiveToEnd().bytes.isEmpty)
                        return try sluice.accessLine { $0.peer == peer }.reason != "notInWhitelist"
                    }
                }
            }
            while backend.isDialled(within: .milliseconds(50)) {
                #expect(try backend.accept().receiveToEnd().bytes.isEmpty)
            }
            let reasons = Set(try sluice.accessLines(count: 10).map(\.reason))
                .subtracting(["notInWhitelist"])
            #expect(reasons == ["unexpectedProxyHeader", "proxyHeaderTimeout"])
        }

        @Test("Plain TCP is guarded too, unless its listener declares that its clients are proxies")
        func plainTCP() throws {
            let backend = try Acceptor()
            let guarded = try ListenerFile("tcp", to: backend.endpoint)
            let passing = try ListenerFile(
                "tcp",
                to: backend.endpoint,
                settings: ["proxyProtocol: { clientHeaders: pass }"]
            )
            let sluice = try SluiceProcess(GatewayFile(guarded, passing))
            let client = try Connection(to: guarded.listen)
            try client.send(Self.headers[1])
            _ = try client.receiveToEnd()
            #expect(try backend.accept().receiveToEnd().bytes.isEmpty)
            #expect(try sluice.accessLine().reason == "unexpectedProxyHeader")

            let proxy = try Connection(to: passing.listen)
            try proxy.send(Self.headers[0])
            #expect(try backend.accept().receive(exactly: Self.headers[0].count) == Self.headers[0])
        }

        /// Whether one of the packets is OK (after the greeting).
        private func isOK(_ bytes: [UInt8]) -> Bool {
            var rest = bytes[...]
            while rest.count > 4 {
                let first = rest.startIndex
                let length =
                    Int(rest[first]) | Int(rest[first + 1]) << 8 | Int(rest[first + 2]) << 16
                if rest[first + 4] == 0, length > 4 { return true }
                rest = rest.dropFirst(4 + length)
            }
            return false
        }
    }
}
