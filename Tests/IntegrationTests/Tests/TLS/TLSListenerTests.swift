import Foundation
import Testing

extension IntegrationTests {
    /// TLS that ends at the gateway, as stock clients see it.
    @Suite("TLS at listeners")
    struct TLSListenerTests {
        @Test("The certificate is that of the exact name, else a wildcard's, else the first")
        func choice() throws {
            let gate = try TLSGate(["required"])
            let expected = [
                "exact.gw.example": "exact.gw.example", "EXACT.gw.example": "exact.gw.example",
                "any.gw.example": "gw.example", "gw.example": "gw.example",
                // A star stands for one label (RFC 9525 §6.3).
                "a.exact.gw.example": "gw.example", "elsewhere.example": "gw.example",
            ]
            for (name, subject) in expected {
                let answer = try gate.shakeHands(name)
                #expect(answer.subject == subject, "\(name): \(answer.text)")
            }
            #expect(try gate.shakeHands(nil).subject == "gw.example")
            for name in ["gw.example", "exact.gw.example", "any.gw.example"] {
                let answer = try gate.get(of: name)
                #expect(answer.status == 200 && answer.body == "hello\n", "\(answer)")
            }
            // Nobody accepts the default for a name that it is not for.
            #expect(try gate.get(of: "a.exact.gw.example").exitStatus == 60)
        }

        @Test("TLS 1.2 and 1.3 are accepted, older versions are not")
        func versions() throws {
            let gate = try TLSGate(["required", "{ minimumVersion: \"1.3\" }"])
            // What Debian's client would not do by itself.
            let old = ["-cipher", "ALL:@SECLEVEL=0"]
            for (argument, version) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
                let answer = try gate.shakeHands("gw.example", [argument])
                #expect(answer.version == version && answer.isSecure, "\(answer.text)")
            }
            for argument in ["-tls1", "-tls1_1"] {
                let answer = try gate.shakeHands("gw.example", [argument] + old)
                #expect(!answer.isSecure && answer.alert == "protocol version", "\(answer.text)")
            }
            #expect(try gate.shakeHands("gw.example", at: 1, ["-tls1_3"]).isSecure)
            let answer = try gate.shakeHands("gw.example", at: 1, ["-tls1_2"])
            #expect(!answer.isSecure && answer.alert == "protocol version", "\(answer.text)")
        }

        @Test("Of the protocols of ALPN, http/1.1 is chosen, and a client without it is refused")
        func alpn() throws {
            let gate = try TLSGate(["required"])
            let both = try gate.shakeHands("gw.example", ["-alpn", "h2,http/1.1"])
            #expect(both.text.contains("ALPN protocol: http/1.1"), "\(both.text)")
            let none = try gate.shakeHands("gw.example", ["-alpn", "h2"])
            #expect(!none.isSecure && none.alert == "no application protocol", "\(none.text)")
            let silent = try gate.shakeHands("gw.example")
            #expect(silent.isSecure && silent.text.contains("No ALPN negotiated"))
        }

        @Test("Sessions are resumed by tickets", arguments: ["-tls1_2", "-tls1_3"])
        func resumption(version: String) throws {
            let gate = try TLSGate(["required", "{ sessionTickets: false }"])
            let folder = try TemporaryFolder()
            func visit(_ number: Int, _ word: String, of name: String = "gw.example") throws
                -> OpenSSLClient.Answer
            {
                try gate.shakeHands(
                    name,
                    at: number,
                    [version, word, "\(folder.path)/session"],
                    request: OpenSSLClient.request("gw.example")
                )
            }
            #expect(try !visit(0, "-sess_out").isResumed)
            let again = try visit(0, "-sess_in")
            #expect(again.isResumed && again.text.contains("hello"), "\(again.text)")
            // Under another name another route may be taken.
            let other = try visit(0, "-sess_in", of: "exact.gw.example")
            #expect(!other.isResumed && other.text.contains("hello"), "\(other.text)")
            #expect(try !visit(1, "-sess_in").isResumed)
            #expect(try !visit(1, "-sess_out").text.contains("TLS session ticket:"))
            let page = try gate.sluice.metrics()
            let resumed = page.samples.filter {
                $0.name == "sluice_tls_handshakes_total" && $0.labels.contains("true")
            }
            #expect(resumed.map(\.value) == [1])
        }

