import Testing

extension IntegrationTests {
    /// A load balancer in front, a backend behind, headers on both sides.
    @Suite("Passing PROXY headers on")
    struct ProxyHeaderPassing {
        private static let tlvs: [ProxyHeaderV2.TLV] = [
            .init(0xe1, [1] + Array("vpc-1".utf8)),
            .init(0xea, [1] + Array("vpce-08d2bf15fac5001c9".utf8)),
            .init(0xe1, [2] + Array("ep-2".utf8)),
            .init(0x02, Array("warehouse.example".utf8)),
            .init(0xe5, [0x00, 0xff, 0x80, 0x0a]),
            .init(0xe5, []),
        ]

        @Test("TLVs are passed on in their order, repeated and binary ones too")
        func tlvsInOrder() throws {
            let gate = try ProxyGate(accept: "required", send: "{ version: v2, tlvs: pass }")
            let balancer = try gate.balancer()
            try balancer.send(ProxyHeaderV2.tcp4(from: "192.0.2.7", tlvs: Self.tlvs).bytes)
            let header = try ReceivedProxyHeader.v2(from: try gate.backend.accept())
            #expect(header.source == Endpoint("192.0.2.7", 40_000))
            #expect(header.tlvs == Self.tlvs)
        }

        @Test("A checksum is recomputed, not passed on")
        func checksumAnew() throws {
            let gate = try ProxyGate(
                accept: "required",
                send: "{ version: v2, tlvs: pass, crc32c: true }"
            )
            let balancer = try gate.balancer()
            let header = ProxyHeaderV2.tcp4(from: "192.0.2.7", tlvs: Self.tlvs)
            try balancer.send(header.withChecksum().bytes)
            let received = try ReceivedProxyHeader.v2(from: try gate.backend.accept())
            #expect(received.tlvs.filter { $0.type != 3 } == Self.tlvs)
            let checksums = received.tlvs.filter { $0.type == 3 }
            try #require(checksums.count == 1)
            var zeroed = received.bytes
            let place = try #require(zeroed.firstRange(of: checksums[0].bytes))
            zeroed.replaceSubrange(place.lowerBound + 3..<place.upperBound, with: [0, 0, 0, 0])
            #expect(bigEndian(crc32c(zeroed)) == checksums[0].value)
        }

        @Test("TLVs are dropped unless enabled")
        func tlvsDropped() throws {
            let gate = try ProxyGate(accept: "required", send: "v2")
            let balancer = try gate.balancer()
            try balancer.send(ProxyHeaderV2.tcp4(from: "192.0.2.7", tlvs: Self.tlvs).bytes)
            let header = try ReceivedProxyHeader.v2(from: try gate.backend.accept())
            #expect(header.tlvs.isEmpty)
        }

        @Test("v2 from the load balancer becomes v1 for the backend")
        func v2ToV1() throws {
            let gate = try ProxyGate(accept: "required", send: "v1")
            let balancer = try gate.balancer()
            try balancer.send(ProxyHeaderV2.tcp4(from: "192.0.2.7", tlvs: Self.tlvs).bytes)
            let line = try ReceivedProxyHeader.v1(from: try gate.backend.accept())
            #expect(line.hasPrefix("PROXY TCP4 192.0.2.7 127.0.0.1 40000 "))
        }

        private static let senders = [
            "send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id",
        ]

        @Test(
            "HAProxy, the gateway and MariaDB agree on the client",
            arguments: senders,
            ["v1", "v2"]
        )
        func twoHops(sender: String, version: String) throws {
            let database = try MariaDBServer.shared.get()
            let listener = try ListenerFile(
                "mysql",
                to: database.endpoint,
                settings: [
                    "proxyProtocol: { accept: required, trusted: [ 127.0.0.1/32 ] }",
                    "sendProxyProtocol: \(version)",
                ]
            )
            let rule = "{ mode: specific, entries: [ { cidr: 127.0.0.9/32 } ] }"
            let sluice = try SluiceProcess(GatewayFile(listener, whitelist: rule))
            let haproxy = try HAProxyServer(
                to: listener.listen,
                server: sender,
                settings: ["unique-id-format %ci:%cp"]
            )

            let result = try MySQLClient.query(
                "SELECT CURRENT_USER()",
                at: haproxy.endpoint,
                from: "127.0.0.9",
                user: "guest"
            )
            #expect(result.output == "guest@127.0.0.9\n", "\(result)")
            let line = try sluice.accessLine()
            #expect(line.clientHost == "127.0.0.9")
            #expect(line.peerHost == "127.0.0.1")

            let other = try MySQLClient.query(
                "SELECT 1",
                at: haproxy.endpoint,
                from: "127.0.0.10"
            )
            #expect(other.errorOutput.contains("1130"), "\(other)")
        }

        @Test("HAProxy's TLVs reach the backend behind the gateway")
        func haproxyTLVs() throws {
            let backend = try Acceptor()
            let listener = try ListenerFile(
                "tcp",
                to: backend.endpoint,
                settings: [
                    "proxyProtocol: { accept: required, trusted: [ 127.0.0.1/32 ] }",
                    "sendProxyProtocol: { version: v2, tlvs: pass, crc32c: true }",
                ]
            )
            let sluice = try SluiceProcess(GatewayFile(listener))
            let haproxy = try HAProxyServer(
                to: listener.listen,
                server: "send-proxy-v2 proxy-v2-options crc32c,unique-id",
                settings: ["unique-id-format %ci:%cp"]
            )

            let client = try Connection(to: haproxy.endpoint, from: "127.0.0.9")
            try client.send("words")
            let session = try backend.accept()
            let header = try ReceivedProxyHeader.v2(from: session)
            #expect(header.source == client.local)
            let identity = header.tlvs.first { $0.type == 5 }
            let expected = "127.0.0.9:\(client.local?.port ?? 0)"
            #expect(identity.map { String(decoding: $0.value, as: UTF8.self) } == expected)
            #expect(try session.receiveText(byteCount: 5) == "words")
            client.close()
            session.close()
            #expect(try sluice.accessLine().bytesIn == 5)
        }
    }
}
