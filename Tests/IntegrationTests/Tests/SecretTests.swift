import Testing

extension IntegrationTests {
    /// No log holds a credential, whatever goes through the gateway.
    @Suite("Secrets")
    struct SecretTests {
        private static let secrets = ["open-sesame", "b3Blbi1zZXNhbWU", "swordfish", "xyzzy-token"]

        private func expectNoSecret(in sluice: SluiceProcess) {
            for secret in Self.secrets {
                #expect(!sluice.process.output.contains(secret))
                #expect(!sluice.operatorLog.contains(secret))
            }
        }

        @Test(
            "A stream load's URL, Authorization and redirect are in no log",
            arguments: ["{ mode: anywhere }", "{ mode: nowhere }"]
        )
        func streamLoad(whitelist: String) throws {
            let frontend = try NginxServer(
                "return 307 http://root:swordfish@127.0.0.1:8040/api/db/t/_stream_load;"
            )
            let route = try Route(
                try ListenerFile("http", to: frontend.endpoint),
                whitelist: whitelist,
                logLevel: "trace"
            )
            let answer = try Curl.get(
                "/api/db/t/_stream_load?token=xyzzy-token",
                at: route.listen,
                [
                    "--user", "root:open-sesame", "--header", "Expect: 100-continue",
                    "--upload-file", "/etc/hostname",
                ]
            )
            #expect(answer.status == (whitelist.contains("anywhere") ? 307 : 403))
            _ = try route.sluice.accessLine()
            #expect(!answer.body.contains("xyzzy-token"))
            expectNoSecret(in: route.sluice)
        }

        @Test("A password that logs in, and the statements after it, are in no log")
        func login() throws {
            let database = try MariaDBServer.shared.get()
            try database.administer("CREATE OR REPLACE USER known@'%' IDENTIFIED BY 'swordfish'")
            let route = try Route(
                try ListenerFile("mysql", to: database.endpoint),
                logLevel: "trace"
            )
            let result = try MySQLClient.query(
                "SELECT 'xyzzy-token'",
                at: route.listen,
                user: "known",
                password: "swordfish"
            )
            #expect(result.output == "xyzzy-token\n", "\(result)")
            _ = try route.sluice.accessLine()
            expectNoSecret(in: route.sluice)
        }

        @Test("A MySQL password is in no log", arguments: ["error", "errorAfterGreeting"])
        func mysql(reject: String) throws {
            let listener = try ListenerFile("mysql", to: .free(), settings: ["reject: \(reject)"])
            let route = try Route(listener, whitelist: "{ mode: nowhere }")
            _ = try MySQLClient.query("SELECT 1", at: route.listen, password: "swordfish")
            _ = try route.sluice.accessLine()
            expectNoSecret(in: route.sluice)
        }

        @Test("Nor is a request that is not HTTP, or not for the gateway")
        func strangeRequests() throws {
            let route = try Route(
                try ListenerFile("http", to: .free()),
                logLevel: "trace"
            )
            let client = try Connection(to: route.listen)
            try? client.send("GET http://u:swordfish@x/ HTTP/9.9\r\nAuthorization: open-sesame\r\n")
            _ = try client.receiveToEnd()
            _ = try route.sluice.get("/v1/warehouses?apiKey=xyzzy-token")
            let stranger = try route.sluice.remoteClient(key: "sk-open-sesame-xyzzy-token")
            #expect(try stranger.get("/v1/warehouses?apiKey=xyzzy-token").status == 401)
            _ = try route.sluice.accessLine()
            expectNoSecret(in: route.sluice)
        }
    }
}
