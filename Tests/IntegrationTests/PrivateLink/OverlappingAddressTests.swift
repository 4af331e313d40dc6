import Glibc
import Testing

extension IntegrationTests {
    /// Consumers' VPCs use the same private addresses; each has an address of the gateway in it.
    @Suite("Consumers with the same address", .onlyWithNetworks)
    struct OverlappingAddressTests {
        private let site: PrivateLinkSite

        init() throws {
            site = try PrivateLinkSite.shared.get()
        }

        /// Consumer a's endpoint leads to a warehouse that admits 10.1.0.10, consumer b's to one
        /// that does not.
        private func file() throws -> GatewayFile {
            var file = GatewayFile(
                try site.listener("mysql", at: site.a, to: site.mysql),
                try site.listener("http", at: site.a, to: site.http),
                whitelist: "{ mode: specific, entries: [ { cidr: 10.1.0.10/32 } ] }"
            )
            file.others = [
                WarehouseFile(
                    id: "WHOTHER",
                    whitelist: "{ mode: specific, entries: [ { cidr: 10.1.0.11/32 } ] }",
                    listeners: [
                        try site.listener("mysql", at: site.b, to: site.mysql),
                        try site.listener("http", at: site.b, to: site.http),
                    ]
                )
            ]
            return file
        }

        @Test(
            "A MySQL client is judged by the endpoint at which it comes, not by its address alone"
        )
        func mysql() throws {
            let file = try file()
            let sluice = try site.start(file)
            let admitted = try site.a.inside {
                try MySQLClient.query("SELECT 6 * 7", at: file.listeners[0].listen)
            }
            #expect(admitted.output == "42\n", "\(admitted.errorOutput)")
            let denied = try site.b.inside {
                try MySQLClient.query("SELECT 6 * 7", at: file.others[0].listeners[0].listen)
            }
            #expect(denied.output.isEmpty)
            #expect(denied.errorOutput.contains("1130"), "\(denied.errorOutput)")
            #expect(denied.errorOutput.contains("'10.1.0.10'"), "\(denied.errorOutput)")
            try expectOneOfEach(in: sluice)
        }

        @Test("An HTTP client is judged by the endpoint at which it comes")
        func http() throws {
            let file = try file()
            let sluice = try site.start(file)
            let admitted = try site.a.inside { try Curl.get(at: file.listeners[1].listen) }
            #expect(admitted.status == 200)
            #expect(admitted.body.contains("hello from nginx"))
            let denied = try site.b.inside {
                try Curl.get(at: file.others[0].listeners[1].listen)
            }
            #expect(denied.status == 403)
            #expect(!denied.body.contains("hello from nginx"))
            try expectOneOfEach(in: sluice)
        }

        /// One line for the client of each warehouse, both of the same address.
        private func expectOneOfEach(in sluice: SluiceProcess) throws {
            let lines = try sluice.accessLines(count: 2)
            #expect(lines.count == 2)
            #expect(lines.allSatisfy { $0.clientHost == ConsumerNetwork.client })
            let admitted = lines.first { $0.warehouse == "WHTEST" }
            #expect(admitted?.verdict == "allow")
            #expect(admitted?.rule == "10.1.0.10/32")
            let denied = lines.first { $0.warehouse == "WHOTHER" }
            #expect(denied?.verdict == "deny")
            #expect(denied?.reason == "notInWhitelist")
        }

        @Test("From another consumer's network, an endpoint's address seems unused")
        func foreignEndpoint() throws {
            let file = try file()
            let sluice = try site.start(file)
            let listen = file.listeners[1].listen
            let failure = #expect(throws: SocketError.self) {
                try site.b.inside { try Connection(to: listen) }
            }
            #expect(failure?.code == EHOSTUNREACH)
            #expect(try site.a.inside { try Curl.get(at: listen) }.status == 200)
            #expect(try sluice.accessLines(count: 1).count == 1)
        }
    }
}
