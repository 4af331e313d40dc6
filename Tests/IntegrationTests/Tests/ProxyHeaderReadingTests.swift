import Testing

extension IntegrationTests {
    /// Headers of every valid form, from a trusted source, on a listener that requires one.
    @Suite("Reading PROXY headers")
    struct ProxyHeaderReading {
        private static let payload = Array("payload".utf8)

        private static let endpointTLV = ProxyHeaderV2.TLV(0xea, [1] + Array("vpce-1".utf8))

        private static let valid: [(name: String, header: [UInt8], client: String)] = [
            (
                "v1 TCP4", Array("PROXY TCP4 192.0.2.7 127.0.0.1 40000 9030\r\n".utf8),
                "192.0.2.7:40000"
            ),
            (
                "v1 TCP6", Array("PROXY TCP6 2001:db8::7 2001:db8::1 40000 9030\r\n".utf8),
                "[2001:db8::7]:40000"
            ),
            ("v2 IPv4", ProxyHeaderV2.tcp4(from: "192.0.2.7").bytes, "192.0.2.7:40000"),
            ("v2 IPv6", ProxyHeaderV2.tcp6(fromLast: [0, 7]).bytes, "[2001:db8::7]:40000"),
            (
                "v2 with TLVs",
                ProxyHeaderV2.tcp4(from: "192.0.2.7", tlvs: [endpointTLV, endpointTLV]).bytes,
                "192.0.2.7:40000"
            ),
            (
                "v2 with a checksum",
                ProxyHeaderV2.tcp4(from: "192.0.2.7", tlvs: [endpointTLV]).withChecksum().bytes,
                "192.0.2.7:40000"
            ),
        ]

        @Test("With the payload in the same segment", arguments: valid)
        func oneSegment(name: String, header: [UInt8], client: String) throws {
            let gate = try ProxyGate(accept: "required")
            let line = try gate.expectSession(
                from: gate.balancer(),
                sending: [header + Self.payload]
            )
            #expect(line.client == client)
        }

        @Test("One byte at a time", arguments: valid)
        func singleBytes(name: String, header: [UInt8], client: String) throws {
            let gate = try ProxyGate(accept: "required, timeout: 60s")
            let balancer = try gate.balancer()
            for byte in header {
                try balancer.send([byte])
                pause(.milliseconds(2))
            }
            let line = try gate.expectSession(from: balancer, sending: [Self.payload])
            #expect(line.client == client)
        }

        @Test("Before the backend speaks first, with no payload at all")
        func serverFirst() throws {
            let gate = try ProxyGate(accept: "required")
            let balancer = try gate.balancer()
            try balancer.send(ProxyHeaderV2.tcp4(from: "192.0.2.7").bytes)
            let session = try gate.backend.accept()
            try session.send("greeting")
            #expect(try balancer.receiveText(byteCount: 8) == "greeting")
        }

        private static let unspecifiedHeaders: [(name: String, header: [UInt8])] = [
            ("v1 UNKNOWN", Array("PROXY UNKNOWN\r\n".utf8)),
            ("v1 UNKNOWN with words", Array("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n".utf8)),
            ("v2 UNSPEC", ProxyHeaderV2(familyAndTransport: 0).bytes),
            (
                "v2 UNSPEC with a body",
                ProxyHeaderV2(familyAndTransport: 0, addresses: [1, 2, 3, 4, 5]).bytes
            ),
        ]

        @Test("An unspecified family leaves the peer as the client", arguments: unspecifiedHeaders)
        func unspecified(name: String, header: [UInt8]) throws {
            let gate = try ProxyGate(accept: "required")
            let line = try gate.expectSession(
                from: gate.balancer(),
                sending: [header + Self.payload]
            )
            #expect(line.clientHost == "127.0.0.2")
        }