        @Test("A session does not replace a client certificate", arguments: ["-tls1_2", "-tls1_3"])
        func sessionWithoutCertificate(version: String) throws {
            let authority = try CertificateAuthority.shared.get()
            let required = "{ mode: required, authorities: \"\(authority.certificate)\" }"
            let gate = try TLSGate(["required", "{ clientCertificates: \(required) }"])
            let folder = try TemporaryFolder()
            let session = "\(folder.path)/session"
            let request = OpenSSLClient.request("gw.example")
            let first = try gate.shakeHands(
                "gw.example",
                [version, "-sess_out", session],
                request: request
            )
            #expect(first.text.contains("hello"))
            let second = try gate.shakeHands(
                "gw.example",
                at: 1,
                [version, "-sess_in", session],
                request: request
            )
            #expect(!second.isResumed && !second.text.contains("hello"), "\(second.text)")
        }

        @Test("A reload keeps running sessions and serves a new certificate; a bad one is refused")
        func renewal() throws {
            let echo = try ThreadedServer.echo()
            let gate = try TLSGate(["required"], service: "tcp", to: echo.endpoint)
            let renewed = try gate.authority.issue("renewed.example", names: ["DNS:gw.example"])
            let way = try HAProxyServer(
                securelyTo: gate.listen(),
                name: "gw.example",
                trusting: gate.authority
            )
            let held = try Connection(to: way.endpoint)
            #expect(try held.exchange("before"))
            var file = gate.file
            file.settings = TLSGate.settings([renewed])
            try gate.sluice.reload(to: file)
            #expect(try gate.shakeHands().subject == "renewed.example")
            #expect(try held.exchange("after"))
            // A key that belongs to another certificate.
            let bad = CertificateAuthority.Pair(
                certificate: gate.standard.certificate,
                key: gate.exact.key
            )
            try expectRefusal(
                of: bad,
                by: gate,
                saying: "the private key does not belong to the certificate"
            )
            // A key that other users of the machine could read.
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o644],
                ofItemAtPath: gate.standard.key
            )
            try expectRefusal(of: gate.standard, by: gate, saying: gate.standard.key)
            #expect(try gate.shakeHands().subject == "renewed.example")
        }

        private func expectRefusal(
            of pair: CertificateAuthority.Pair,
            by gate: TLSGate,
            saying words: String
        ) throws {
            var file = gate.file
            file.settings = TLSGate.settings([pair])
            try gate.sluice.requestReload(to: file.text(management: gate.sluice.management))
            try wait(for: "\(words) in \(gate.sluice.operatorLog)") {
                gate.sluice.operatorLog.contains(words)
            }
            try wait(for: "a failed reload") { try !gate.sluice.reloadSucceeded() }
            #expect(try gate.shakeHands().subject == "renewed.example")
            let check = try runProgram(
                Programs.sluice(),
                ["check", "--config", gate.sluice.configurationPath]
            )
            #expect(check.status != 0, "\(check)")
        }

        private func copy(_ from: String, to: String) throws {
            try Data(contentsOf: URL(fileURLWithPath: from)).write(to: URL(fileURLWithPath: to))
        }

        @Test("The same paths with other content are reloaded too")
        func sameFiles() throws {
            let gate = try TLSGate(["required"])
            let renewed = try gate.authority.issue("renewed.example", names: ["DNS:gw.example"])
            try copy(renewed.certificate, to: gate.standard.certificate)
            try copy(renewed.key, to: gate.standard.key)
            try gate.sluice.reload(to: gate.file)
            #expect(try gate.shakeHands().subject == "renewed.example")
        }

        @Test("Changed files are used without a reload, but no certificate without its key")
        func changedFiles() throws {
            let gate = try TLSGate(["required"])
            let renewed = try gate.authority.issue("renewed.example", names: ["DNS:gw.example"])
            try copy(renewed.certificate, to: gate.standard.certificate)
            // Longer than it takes to look and to read.
            pause(.seconds(40))
            #expect(try gate.shakeHands().subject == TLSGate.domain)
            try copy(renewed.key, to: gate.standard.key)
            try wait(for: "the new certificate", within: .seconds(60)) {
                try gate.shakeHands().subject == "renewed.example"
            }
            #expect(gate.sluice.logs("certificate files changed, and are used"))
        }

        @Test("`sluice cert` and the metrics show what is served, and until when")
        func shown() throws {
            let gate = try TLSGate(["required"])
            let all = try gate.sluice.command("cert")
            #expect(all.status == 0 && all.output.contains("*.gw.example"), "\(all)")
            #expect(all.output.contains("RSA2048") && all.output.contains("EC256"))
            let fingerprint =
                try runProgram(
                    "openssl",
                    ["x509", "-in", gate.exact.certificate, "-noout", "-fingerprint", "-sha256"]
                ).output.split(separator: "=").last.map { $0.dropLast() } ?? ""
            let rows = [
                ("exact.gw.example", "exact"), ("b.gw.example", "wildcard"), ("x.y", "default"),
            ]
            for (name, choice) in rows {
                let answer = try gate.sluice.command("cert", name)
                #expect(answer.output.contains(" \(choice) "), "\(name): \(answer)")
                #expect(answer.output.contains(fingerprint) == (choice == "exact"))
            }
            _ = try gate.get()
            _ = try gate.shakeHands("gw.example", ["-tls1", "-cipher", "ALL:@SECLEVEL=0"])
            let page = try wait(for: "the counts of two handshakes") {
                let page = try gate.sluice.metrics()
                func value(_ name: String, _ labels: String = "") -> Double? {
                    page.samples.first { $0.name == name && $0.labels == labels }?.value
                }
                let isCounted =
                    value("sluice_tls_handshakes_started_total") == 2
                    && value("sluice_tls_handshakes_total", #"resumed="false""#) == 1
                    && value("sluice_tls_handshake_failures_total", #"cause="version""#) == 1
                return isCounted ? page : nil
            }
            let expiry = page.samples.filter {
                $0.name == "sluice_tls_certificate_expiry_timestamp_seconds"
            }
            #expect(expiry.count == 2)
            let days = (expiry.first?.value ?? 0) - Date().timeIntervalSince1970
            #expect((19...20).contains(days / 86_400))
        }

        @Test("The access log has the version, the cipher and the name")
        func accessLog() throws {
            let gate = try TLSGate(["on"])
            _ = try gate.get(of: "a.gw.example", ["--tlsv1.3"])
            let line = try gate.sluice.accessLine()
            #expect(line.tls == "TLSv1.3" && line.serverName == "a.gw.example")
            #expect(line.cipher?.hasPrefix("TLS_") == true && line.clientCertificate == nil)
            #expect(line.verdict == "allow" && line.bytesOut > 100)
            _ = try Curl.get(at: gate.listen())
            let plain = try gate.sluice.accessLine { $0.tls == nil }
            #expect(plain.verdict == "allow" && plain.serverName == nil)
        }

        @Test("Plain HTTP is served where TLS is offered, and answered where it is required")
        func plain() throws {
            let gate = try TLSGate(["on", "required"])
            #expect(try Curl.get(at: gate.listen()).body == "hello\n")
            #expect(try gate.get().body == "hello\n")
            let refused = try Curl.get(at: gate.listen(1))
            #expect(refused.status == 400 || refused.status == 403, "\(refused)")
            #expect(refused.body.contains("TLS is required"), "\(refused)")
            #expect(try gate.sluice.accessLine { $0.verdict == "deny" }.reason == "tlsRequired")
        }
    }
}
