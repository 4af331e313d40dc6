import Testing

extension IntegrationTests {
    /// PROXY headers before a client's TLS, and about it.
    @Suite("PROXY headers and TLS")
    struct TLSProxyHeaderTests {
        /// For clients that are slow because the machine is.
        private static let patience = "timeouts: { header: 60s, handshake: 60s }"

        private struct Cut: Decodable {
            var cases: Int
            var failures: [String]
        }

        @Test("A header and the ClientHello after it may share a segment, and be cut anywhere")
        func header() throws {
            let echo = try ThreadedServer.echo()
            let gate = try TLSGate(
                ["required"],
                service: "tcp",
                to: echo.endpoint,
                settings: [
                    "proxyProtocol: { accept: required, trusted: [ 127.0.0.0/8 ] }", Self.patience,
                ]
            )
            let header = ProxyHeaderV2.tcp4(from: "192.0.2.7").withChecksum().bytes
            let found: Cut = try PythonTLS.run(
                "cut",
                to: gate.listen(),
                name: "gw.example",
                trusting: gate.authority,
                header.map { byte in
                    let digits = String(byte, radix: 16)
                    return byte < 16 ? "0" + digits : digits
                }.joined()
            )
            #expect(found.cases > 200 && found.failures.isEmpty, "\(found)")
            let line = try gate.sluice.accessLine { $0.tls != nil }
            #expect(line.clientHost == "192.0.2.7" && line.serverName == "gw.example")
        }

        @Test("The whitelist is asked about the client in the header, not about its load balancer")
        func whitelist() throws {
            let echo = try ThreadedServer.echo()
            let gate = try TLSGate(
                ["required"],
                service: "tcp",
                to: echo.endpoint,
                settings: [
                    "proxyProtocol: { accept: required, trusted: [ 127.0.0.0/8 ] }", Self.patience,
                ],
                whitelist: "{ mode: specific, entries: [ { cidr: 192.0.2.0/24 } ] }"
            )
            let header = ProxyHeaderV2.tcp4(from: "192.0.2.7").withChecksum().bytes
            let found: Cut = try PythonTLS.run(
                "cut",
                to: gate.listen(),
                name: "gw.example",
                trusting: gate.authority,
                header.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            )
            #expect(found.cases > 200 && found.failures.isEmpty, "\(found)")
        }

        @Test("A header forged inside TLS does not reach the backend")
        func forged() throws {
            let backend = try Acceptor()
            let gate = try TLSGate(["required"], service: "tcp", to: backend.endpoint)
            let way = try HAProxyServer(
                securelyTo: gate.listen(),
                name: "gw.example",
                trusting: gate.authority
            )
            let client = try Connection(to: way.endpoint)
            try client.send(ProxyHeaderV2.tcp4(from: "10.0.0.1").bytes + Array("hello".utf8))
            #expect(try client.receiveToEnd().bytes.isEmpty)
            #expect(try gate.sluice.accessLine().reason == "unexpectedProxyHeader")
        }

        @Test("The backend is told about the client's TLS (§2.2.6)", arguments: [false, true])
        func fields(hasCertificate: Bool) throws {
            let authority = try CertificateAuthority.shared.get()
            let pair = try authority.issue("reader")
            let backend = try Acceptor()
            let mode = "{ mode: optional, authorities: \"\(authority.certificate)\" }"
            let gate = try TLSGate(
                ["{ mode: on, clientCertificates: \(mode) }"],
                service: "tcp",
                to: backend.endpoint,
                settings: ["sendProxyProtocol: { version: v2, tls: true }"]
            )
            inThread {
                // The handshake is seen by the backend; how it ends is of no interest.
                _ = try? gate.shakeHands(
                    "a.gw.example",
                    hasCertificate ? ["-cert", pair.certificate, "-key", pair.key] : []
                )
            }
            let header = try ReceivedProxyHeader.v2(from: backend.accept())
            let authorityName = header.tlvs.first { $0.type == 0x02 }
            #expect(authorityName?.value == Array("a.gw.example".utf8), "\(header.tlvs)")
            let value = try #require(header.tlvs.first { $0.type == 0x20 }?.value)
            #expect(value[0] == (hasCertificate ? 0x07 : 0x01))
            // Verified: 0; without a certificate that is not said.
            let verified = value[1..<5].reduce(0) { $0 << 8 | UInt32($1) }
            #expect(!hasCertificate || verified == 0)
            let inner = try Self.fields(Array(value[5...]))
            #expect(inner[0x21] == "TLSv1.3" && inner[0x23]?.hasPrefix("TLS_") == true)
            #expect(inner[0x22] == (hasCertificate ? "reader" : nil), "\(inner)")
        }

        private static func fields(_ bytes: [UInt8]) throws -> [UInt8: String] {
            var found: [UInt8: String] = [:]
            var rest = bytes[...]
            while rest.count >= 3 {
                let head = Array(rest.prefix(3))
                let count = Int(head[1]) << 8 | Int(head[2])
                guard rest.count >= 3 + count else { throw HarnessError("a TLV past the end") }
                let value = rest.dropFirst(3).prefix(count)
                found[head[0]] = String(decoding: value, as: UTF8.self)
                rest = rest.dropFirst(3 + count)
            }
            return found
        }
    }
}