        private static let localHeaders: [(name: String, header: [UInt8])] = [
            ("empty", ProxyHeaderV2.local().bytes),
            ("with an address", localWithAddress.bytes),
            ("with TLVs", localWithTLV.bytes),
        ]
        private static let localWithAddress = ProxyHeaderV2.local(
            familyAndTransport: 0x11,
            body: ProxyHeaderV2.tcp4(from: "192.0.2.7").addresses
        )
        private static let localWithTLV = ProxyHeaderV2.local(
            body: ProxyHeaderV2.TLV(0x04, [0, 0]).bytes
        )

        @Test("LOCAL is accepted, with the real peer", arguments: localHeaders)
        func local(name: String, header: [UInt8]) throws {
            let gate = try ProxyGate(accept: "required")
            let line = try gate.expectSession(
                from: gate.balancer(),
                sending: [header + Self.payload]
            )
            #expect(line.clientHost == "127.0.0.2")
        }

        @Test(
            "A load balancer that is not a client itself may probe with LOCAL",
            arguments: localHeaders
        )
        func probe(name: String, header: [UInt8]) throws {
            let gate = try ProxyGate(
                accept: "required",
                whitelist: "{ mode: specific, entries: [ { cidr: 192.0.2.0/24 } ] }",
                logLevel: "debug"
            )
            let balancer = try gate.balancer()
            try balancer.send(header)
            balancer.close()
            let line = try gate.sluice.accessLine()
            #expect(line.verdict == "allow")
            #expect(line.end == "probe")
        }

        @Test("A load balancer's bare connect is a probe too")
        func bareConnect() throws {
            let gate = try ProxyGate(accept: "required", logLevel: "debug")
            try gate.balancer().close()
            #expect(try gate.sluice.accessLine().end == "probe")
            #expect(!gate.backend.isDialled(within: .milliseconds(100)))
        }

        @Test("Probes do not fill the access log of a gateway that is not being debugged")
        func unlogged() throws {
            let gate = try ProxyGate(accept: "required")
            for _ in 0..<5 { try gate.balancer().close() }
            let session = Self.valid[0].header + Self.payload
            _ = try gate.expectSession(from: gate.balancer(), sending: [session])
            #expect(try gate.sluice.accessLog().count == 1)
        }

        @Test("Of several headers in a row, each one from a trusted source counts")
        func chain() throws {
            let gate = try ProxyGate(accept: "required")
            let headers =
                ProxyHeaderV2.tcp4(from: "127.0.0.2").bytes
                + Array("PROXY TCP4 127.0.0.2 127.0.0.1 1 2\r\n".utf8)
                + ProxyHeaderV2.tcp4(from: "192.0.2.7").bytes
            let line = try gate.expectSession(
                from: gate.balancer(),
                sending: [headers + Self.payload]
            )
            #expect(line.client == "192.0.2.7:40000")
        }

        @Test("A client's header after the load balancer's is rejected, however it is cut")
        func forged() throws {
            let gate = try ProxyGate(accept: "required, timeout: 2s")
            let header = ProxyHeaderV2.tcp4(from: "192.0.2.7").bytes
            let forged = Array("PROXY TCP4 192.0.2.99 127.0.0.1 1 2\r\n".utf8) + Self.payload
            for cut in [0, 4, 12, forged.count] {
                let balancer = try gate.balancer()
                let peer = balancer.local?.description
                try balancer.send(header + forged[..<cut])
                // Longer than the header's deadline: a pause decides nothing.
                if cut == 4 { pause(.milliseconds(2_500)) }
                try? balancer.send(Array(forged[cut...]))
                #expect(try balancer.receiveToEnd().bytes.isEmpty)
                let line = try gate.sluice.accessLine { $0.peer == peer }
                #expect(line.reason == "unexpectedProxyHeader")
                #expect(line.client == "192.0.2.7:40000")
                while gate.backend.isDialled(within: .milliseconds(50)) {
                    #expect(try gate.backend.accept().receiveToEnd().bytes.isEmpty)
                }
            }
        }
    }
}
