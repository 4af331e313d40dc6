import Testing

extension IntegrationTests {
    /// Whose PROXY headers are believed: mode × trust × version.
    @Suite("Trust in PROXY headers")
    struct ProxyHeaderTrust {
        private static let v1 = Array("PROXY TCP4 192.0.2.7 127.0.0.1 40000 9030\r\n".utf8)
        private static let v2 = ProxyHeaderV2.tcp4(from: "192.0.2.7").bytes
        private static let headers = [v1, v2]
        private static let payload = Array("payload".utf8)

        @Test("A trusted source's header names the client", arguments: headers, modes)
        func trusted(header: [UInt8], mode: String) throws {
            let gate = try ProxyGate(accept: mode)
            let line = try gate.expectSession(
                from: gate.balancer(),
                sending: [header + Self.payload]
            )
            #expect(line.client == "192.0.2.7:40000")
            #expect(line.peerHost == "127.0.0.2")
            #expect(line.rule == "192.0.2.0/24")
            #expect(line.bytesIn == 7, "the header is not the client's")
        }
        private static let modes = ["optional", "required"]

        @Test("The rules see the header's client, not the load balancer", arguments: headers)
        func rules(header: [UInt8]) throws {
            let gate = try ProxyGate(
                accept: "required",
                whitelist: "{ mode: specific, entries: [ { cidr: 127.0.0.0/8 } ] }"
            )
            try gate.expectRefusal(
                of: gate.balancer(),
                sending: header + Self.payload,
                reason: "notInWhitelist"
            )
            #expect(try gate.sluice.accessLine().client == "192.0.2.7:40000")
        }

        @Test(
            "An untrusted source's header is rejected, not passed on, and not believed",
            arguments: headers
        )
        func strangerOptional(header: [UInt8]) throws {
            let gate = try ProxyGate(accept: "optional")
            try gate.expectRefusal(
                of: gate.stranger(),
                sending: header + Self.payload,
                reason: "unexpectedProxyHeader"
            )
            #expect(try gate.sluice.accessLine().clientHost == "127.0.0.99")
        }

        @Test(
            "If no header is read, one that arrives is rejected",
            arguments: headers,
            ["mysql", "http"]
        )
        func off(header: [UInt8], protocol: String) throws {
            let gate = try ProxyGate(accept: "off", protocol: `protocol`)
            // One after the other: a client that is silent is admitted, and has a backend.
            for connect in [gate.balancer, gate.stranger] {
                try gate.expectRefusal(
                    of: try connect(),
                    sending: header + Self.payload,
                    reason: "unexpectedProxyHeader"
                )
            }
        }

        @Test("An untrusted source without a header is a client itself if headers are optional")
        func strangerWithoutHeader() throws {
            let gate = try ProxyGate(accept: "optional")
            let line = try gate.expectSession(from: gate.stranger(), sending: [Self.payload])
            #expect(line.clientHost == "127.0.0.99")
        }

        @Test("A trusted source may omit an optional header")
        func trustedWithoutHeader() throws {
            let gate = try ProxyGate(accept: "optional")
            let line = try gate.expectSession(from: gate.balancer(), sending: [Self.payload])
            #expect(line.clientHost == "127.0.0.2")
        }

        @Test("Only trusted sources may connect if headers are required")
        func strangerRequired() throws {
            let gate = try ProxyGate(accept: "required")
            try gate.expectRefusal(
                of: gate.stranger(),
                sending: Self.v2,
                reason: "untrustedProxySource"
            )
        }

        @Test("A trusted source without a required header is denied")
        func missingHeader() throws {
            let gate = try ProxyGate(accept: "required")
            try gate.expectRefusal(
                of: gate.balancer(),
                sending: Array("GET / HTTP/1.1\r\n".utf8),
                reason: "badProxyHeader"
            )
        }

        @Test("A client's payload that begins with a signature is rejected", arguments: headers)
        func smuggled(header: [UInt8]) throws {
            let gate = try ProxyGate(accept: "required")
            let outer = ProxyHeaderV2(
                addresses: ProxyHeaderV2.tcp4(from: "192.0.2.7").addresses
            ).bytes
            let client = try gate.balancer()
            try client.send(outer)
            let session = try gate.backend.accept()
            pause(.milliseconds(200))
            try? client.send(header)
            #expect(try client.receiveToEnd().bytes.isEmpty)
            #expect(try session.receiveToEnd().bytes.isEmpty)
            #expect(try gate.sluice.accessLine().reason == "unexpectedProxyHeader")
        }

        @Test("A client's signature in single bytes is rejected as well", arguments: headers)
        func smuggledSlowly(header: [UInt8]) throws {
            let gate = try ProxyGate(accept: "off", protocol: "http")
            let client = try gate.stranger()
            for byte in header {
                guard (try? client.send([byte])) != nil else { break }
                pause(.milliseconds(3))
            }
            #expect(try client.receiveToEnd().bytes.isEmpty)
            if gate.backend.isDialled(within: .milliseconds(100)) {
                let arrived = try gate.backend.accept().receiveToEnd().bytes
                #expect(!arrived.starts(with: Array("PROXY".utf8)))
                #expect(!arrived.starts(with: ProxyHeaderV2.signature))
            }
            #expect(try gate.sluice.accessLine().reason == "unexpectedProxyHeader")
        }

        @Test("Payload that only looks like the start of a signature is passed on completely")
        func lookalike() throws {
            let gate = try ProxyGate(accept: "off", protocol: "http")
            let line = try gate.expectSession(
                from: gate.stranger(),
                sending: [Array("PRO".utf8), Array("PFIND / HTTP/1.1".utf8)],
                payload: "PROPFIND / HTTP/1.1"
            )
            #expect(line.bytesIn == 19)
        }
    }
}
