import Testing

extension IntegrationTests {
    /// Headers that break the format, from a trusted source.
    @Suite("Invalid PROXY headers")
    struct ProxyHeaderFaults {
        private static let sound = ProxyHeaderV2.tcp4(from: "192.0.2.7")

        private static func faulty(_ change: (inout ProxyHeaderV2) -> Void) -> [UInt8] {
            var header = sound
            change(&header)
            return header.bytes
        }

        private static func line(_ text: String) -> [UInt8] { Array(text.utf8) }

        private static let faults: [(name: String, bytes: [UInt8])] = [
            ("garbage", line("\u{1}\u{2}\u{3}garbage")),
            ("an HTTP request", line("GET / HTTP/1.1\r\nHost: x\r\n\r\n")),
            ("a signature with a wrong byte", [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0b]),
            ("version 3", faulty { $0.versionAndCommand = 0x31 }),
            ("an unassigned command", faulty { $0.versionAndCommand = 0x22 }),
            ("an unassigned family", faulty { $0.familyAndTransport = 0x41 }),
            ("an unassigned transport", faulty { $0.familyAndTransport = 0x13 }),
            ("addresses cut short", faulty { $0.addresses.removeLast(5) }),
            ("a TLV that runs past the header", faulty { $0.trailer = [0xea, 0x01, 0x00, 0x41] }),
            ("trailing bytes shorter than a TLV", faulty { $0.trailer = [0xea, 0x00] }),
            ("a wrong checksum", faulty { $0.tlvs = [.init(0x03, [1, 2, 3, 4])] }),
            ("a checksum of three bytes", faulty { $0.tlvs = [.init(0x03, [1, 2, 3])] }),
            ("v1 with a host name", line("PROXY TCP4 example.org 127.0.0.1 1 2\r\n")),
            ("v1 with a leading zero", line("PROXY TCP4 192.0.02.7 127.0.0.1 1 2\r\n")),
            ("v1 with a port too large", line("PROXY TCP4 192.0.2.7 127.0.0.1 65536 2\r\n")),
            ("v1 with two spaces", line("PROXY TCP4  192.0.2.7 127.0.0.1 1 2\r\n")),
            ("v1 with the families mixed", line("PROXY TCP4 2001:db8::1 127.0.0.1 1 2\r\n")),
            ("v1 with a lone LF", line("PROXY TCP4 192.0.2.7 127.0.0.1 1 2\nmore\r\n")),
            ("v1 with an unknown family", line("PROXY UDP4 192.0.2.7 127.0.0.1 1 2\r\n")),
            ("v1 without an end", line("PROXY UNKNOWN " + String(repeating: "x", count: 120))),
        ]

        @Test("Each is rejected, and nothing is dialed", arguments: faults)
        func refused(name: String, bytes: [UInt8]) throws {
            let gate = try ProxyGate(accept: "required")
            try gate.expectRefusal(of: gate.balancer(), sending: bytes, reason: "badProxyHeader")
            #expect(!gate.backend.isDialled(within: .zero))
        }

        @Test("A changed address breaks the checksum")
        func changedAddress() throws {
            let gate = try ProxyGate(accept: "required")
            var header = Self.sound.withChecksum()
            header.addresses[3] ^= 1
            try gate.expectRefusal(
                of: gate.balancer(),
                sending: header.bytes,
                reason: "badProxyHeader"
            )
        }

        @Test("A header above the size limit is rejected by its length alone")
        func tooLong() throws {
            let gate = try ProxyGate(accept: "required")
            var header = Self.sound
            header.claimedByteCount = 65_535
            try gate.expectRefusal(
                of: gate.balancer(),
                sending: header.bytes,
                reason: "badProxyHeader"
            )
        }

        @Test("The size limit is set per listener", arguments: [500, 65_551])
        func sizeLimit(limit: Int) throws {
            let gate = try ProxyGate(accept: "required, maximumSize: \(limit)B")
            // 16 bytes of head, 12 of addresses, 3 of the TLV's own head.
            let value = [UInt8](repeating: 0x61, count: limit - 31)
            let largest = ProxyHeaderV2.tcp4(from: "192.0.2.7", tlvs: [.init(0xe5, value)])
            let line = try gate.expectSession(
                from: gate.balancer(),
                sending: [largest.bytes + Array("payload".utf8)]
            )
            #expect(line.clientHost == "192.0.2.7")
        }

        @Test("One byte above the limit is too much")
        func aboveLimit() throws {
            let gate = try ProxyGate(accept: "required, maximumSize: 500B")
            let value = [UInt8](repeating: 0x61, count: 500 - 30)
            let header = ProxyHeaderV2.tcp4(from: "192.0.2.7", tlvs: [.init(0xe5, value)])
            try gate.expectRefusal(
                of: gate.balancer(),
                sending: header.bytes,
                reason: "badProxyHeader"
            )
        }

        @Test(
            "A header that is not complete in time is rejected",
            arguments: [
                sound.bytes.dropLast(1), line("PROXY TCP4 192.0")[...], sound.bytes.prefix(3),
            ]
        )
        func late(part: ArraySlice<UInt8>) throws {
            let gate = try ProxyGate(accept: "required, timeout: 400ms")
            let started = ContinuousClock.now
            try gate.expectRefusal(
                of: gate.balancer(),
                sending: Array(part),
                reason: "proxyHeaderTimeout"
            )
            #expect(ContinuousClock.now - started >= .milliseconds(350))
        }

        @Test("A slow trickle does not extend the deadline")
        func trickle() throws {
            let gate = try ProxyGate(accept: "required, timeout: 500ms")
            let balancer = try gate.balancer()
            let deadline = ContinuousClock.now + patience
            var isOpen = true
            for byte in Self.sound.bytes where isOpen && ContinuousClock.now < deadline {
                isOpen = (try? balancer.send([byte])) != nil
                pause(.milliseconds(100))
                if try gate.sluice.accessLog().first != nil { isOpen = false }
            }
            #expect(try gate.sluice.accessLine().reason == "proxyHeaderTimeout")
        }

        @Test("A silent load balancer is explained to the operator")
        func silent() throws {
            let gate = try ProxyGate(accept: "required, timeout: 300ms", protocol: "mysql")
            let balancer = try gate.balancer()
            _ = try balancer.receiveToEnd()
            try wait(for: "a word on 127.0.0.2 in \(gate.sluice.operatorLog)") {
                gate.sluice.operatorLog.contains("127.0.0.2")
            }
        }
    }
}
