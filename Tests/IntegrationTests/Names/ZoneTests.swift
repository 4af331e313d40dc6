import Testing

extension IntegrationTests {
    /// The gateway's own name server, asked by `dig` and by a resolver.
    @Suite("Names in the gateway's domain")
    struct ZoneTests {
        private let server: Endpoint
        private let listener: ListenerFile

        init() throws {
            server = try .free()
            listener = try ListenerFile("tcp", to: .free())
        }

        private func file(_ keys: [String] = [], warehouse: [String] = []) -> GatewayFile {
            let dns =
                [
                    "listen: \"\(server)\"",
                    "nameServers: [ { name: ns1.gw.example, addresses: [ 127.0.0.1 ] } ]",
                ] + keys
            var file = GatewayFile(
                listener,
                settings: ["domain: gw.example", "dns: { \(dns.joined(separator: ", ")) }"]
            )
            file.warehouse = warehouse
            return file
        }

        @Test("A warehouse's name has the address of its listener, over UDP and TCP")
        func warehouse() throws {
            let sluice = try SluiceProcess(file())
            for options in [[], ["+tcp"], ["+noedns"]] {
                let answer = try Dig.ask("WHtest.GW.example", at: server, options)
                #expect(answer.code == "NOERROR" && answer.flags.contains("aa"))
                #expect(answer.answers == ["WHtest.GW.example. 60 IN A 127.0.0.1"])
            }
            #expect(try sluice.command("dns").output.contains("whtest.gw.example"))
            #expect(try sluice.command("status").output.contains("answered on \(server)"))
        }

        @Test(
            "What does not exist is NXDOMAIN or NODATA with the SOA record, and other zones are refused"
        )
        func negative() throws {
            let sluice = try SluiceProcess(file(["caa: [ ca.example ]"]))
            let absent = try Dig.ask("no.gw.example", at: server)
            #expect(absent.code == "NXDOMAIN" && absent.authorities.count == 1)
            let empty = try Dig.ask("whtest.gw.example", "AAAA", at: server)
            #expect(empty.code == "NOERROR" && empty.answers == [] && empty.authorities.count == 1)
            #expect(try Dig.ask("example.com", at: server).code == "REFUSED")
            #expect(try Dig.ask("gw.example", "CAA", at: server).values == ["\"ca.example\""])
            #expect(try Dig.ask("gw.example", "NS", at: server).values == ["ns1.gw.example."])
            let transfer = try Dig.ask("gw.example", "AXFR", at: server)
            #expect(transfer.answers == [])
            let version = try Dig.ask("gw.example", at: server, ["+edns=1", "+noednsneg"])
            #expect(version.code == "BADVERS")
            // Counts follow what clients see.
            let count = #"sluice_dns_queries_total{code="NXDOMAIN",transport="udp",type="A"} 1"#
            try wait(for: count) {
                try sluice.get("/metrics").body.contains(count)
            }
        }

        @Test("A reload changes names at once, and the serial grows")
        func reload() throws {
            let sluice = try SluiceProcess(file())
            let before = try serial()
            try sluice.reload(to: file(warehouse: ["label: sales"]))
            try wait(for: "the new name") {
                try Dig.ask("sales.gw.example", at: server).values == ["127.0.0.1"]
            }
            #expect(try Dig.ask("whtest.gw.example", at: server).code == "NXDOMAIN")
            let after = try serial()
            #expect(after > before)
            try sluice.reload(to: file(warehouse: ["label: sales", "limits: { connections: 9 }"]))
            #expect(try serial() == after)
        }

        private func serial() throws -> Int {
            let soa = try Dig.ask("gw.example", "SOA", at: server)
            return Int(soa.answers.first?.split(separator: " ")[6] ?? "") ?? 0
        }

        @Test("An endpoint's name has an address for clients of its networks only")
        func networks() throws {
            let sluice = try SluiceProcess(
                file(
                    [
                        "networks: [ { clients: [ 127.0.0.2/32 ], addresses: [ 10.1.0.2 ] } ]",
                        "clientSubnetFrom: [ 127.0.0.3/32 ]",
                    ],
                    warehouse: [
                        "endpoints: [ { id: vpce-0123456789abcdef0, cloud: aws, state: available } ]"
                    ]
                )
            )
            let name = "vpce-0123456789abcdef0.whtest.gw.example"
            #expect(try Dig.ask(name, at: server, ["-b", "127.0.0.1"]).answers == [])
            #expect(try Dig.ask(name, at: server, ["-b", "127.0.0.2"]).values == ["10.1.0.2"])
            let subnet = ["-b", "127.0.0.3", "+subnet=127.0.0.2/32"]
            #expect(try Dig.ask(name, at: server, subnet).values == ["10.1.0.2"])
            let stranger = ["-b", "127.0.0.4", "+subnet=127.0.0.2/32"]
            #expect(try Dig.ask(name, at: server, stranger).answers == [])
            #expect(sluice.process.isRunning)
        }

        @Test("A resolver that forwards the zone finds its names, in its own spelling")
        func resolver() throws {
            let sluice = try SluiceProcess(file())
            let resolver = try UnboundResolver("gw.example", at: server)
            for _ in 0..<5 {
                #expect(
                    try Dig.ask("whtest.gw.example", at: resolver.endpoint).values == ["127.0.0.1"]
                )
            }
            #expect(try Dig.ask("no.gw.example", at: resolver.endpoint).code == "NXDOMAIN")
            #expect(sluice.process.isRunning)
        }

        @Test("The answer comes from the address that was asked, of all those of the machine")
        func everyAddress() throws {
            var file = file()
            let everywhere =
                "dns: { listen: \"0.0.0.0:\(server.port)\", nameServers: [ ns.elsewhere.example ] }"
            file.settings = ["domain: gw.example", everywhere]
            let sluice = try SluiceProcess(file)
            for host in ["127.0.0.1", "127.0.0.9"] {
                let answer = try Dig.ask("whtest.gw.example", at: Endpoint(host, server.port))
                #expect(answer.values == ["127.0.0.1"])
            }
            #expect(sluice.process.isRunning)
        }

        @Test("An address that is taken is an error at the start, and at a reload changes nothing")
        func takenAddress() throws {
            let sluice = try SluiceProcess(file())
            let other = try SluiceProcess(
                GatewayFile(
                    try ListenerFile("tcp", to: .free()),
                    settings: [
                        "domain: gw.example",
                        "dns: { listen: \"\(server)\", nameServers: [ ns.example ] }",
                    ]
                ),
                isAwaited: false
            )
            #expect(try other.process.waitUntilExit() != 0)
            #expect(other.logs("cannot listen on \(server) for DNS"))
            #expect(try Dig.ask("whtest.gw.example", at: server).values == ["127.0.0.1"])
            #expect(sluice.process.isRunning)
        }
    }
}
