import Testing

extension IntegrationTests {
    /// The gateway's own end of its connections to backends.
    @Suite("Local ports and addresses", .onlyWithNetworks)
    struct SourcePortTests {
        private let network: NetworkNamespace
        private let server: ThreadedServer

        init() throws {
            network = try NetworkNamespace()
            server = try network.inside { try .named("alive") }
        }

        /// A gateway that has two local ports for each pair of addresses, and its listener.
        private func gateway(_ settings: String...) throws -> Route {
            try network.inside {
                let listener = try ListenerFile(
                    "mysql",
                    to: server.endpoint,
                    settings: settings + ["reject: error"]
                )
                let route = try Route(listener)
                try network.set("ip_local_port_range", to: "40000 40001")
                return route
            }
        }

        /// Clients from addresses of their own, which have ports enough; what each is sent first.
        private func clients(_ count: Int, of route: Route) throws -> [(Connection, [UInt8])] {
            try (1...count).map { number in
                try network.inside {
                    let client = try Connection(to: route.listen, from: "127.0.9.\(number)")
                    return (client, try client.receive(exactly: 5))
                }
            }
        }

        private let alive = Array("alive".utf8)

        @Test("When local ports run out, clients get that reason, and the backend stays healthy")
        func exhaustion() throws {
            let route = try gateway()
            let served = try clients(2, of: route)
            #expect(served.allSatisfy { $0.1 == alive })
            for number in 3...8 {
                let bytes = try network.inside {
                    try Connection(to: route.listen, from: "127.0.9.\(number)").receiveToEnd().bytes
                }
                try #require(bytes.count > 7)
                #expect(Int(bytes[5]) | Int(bytes[6]) << 8 == 1040)
                #expect(String(decoding: bytes, as: UTF8.self).contains("no free port"))
            }
            let line = try route.sluice.accessLine { $0.verdict == "deny" }
            #expect(line.reason == "noSourcePort")
            #expect(route.sluice.logs("sourceAddresses"))
            let backend = try network.inside { try route.sluice.backend("\(server.endpoint)") }
            #expect(backend?.health == "healthy")
            #expect(backend?.connectFailures == 0)
        }

        @Test("Each source address has its own ports")
        func sourceAddresses() throws {
            let route = try gateway("sourceAddresses: [ 127.0.0.5, 127.0.0.6, 127.0.0.7 ]")
            let served = try clients(6, of: route)
            #expect(served.allSatisfy { $0.1 == alive })
            let refused = try network.inside {
                try Connection(to: route.listen, from: "127.0.9.9").receiveToEnd().bytes
            }
            #expect(String(decoding: refused, as: UTF8.self).contains("no free port"))
        }

        @Test("A source address that is not this machine's is rejected at startup")
        func foreignAddress() throws {
            let listener = try ListenerFile(
                "tcp",
                to: server.endpoint,
                settings: ["sourceAddresses: [ 192.0.2.77 ]"]
            )
            let folder = try TemporaryFolder()
            let text = GatewayFile(listener).text(management: try .free())
            let file = try folder.write(text, to: "sluice.yaml")
            let result = try network.inside {
                try runProgram(Programs.sluice(), ["serve", "--config", file])
            }
            #expect(result.status == 1)
            #expect(result.errorOutput.contains("source address 192.0.2.77"))
        }
    }
}
