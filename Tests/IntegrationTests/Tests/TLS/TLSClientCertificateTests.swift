import Foundation
import Testing

extension IntegrationTests {
    /// Clients that prove who they are in the handshake.
    @Suite("Client certificates")
    struct TLSClientCertificateTests {
        private let authority: CertificateAuthority
        private let other: CertificateAuthority
        private let client: CertificateAuthority.Pair
        private let revoked: CertificateAuthority.Pair
        private let foreign: CertificateAuthority.Pair
        private let revocations: String

        init() throws {
            authority = try CertificateAuthority("Clients' Authority")
            other = try CertificateAuthority("Another Authority")
            client = try authority.issue("reader")
            revoked = try authority.issue("former reader")
            foreign = try other.issue("stranger")
            try authority.revoke(revoked)
            revocations = try authority.revocationList()
        }

        private func mode(_ word: String) -> String {
            """
            { mode: required, clientCertificates: { mode: \(word), \
            authorities: "\(authority.certificate)", revocations: "\(revocations)" } }
            """
        }

        private func get(_ gate: TLSGate, as pair: CertificateAuthority.Pair?) throws -> Curl.Answer
        {
            let shown = pair.map { ["--cert", $0.certificate, "--key", $0.key] } ?? []
            return try gate.get("/", shown)
        }

        @Test("A required certificate must be one of the authority's that is not revoked")
        func required() throws {
            let gate = try TLSGate([mode("required")])
            #expect(try get(gate, as: client).body == "hello\n")
            let line = try gate.sluice.accessLine { $0.verdict == "allow" }
            #expect(line.clientCertificate == "CN=reader")
            for pair in [nil, revoked, foreign] {
                let answer = try get(gate, as: pair)
                #expect(answer.status == 0 && answer.exitStatus != 0, "\(answer)")
            }
            let lines = try gate.sluice.accessLines(count: 4)
            let denied = lines.filter { $0.verdict == "deny" }
            #expect(denied.count == 3 && denied.allSatisfy { $0.clientCertificate == nil })
            #expect(denied[1].detail?.contains("revoked") == true, "\(denied)")
            let failed = try gate.sluice.metrics().samples.first {
                $0.labels == #"cause="clientCertificate""#
            }
            #expect(failed?.value == 3)
        }

        @Test("An optional certificate may be missing, but not another authority's")
        func optional() throws {
            let gate = try TLSGate([mode("optional")])
            #expect(try get(gate, as: nil).body == "hello\n")
            #expect(try get(gate, as: client).body == "hello\n")
            #expect(try get(gate, as: foreign).status == 0)
            #expect(try get(gate, as: revoked).status == 0)
            let lines = try gate.sluice.accessLines(count: 4)
            #expect(lines.map(\.clientCertificate) == [nil, "CN=reader", nil, nil])
        }

        @Test("Without a mode no certificate is requested")
        func off() throws {
            let gate = try TLSGate(["required"])
            let answer = try gate.shakeHands()
            #expect(answer.text.contains("No client certificate CA names sent"))
            #expect(try get(gate, as: foreign).body == "hello\n")
        }

        @Test("Clients are sent the names of the authorities, by which browsers choose")
        func authorityNames() throws {
            let gate = try TLSGate([mode("optional")])
            let answer = try gate.shakeHands()
            #expect(answer.text.contains("CN = Clients' Authority"), "\(answer.text)")
        }

        @Test("A resumed session still has its certificate", arguments: ["-tls1_2", "-tls1_3"])
        func resumption(version: String) throws {
            let gate = try TLSGate([mode("required")])
            let folder = try TemporaryFolder()
            func visit(_ word: String, _ more: [String]) throws -> OpenSSLClient.Answer {
                try gate.shakeHands(
                    "gw.example",
                    [version, word, "\(folder.path)/session"] + more,
                    request: OpenSSLClient.request("gw.example")
                )
            }
            let pair = ["-cert", client.certificate, "-key", client.key]
            #expect(try visit("-sess_out", pair).text.contains("hello"))
            let again = try visit("-sess_in", [])
            #expect(again.isResumed && again.text.contains("hello"), "\(again.text)")
            let lines = try gate.sluice.accessLines(count: 2)
            #expect(lines.allSatisfy { $0.clientCertificate == "CN=reader" })
        }

        @Test("A session is not resumed after its certificate's time is over")
        func expiry() throws {
            let gate = try TLSGate([mode("required")])
            var visits: [String] = []
            // Its time may be over before the first visits.
            for seconds in [10.0, 40] where !visits.contains("resumed") {
                let guest = try authority.issue("guest", lasting: seconds)
                visits = try PythonTLS.run(
                    "resume",
                    to: gate.listen(),
                    name: "gw.example",
                    trusting: gate.authority,
                    guest.certificate,
                    guest.key
                )
            }
            #expect(visits.first == "full" && visits.contains("resumed"), "\(visits)")
            #expect(visits.last == "refused", "\(visits)")
        }

        @Test(
            "A client that has been revoked since does not resume its session",
            arguments: ["-tls1_2", "-tls1_3"]
        )
        func revocation(version: String) throws {
            let leaver = try authority.issue("leaver")
            let gate = try TLSGate([mode("required")])
            let folder = try TemporaryFolder()
            func visit(_ word: String) throws -> OpenSSLClient.Answer {
                try gate.shakeHands(
                    "gw.example",
                    [
                        version, word, "\(folder.path)/session", "-cert", leaver.certificate,
                        "-key", leaver.key,
                    ],
                    request: OpenSSLClient.request("gw.example")
                )
            }
            #expect(try visit("-sess_out").text.contains("hello"))
            #expect(try visit("-sess_in").isResumed)
            try authority.revoke(leaver)
            let list = try Data(contentsOf: URL(fileURLWithPath: authority.revocationList()))
            try list.write(to: URL(fileURLWithPath: revocations))
            try gate.sluice.reload(to: gate.file)
            let answer = try visit("-sess_in")
            #expect(!answer.isResumed && !answer.text.contains("hello"), "\(answer.text)")
        }
    }
}
