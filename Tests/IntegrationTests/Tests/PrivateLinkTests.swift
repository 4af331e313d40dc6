import Testing

extension IntegrationTests {
    /// A private link admits by its endpoint, which the load balancer's header names.
    @Suite("Private links")
    struct PrivateLinkTests {
        /// A private listener behind the load balancer 127.0.0.2. Its warehouse's whitelist is
        /// closed, for it has no say here.
        private struct Gate {
            let backend: Acceptor
            let listen: Endpoint
            let sluice: SluiceProcess

            init() throws {
                backend = try Acceptor()
                var listener = try ListenerFile(
                    "mysql",
                    to: backend.endpoint,
                    settings: [
                        "proxyProtocol: { accept: required, trusted: [ 127.0.0.2/32 ] }",
                        "reject: error",
                    ]
                )
                listener.link = "private"
                listen = listener.listen
                var file = GatewayFile(listener, whitelist: "{ mode: nowhere }")
                file.warehouse = Self.endpoints
                sluice = try SluiceProcess(file)
            }

            private static let endpoints = [
                "endpoints:",
                "  - { id: vpce-0123456789abcdef0, cloud: aws, state: available }",
                "  - { id: vpce-0fedcba9876543210, cloud: aws, state: pendingAcceptance }",
                "  - { id: \"553665793\", cloud: azure, state: available }",
            ]

            func balancer(sending tlvs: [ProxyHeaderV2.TLV]) throws -> Connection {
                let balancer = try Connection(to: listen, from: "127.0.0.2")
                try balancer.send(ProxyHeaderV2.tcp4(from: "10.0.0.7", tlvs: tlvs).bytes)
                return balancer
            }
        }

        @Test("A listener that is an endpoint admits no client whose header names another")
        func contradiction() throws {
            let backend = try Acceptor()
            var listener = try ListenerFile(
                "tcp",
                to: backend.endpoint,
                settings: [
                    "endpoint: reporting",
                    "proxyProtocol: { accept: required, trusted: [ 127.0.0.2/32 ] }",
                ]
            )
            listener.link = "private"
            var file = GatewayFile(listener, whitelist: "{ mode: nowhere }")
            file.warehouse = [
                "endpoints:",
                "  - { id: reporting, cloud: embedded, state: available }",
                "  - { id: vpce-0123456789abcdef0, cloud: aws, state: available }",
            ]
            let sluice = try SluiceProcess(file)
            let other = try Connection(to: listener.listen, from: "127.0.0.2")
            let tlv = Self.aws("vpce-0123456789abcdef0")
            try other.send(ProxyHeaderV2.tcp4(from: "10.0.0.7", tlvs: [tlv]).bytes)
            #expect(try other.receiveToEnd().bytes.isEmpty)
            other.close()
            let line = try sluice.accessLine()
            #expect(line.reason == "badProxyHeader")
            #expect(line.detail?.contains("aws:vpce-0123456789abcdef0") == true, "\(line)")
            #expect(!backend.isDialled(within: .zero))

            let own = try Connection(to: listener.listen, from: "127.0.0.2")
            try own.send(ProxyHeaderV2.tcp4(from: "10.0.0.7").bytes)
            let session = try backend.accept()
            try session.send("hello")
            #expect(try own.receiveText(byteCount: 5) == "hello")
            session.close()
            own.close()
            #expect(try sluice.accessLines(count: 2)[1].endpoint == "reporting")
        }

        private static func aws(_ id: String) -> ProxyHeaderV2.TLV {
            .init(0xea, [1] + Array(id.utf8))
        }

        private static let admitted: [(id: String, tlv: ProxyHeaderV2.TLV)] = [
            ("vpce-0123456789abcdef0", aws("vpce-0123456789abcdef0")),
            // Azure writes its link identifier little-endian.
            ("553665793", .init(0xee, [1, 0x01, 0x45, 0x00, 0x21])),
        ]

        @Test("An available endpoint is admitted, and the log names it", arguments: admitted)
        func available(id: String, tlv: ProxyHeaderV2.TLV) throws {
            let gate = try Gate()
            let balancer = try gate.balancer(sending: [tlv])
            let session = try gate.backend.accept()
            try session.send("greeting")
            #expect(try balancer.receiveText(byteCount: 8) == "greeting")
            session.close()
            balancer.close()
            let line = try gate.sluice.accessLine()
            #expect(line.link == "private")
            #expect(line.endpoint == id)
            #expect(line.client == "10.0.0.7:40000")
            #expect(line.verdict == "allow")
        }

        private static let refused: [(reason: String, words: String, tlvs: [ProxyHeaderV2.TLV])] = [
            ("endpointPendingAcceptance", "not approved yet", [aws("vpce-0fedcba9876543210")]),
            ("unknownEndpoint", "not registered", [aws("vpce-0aaaaaaaaaaaaaaaa")]),
            ("noEndpoint", "does not identify a private endpoint", []),
        ]

        @Test(
            "Any other gets error 1130 with the reason, and nothing is dialed",
            arguments: refused
        )
        func denied(reason: String, words: String, tlvs: [ProxyHeaderV2.TLV]) throws {
            let gate = try Gate()
            let bytes = try gate.balancer(sending: tlvs).receiveToEnd().bytes
            #expect(bytes.dropFirst(4).prefix(3).elementsEqual([0xff, 0x6a, 0x04]))
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.contains("'10.0.0.7'"))
            #expect(text.contains(words), "\(text)")
            #expect(try gate.sluice.accessLine().reason == reason)
            #expect(!gate.backend.isDialled(within: .zero))
        }
    }
}
