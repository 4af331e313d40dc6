import Foundation
import Testing

extension IntegrationTests {
    /// What the TLS configuration looks like from outside, held against a hardened nginx.
    @Suite("TLS beside a hardened nginx")
    struct TLSSurveyTests {
        private struct Difference {
            var sluice: String
            var nginx: String
        }

        /// Where the two differ, and why.
        private static let differences = [
            // Mozilla turns tickets off because nginx keeps one key until it is restarted; Sluice
            // replaces its keys, and keeps them in memory only.
            "ticket in 1.2": Difference(sluice: "yes", nginx: "no"),
            // A name has at least one byte (RFC 6066 §3): decode_error.
            "hello: an empty server name": Difference(sluice: "alert 50", nginx: "handshake"),
            // Not a host name either: decode_error, where OpenSSL by itself sends unrecognized_name.
            "hello: a server name with a NUL": Difference(sluice: "alert 50", nginx: "alert 112"),
            "hello: a long server name": Difference(sluice: "alert 50", nginx: "alert 112"),
            // What is not a TLS record is answered in plain HTTP at once; nginx waits for more.
            "hello: SSL 2": Difference(sluice: "b'HTTP'", nginx: "waits"),
        ]

        /// Mozilla's "intermediate" configuration, version 5.7, for nginx. It has no parameters for
        /// finite-field Diffie-Hellman, so that its DHE ciphers are not used.
        private static func hardened(_ pair: CertificateAuthority.Pair) -> String {
            """
            ssl_certificate \(pair.certificate); ssl_certificate_key \(pair.key);
            ssl_protocols TLSv1.2 TLSv1.3;
            ssl_ecdh_curve X25519:prime256v1:secp384r1;
            ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:\\
            ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:\\
            ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:\\
            DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-CHACHA20-POLY1305;
            ssl_prefer_server_ciphers off;
            ssl_session_timeout 1d;
            ssl_session_cache shared:MozSSL:10m;
            ssl_session_tickets off;
            return 200 "hello\n";
            """.replacingOccurrences(of: "\\\n", with: "")
        }

        @Test("The same questions get the same answers", arguments: ["EC", "RSA"])
        func answers(algorithm: String) throws {
            let authority = try CertificateAuthority.shared.get()
            let pair = try authority.issue(
                "gw.example",
                names: ["DNS:*.gw.example", "DNS:gw.example"],
                key: algorithm == "EC" ? .ec : .rsa
            )
            let nginx = try NginxServer(listen: "ssl", Self.hardened(pair))
            let backend = try NginxServer()
            let listener = try ListenerFile(
                "http",
                to: backend.endpoint,
                settings: ["tls: required"]
            )
            let route = try Route(listener, settings: TLSGate.settings([pair]))
            let expected = try survey(nginx.endpoint)
            let found = try survey(route.listen)
            #expect(expected.count > 100 && found.count == expected.count)
            for (question, answer) in expected.sorted(by: { $0.key < $1.key }) {
                guard let difference = Self.differences[question] else {
                    #expect(found[question] == answer, "\(question)")
                    continue
                }
                #expect(answer == difference.nginx, "nginx: \(question)")
                #expect(found[question] == difference.sluice, "\(question)")
            }
        }

        private func survey(_ endpoint: Endpoint) throws -> [String: String] {
            let result = try runProgram(
                "python3",
                [Programs.testFile("TLSClients/survey.py"), "\(endpoint)", "gw.example"],
                within: .seconds(100)
            )
            guard result.status == 0 else { throw HarnessError(result.errorOutput) }
            return try JSONDecoder().decode([String: String].self, from: Data(result.output.utf8))
        }
    }
}
