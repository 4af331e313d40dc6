import Testing

extension IntegrationTests {
    /// The gateway neither ends nor reads a client's TLS: the README says so.
    @Suite("TLS between client and warehouse")
    struct TLSPassThroughTests {
        @Test("A MySQL client encrypts to the server itself, with its own TLS")
        func mysql() throws {
            let folder = try TemporaryFolder()
            let (key, certificate) = ("\(folder.path)/key.pem", "\(folder.path)/certificate.pem")
            let made = try runProgram(
                "openssl",
                [
                    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=warehouse", "-keyout", key, "-out", certificate,
                ]
            )
            try #require(made.status == 0, "\(made)")
            let database = try MariaDBServer(
                options: MariaDBServer.defaultOptions + [
                    "--ssl-key=\(key)", "--ssl-cert=\(certificate)",
                ]
            )
            try database.administer("CREATE USER secure@'%' REQUIRE SSL")
            for settings in [[], ["sendProxyProtocol: v1"]] {
                let route = try Route(
                    try ListenerFile("mysql", to: database.endpoint, settings: settings)
                )
                let target = [
                    "--protocol=TCP", "--host=\(route.listen.host)", "--port=\(route.listen.port)",
                    "--user=secure", "--execute=SHOW STATUS LIKE 'Ssl_cipher'",
                ]
                let encrypted = try MySQLClient.run(["--ssl", "--ssl-ca=\(certificate)"] + target)
                #expect(encrypted.status == 0, "\(encrypted)")
                #expect(encrypted.output.wholeMatch(of: /Ssl_cipher\t\S+\n/) != nil)
                // The server sees whether the client encrypts, not a gateway.
                let plain = try MySQLClient.run(["--skip-ssl"] + target)
                #expect(plain.errorOutput.contains("Access denied"), "\(plain)")
            }
        }
    }
}
