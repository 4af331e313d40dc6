import Testing

extension IntegrationTests {
    /// Another name server that has the gateway's names: BIND.
    @Suite("Names on another name server")
    struct NameServerUpdateTests {
        private let listener: ListenerFile

        init() throws {
            listener = try ListenerFile("tcp", to: .free())
        }

        private func file(_ keys: String, label: String? = nil) -> GatewayFile {
            var file = GatewayFile(
                listener,
                settings: [
                    "domain: gw.example", "dns: { nameServers: [ ns.gw2.example ], \(keys) }",
                ]
            )
            if let label { file.warehouse = ["label: \(label)"] }
            return file
        }

        private func update(_ server: BINDServer, key: String? = nil) -> String {
            "update: { server: \"\(server.endpoint)\", keyFile: \(key ?? server.keyFile) }"
        }

        @Test(
            "Names are sent at the start and when they change, signed",
            arguments: ["hmac-sha256", "hmac-sha512"]
        )
        func update(algorithm: String) throws {
            let server = try BINDServer(
                "gw.example",
                zone: BINDServer.emptyZone("gw.example"),
                algorithm: algorithm
            )
            let sluice = try SluiceProcess(file(update(server)))
            try wait(for: "the name; \(server.log)\(sluice.operatorLog)") {
                try Dig.ask("whtest.gw.example", at: server.endpoint).values == ["127.0.0.1"]
            }
            try sluice.reload(to: file(update(server), label: "sales"))
            try wait(for: "the new name; \(server.log)\(sluice.operatorLog)") {
                try Dig.ask("sales.gw.example", at: server.endpoint).values == ["127.0.0.1"]
            }
            #expect(try Dig.ask("whtest.gw.example", at: server.endpoint).code == "NXDOMAIN")
            // What is not ours stays.
            #expect(try Dig.ask("ns.gw.example", at: server.endpoint).values == ["192.0.2.53"])
            let result = try sluice.command("dns", "update")
            #expect(result.output == "name server \(server.endpoint) updated: 1 name\n")
        }

        @Test("Another secret, and a zone that the server does not have, are errors that say so")
        func failures() throws {
            let server = try BINDServer("gw.example", zone: BINDServer.emptyZone("gw.example"))
            let other = try BINDServer("other.example", zone: BINDServer.emptyZone("other.example"))
            let sluice = try SluiceProcess(file(update(server, key: other.keyFile)))
            try wait(for: "the failure; \(sluice.operatorLog)") {
                sluice.operatorLog.contains("has another secret for this key (BADSIG)")
            }
            try wait(for: "the failure in the status") {
                try sluice.command("status").output.contains("is not up to date")
            }
            try sluice.reload(to: file(update(other)))
            try wait(for: "the failure; \(sluice.operatorLog)") {
                sluice.operatorLog.contains("(NOTAUTH")
            }
            let result = try sluice.command("dns", "update")
            #expect(result.status == 1 && result.errorOutput.contains("NOTAUTH"))
        }

        @Test("A key file that others can read is not used")
        func openKey() throws {
            let server = try BINDServer("gw.example", zone: BINDServer.emptyZone("gw.example"))
            _ = try runProgram("chmod", ["644", server.keyFile])
            let sluice = try SluiceProcess(file(update(server)))
            try wait(for: "the failure; \(sluice.operatorLog)") {
                sluice.operatorLog.contains("others can read or change")
            }
            #expect(try Dig.ask("whtest.gw.example", at: server.endpoint).code == "NXDOMAIN")
        }

        @Test("A server that comes later gets the names then")
        func lateServer() throws {
            let server = try BINDServer("gw.example", zone: BINDServer.emptyZone("gw.example"))
            let free = try Endpoint.free()
            let keys = "update: { server: \"\(free)\", keyFile: \(server.keyFile) }"
            let sluice = try SluiceProcess(file(keys))
            try wait(for: "the failure; \(sluice.operatorLog)") {
                sluice.operatorLog.contains("cannot reach it: connection refused")
            }
            try sluice.reload(to: file(update(server)))
            try wait(for: "the name; \(sluice.operatorLog)") {
                try Dig.ask("whtest.gw.example", at: server.endpoint).values == ["127.0.0.1"]
            }
        }

        @Test("The zone file is one that BIND serves, with the same answers")
        func zoneFile() throws {
            let server = try Endpoint.free()
            let sluice = try SluiceProcess(
                file("listen: \"\(server)\", caa: [ ca.example ]", label: "sales")
            )
            let zone = try sluice.command("dns", "zone").output
            let offline = try runProgram(
                Programs.sluice(),
                ["dns", "zone", "--offline", "--config", sluice.configurationPath]
            )
            #expect(offline.status == 0 && offline.output.contains("sales.gw.example. 60 IN A"))
            let bind = try BINDServer("gw.example", zone: zone)
            for (name, type) in [
                ("sales.gw.example", "A"), ("gw.example", "NS"), ("gw.example", "CAA"),
                ("gw.example", "SOA"), ("no.gw.example", "A"),
            ] {
                let own = try Dig.ask(name, type, at: server)
                let other = try Dig.ask(name, type, at: bind.endpoint)
                #expect(own.answers == other.answers && own.code == other.code, "\(name) \(type)")
                #expect(own.flags == other.flags, "\(name) \(type)")
            }
        }
    }
}
