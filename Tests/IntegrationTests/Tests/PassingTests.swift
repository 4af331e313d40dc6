import FreePorts
import Testing

extension IntegrationTests {
    /// What an admitted client gets.
    @Suite("An admitted client")
    struct Passing {
        @Test("A mysql client reaches MariaDB")
        func mysql() throws {
            let database = try MariaDBServer.shared.get()
            let listener = try ListenerFile("mysql", to: database.endpoint)
            let sluice = try SluiceProcess(GatewayFile(listener))

            let result = try MySQLClient.query("SELECT 6 * 7", at: listener.listen)
            #expect(result.output == "42\n", "\(result)")

            let line = try sluice.accessLine()
            #expect(line.backend == database.endpoint.description)
            #expect(line.verdict == "allow")
            #expect(line.bytesOut > 50)
        }

        @Test("curl reaches nginx")
        func http() throws {
            let nginx = try NginxServer()
            let listener = try ListenerFile("http", to: nginx.endpoint)
            let sluice = try SluiceProcess(GatewayFile(listener))

            let answer = try Curl.get(at: listener.listen)
            #expect(answer.status == 200)
            #expect(answer.body == "hello from nginx\n")
            #expect(try sluice.accessLine().end == "finished")
        }

        @Test("Plain TCP arrives as it was sent, and back")
        func tcp() throws {
            let echo = try ThreadedServer.echo()
            let listener = try ListenerFile("tcp", to: echo.endpoint)
            let sluice = try SluiceProcess(GatewayFile(listener))

            let client = try Connection(to: listener.listen)
            try client.send("over the gateway")
            client.finishSending()
            let (bytes, ending) = try client.receiveToEnd()
            #expect(String(decoding: bytes, as: UTF8.self) == "over the gateway")
            #expect(ending == .endOfStream)

            let line = try sluice.accessLine()
            #expect(line.bytesIn == 16)
            #expect(line.bytesOut == 16)
            #expect(line.end == "finished")
        }

        @Test(
            "Listeners and backends speak IPv4 and IPv6 in any combination",
            arguments: ["127.0.0.1", "::1"],
            ["127.0.0.1", "::1"]
        )
        func families(listenerHost: String, backendHost: String) throws {
            let echo = try ThreadedServer.echo(at: .free(backendHost))
            let listener = try ListenerFile("tcp", at: .free(listenerHost), to: echo.endpoint)
            let sluice = try SluiceProcess(GatewayFile(listener))

            let client = try Connection(to: listener.listen)
            #expect(try client.exchange("any family"))
            client.close()
            let line = try sluice.accessLine()
            #expect(line.clientHost == listenerHost)
            #expect(line.backend == echo.endpoint.description)
        }

        @Test("All IPv4 and all IPv6 addresses are two listeners, which may share a port")
        func unspecifiedAddresses() throws {
            let echo = try ThreadedServer.echo()
            let port = try Ports.free()
            let sluice = try SluiceProcess(
                GatewayFile(
                    try ListenerFile("tcp", at: Endpoint("0.0.0.0", port), to: echo.endpoint),
                    try ListenerFile("tcp", at: Endpoint("::", port), to: echo.endpoint)
                )
            )
            for host in ["127.0.0.1", "::1"] {
                #expect(try Connection(to: Endpoint(host, port)).exchange("all addresses"))
            }
            let clients = try sluice.accessLines(count: 2).map(\.clientHost)
            #expect(Set(clients) == ["127.0.0.1", "::1"])
        }

        @Test("An IPv4 client of a listener on [::] is an IPv4 client to the rules and in the log")
        func mappedClient() throws {
            let echo = try ThreadedServer.echo()
            let port = try Ports.free()
            let sluice = try SluiceProcess(
                GatewayFile(
                    try ListenerFile("tcp", at: Endpoint("::", port), to: echo.endpoint),
                    whitelist: "{ mode: specific, entries: [ { cidr: 127.0.0.7/32 } ] }"
                )
            )
            let listen = Endpoint("127.0.0.1", port)
            #expect(try Connection(to: listen, from: "127.0.0.7").exchange("admitted"))
            #expect(try Connection(to: listen, from: "127.0.0.8").receiveToEnd().bytes.isEmpty)
            let lines = try sluice.accessLines(count: 2)
            #expect(Set(lines.map(\.clientHost)) == ["127.0.0.7", "127.0.0.8"])
        }

        @Test("A backend may be named")
        func namedBackend() throws {
            let echo = try ThreadedServer.echo()
            var listener = try ListenerFile("tcp")
            listener.backends = ["localhost:\(echo.endpoint.port)"]
            let sluice = try SluiceProcess(GatewayFile(listener))

            let client = try Connection(to: listener.listen)
            #expect(try client.exchange("by name"))
            client.close()
            #expect(try sluice.accessLine().backend == echo.endpoint.description)
        }

        @Test("One gateway serves many listeners")
        func manyListeners() throws {
            let first = try ThreadedServer.named("first")
            let second = try ThreadedServer.named("other")
            let listeners = [
                try ListenerFile("tcp", to: first.endpoint),
                try ListenerFile("tcp", to: second.endpoint),
            ]
            let sluice = try SluiceProcess(GatewayFile(listeners[0], listeners[1]))

            let answers = try listeners.map {
                try Connection(to: $0.listen).receiveText(byteCount: 5)
            }
            #expect(answers == ["first", "other"])
            let logged = try sluice.accessLines(count: 2).map(\.listener)
            #expect(Set(logged) == Set(listeners.map(\.listen.description)))
        }
    }
}
