import Testing

extension IntegrationTests {
    /// What a client above a limit is told, in its own protocol.
    @Suite("Answers to clients above a limit")
    struct LimitAnswerTests {
        @Test("Above its source's limit a MySQL client sees error 1040, an HTTP client 429")
        func oneSource() throws {
            let nginx = try NginxServer()
            let database = try MariaDBServer.shared.get()
            let mysql = try ListenerFile(
                "mysql",
                to: database.endpoint,
                settings: ["reject: error"]
            )
            let http = try ListenerFile("http", to: nginx.endpoint)
            let sluice = try SluiceProcess(
                GatewayFile(mysql, http, settings: ["limits: { connectionsPerSource: 1 }"])
            )
            let held = try Connection(to: mysql.listen, from: "127.0.0.7")
            _ = try held.receive()

            let client = try Connection(to: mysql.listen, from: "127.0.0.7")
            let bytes = try client.receiveToEnd().bytes
            #expect(bytes.dropFirst(4).prefix(3).elementsEqual([0xff, 0x10, 0x04]))
            #expect(try Curl.get(at: http.listen, from: "127.0.0.7").status == 429)
            #expect(try Curl.get(at: http.listen, from: "127.0.0.8").status == 200)
            let denied = try sluice.accessLine { $0.verdict == "deny" }
            #expect(denied.reason == "sourceConnectionLimit")
            held.close()
        }

        @Test("Above the limit of all clients a MySQL client sees 1040, an HTTP client 503")
        func allSources() throws {
            let echo = try ThreadedServer.echo()
            let tcp = try ListenerFile("tcp", to: echo.endpoint)
            let mysql = try ListenerFile("mysql", to: echo.endpoint)
            let http = try ListenerFile("http", to: echo.endpoint)
            let sluice = try SluiceProcess(
                GatewayFile(tcp, mysql, http, settings: ["limits: { connections: 1 }"])
            )
            let held = try Connection(to: tcp.listen)
            #expect(try held.exchange("the only one"))

            let result = try MySQLClient.query("SELECT 1", at: mysql.listen)
            #expect(result.errorOutput.contains("1040"), "\(result)")
            #expect(try Curl.get(at: http.listen).status == 503)
            let lines = try sluice.accessLines(count: 2)
            #expect(lines.map(\.reason) == ["connectionLimit", "connectionLimit"])
            #expect(try held.exchange("still there"))
        }
    }
}
