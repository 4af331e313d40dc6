import Foundation
import Testing

extension IntegrationTests {
    /// Clients are greeted before it is known which backend they will have: one that lacks what they
    /// were offered is reported.
    @Suite("Backends that lack what clients are greeted with")
    struct GreetingMismatchTests {
        /// A gateway that greets in front of a MariaDB without TLS.
        private func file(
            _ database: MariaDBServer,
            _ listen: Endpoint,
            greeting: String? = nil,
            service: [String] = []
        ) throws -> GatewayFile {
            var file = GatewayFile()
            file.hasFirst = false
            file.settings = [
                "listeners:", "  - protocol: mysql", "    listen: \"\(listen)\"",
                "    routes: [ { userSuffix: WHTEST, warehouse: WHTEST } ]",
            ]
            if let greeting {
                file.settings.append("    greeting: { serverVersion: \"\(greeting)\" }")
            }
            file.others = [
                WarehouseFile(
                    id: "WHTEST",
                    whitelist: "{ mode: anywhere }",
                    settings: [
                        "services:", "  mysql:", "    backends: [ \"\(database.endpoint)\" ]",
                    ] + service.map { "    \($0)" },
                    listeners: []
                )
            ]
            return file
        }

        /// The table of those that stand, which comes before that of those that have ended.
        private func notices(_ sluice: SluiceProcess) throws -> Substring {
            let output = try sluice.command("notices").output
            return output.prefix(
                upTo: output.firstRange(of: "ENDED")?.lowerBound ?? output.endIndex
            )
        }

        @Test("A health check finds them; the remedy in the notice ends it")
        func checked() throws {
            let database = try MariaDBServer(options: ["--skip-name-resolve", "--skip-ssl"])
            let listen = try Endpoint.free()
            let check = ["healthCheck: { interval: 200ms }"]
            let wrong = try file(
                database,
                listen,
                greeting: "8.0.36",
                service: check + ["backendTLS: { verify: false }"]
            )
            let sluice = try SluiceProcess(wrong)
            try wait(for: "a notice") { try notices(sluice).contains("is MariaDB (5.5.5-10.") }
            let notice = try notices(sluice)
            for part in [
                "WHTEST", "\(database.endpoint)", "\(listen)", "MySQL 8.0.36",
                "greeting.serverVersion", "does not offer TLS", "set backendTLS: off",
            ] {
                #expect(notice.contains(part), "\(part): \(notice)")
            }
            let start = "backend \(database.endpoint) (listener \(listen), warehouse WHTEST)"
            #expect(sluice.logs("\(start) is MariaDB (5.5.5-10."))
            // As the notice says.
            let version = try #require(
                notice.firstMatch(of: /greeting\.serverVersion to ([^ ,)]+)/)?.1
            )
            try sluice.reload(
                to: try file(database, listen, greeting: String(version), service: check)
            )
            try wait(for: "the end of the notice") {
                try !notices(sluice).contains("is MariaDB")
            }
            #expect(sluice.logs("\(start) has what clients are greeted with"))
        }

        @Test("A client's login finds those that no health check sees")
        func unchecked() throws {
            let database = try MariaDBServer.shared.get()
            let listen = try Endpoint.free()
            let sluice = try SluiceProcess(
                try file(database, listen, service: ["healthCheck: off"])
            )
            #expect(try !notices(sluice).contains("MariaDB"))
            let answer = try MySQLClient.query("SELECT 1", at: listen, user: "anyone@WHTEST")
            #expect(answer.output == "1\n", "\(answer)")
            try wait(for: "a notice") {
                try notices(sluice).contains("clients are greeted as Doris 5.7.99")
            }
            // With a check, clients are greeted as this server greets.
            try sluice.reload(
                to: try file(database, listen, service: ["healthCheck: { interval: 200ms }"])
            )
            try wait(for: "the end of the notice") {
                try !notices(sluice).contains("greeted as Doris")
            }
        }
    }
}
