import Foundation
import Glibc
import Testing

extension IntegrationTests {
    /// Two MariaDB servers behind one address and port, told apart by what a client sends.
    @Suite("MySQL by name", .onlyWithNetworks)
    struct MySQLNameTests {
        private let site: MySQLNameSite

        init() throws {
            site = try MySQLNameSite.shared.get()
        }

        // MARK: Clients

        /// The stock client, which sends no name, with the certificate verified.
        private func mariadb(
            _ user: String,
            _ password: String,
            _ statement: String = "SELECT @@port, CURRENT_USER()",
            host: String = "w1.gw.example",
            options arguments: [String] = []
        ) throws -> CommandResult {
            try site.run("mariadb", command(user, password, host, arguments) + ["-e", statement])
        }

        private func command(
            _ user: String,
            _ password: String,
            _ host: String = "w1.gw.example",
            _ arguments: [String] = []
        ) -> [String] {
            [
                "--no-defaults", "--batch", "--skip-column-names", "--protocol=TCP",
                "--host=\(host)", "--port=\(site.listen.port)", "--user=\(user)",
                "--password=\(password)", "--connect-timeout=20", "--ssl",
                "--ssl-ca=\(site.authority.certificate)", "--ssl-verify-server-cert",
            ] + arguments
        }

        private struct Visit: Decodable {
            var port: UInt16?
            var user: String?
            var error: Int?
            var text: String?
        }

        /// A driver of Python's, with the certificate verified.
        private func python<Result: Decodable>(
            _ command: String,
            _ driver: String,
            _ host: String,
            _ user: String,
            _ password: String,
            _ arguments: String...
        ) throws -> Result {
            let result = try site.run(
                Programs.testFile("../.build/drivers/bin/python"),
                [
                    Programs.testFile("TLSClients/drivers.py"), command, driver, host,
                    "\(site.listen.port)", user, password, site.authority.certificate,
                ] + arguments
            )
            guard result.status == 0 else { throw HarnessError(result.errorOutput) }
            return try JSONDecoder().decode(Result.self, from: Data(result.output.utf8))
        }

        private static let drivers = ["pymysql", "connector", "aiomysql"]

        // MARK: Routes

        @Test("Drivers that send a name reach its warehouse", arguments: drivers)
        func names(driver: String) throws {
            let one: Visit = try python("visit", driver, "w1.gw.example", "reader", "one")
            #expect(one.port == site.first.endpoint.port && one.user == "reader@%", "\(one)")
            let two: Visit = try python("visit", driver, "w2.gw.example", "reader", "two")
            #expect(two.port == site.second.endpoint.port, "\(two)")
            let wrong: Visit = try python("visit", driver, "w1.gw.example", "reader", "two")
            #expect(wrong.error == 1045, "\(wrong)")
            // The server's own text, with the address that it sees.
            let text = wrong.text ?? ""
            #expect(text.contains("Access denied for user 'reader'@'10.7.0.1'"), "\(text)")
            #expect(text.contains("using password: YES"), "\(text)")
            let line = try site.sluice.accessLine { $0.serverName == "w2.gw.example" }
            #expect(line.warehouse == "W2" && line.protocol == "mysql" && line.tls != nil)
        }

        @Test("Clients that send no name reach the warehouse of the user's suffix")
        func suffix() throws {
            for (user, password, server) in [
                ("reader@W1", "one", site.first), ("reader@w2", "two", site.second),
                ("modern@W2", "curve", site.second), ("secure@W2", "two", site.second),
            ] {
                let answer = try mariadb(user, password)
                let name = user.split(separator: "@")[0]
                #expect(answer.output == "\(server.endpoint.port)\t\(name)@%\n", "\(answer)")
            }
            for (user, password) in [("reader@W2", "one"), ("modern@W2", "bad")] {
                let answer = try mariadb(user, password)
                #expect(answer.errorOutput.contains("ERROR 1045 (28000)"), "\(answer)")
            }
            let empty = try site.run(
                "mariadb",
                command("nobody@W1", "").filter { $0 != "--password=" } + ["-e", "SELECT 1"]
            )
            #expect(empty.output == "1\n", "\(empty)")
        }

        @Test("… or of the database, or of a connection attribute")
        func claims() throws {
            let database = try mariadb("reader", "two", options: ["--database=sales"])
            #expect(database.output.hasPrefix("\(site.second.endpoint.port)\t"), "\(database)")
            for (value, password, server) in [
                ("one", "one", site.first), ("two", "two", site.second),
            ] {
                // By the address: a driver sends no name for it.
                let visit: Visit = try python(
                    "visit",
                    "connector",
                    MySQLNameSite.gateway,
                    "reader",
                    password,
                    "",
                    value
                )
                #expect(visit.port == server.endpoint.port, "\(visit)")
            }
        }

        @Test("What names no warehouse, or two, is denied with a sentence that helps")
        func denials() throws {
            let unknown: Visit = try python(
                "visit",
                "pymysql",
                "nothing.gw.example",
                "reader",
                "one"
            )
            #expect(unknown.text?.contains("no warehouse has the requested name") == true)
            let two: Visit = try python("visit", "pymysql", "w1.gw.example", "reader@W2", "two")
            #expect(two.text?.contains("lead to different warehouses") == true, "\(two)")
            let none = try mariadb("reader", "one")
            #expect(none.errorOutput.contains("which warehouse is meant"), "\(none)")
            let suffix = try mariadb("reader@W9", "one")
            #expect(suffix.errorOutput.contains("ERROR"), "\(suffix)")
            let reasons = ["unknownName", "contradictingNames", "noRoute"]
            for reason in reasons {
                let line = try site.sluice.accessLine { $0.reason == reason }
                #expect(line.verdict == "deny" && line.backend == nil)
            }
        }

        @Test("A user suffix whose route requires a certificate is denied without one, in words")
        func certificates() throws {
            let without = try mariadb("reader@W5", "one")
            #expect(without.errorOutput.contains("ERROR 1130"), "\(without)")
            #expect(without.errorOutput.contains("a client certificate is required"), "\(without)")
            let line = try site.sluice.accessLine { $0.reason == "clientCertificateRequired" }
            #expect(line.warehouse == "W5" && line.backend == nil && line.tls != nil)
            let reader = try site.readers.issue("reader")
            let shown = ["--ssl-cert=\(reader.certificate)", "--ssl-key=\(reader.key)"]
            let answer = try mariadb("reader@W5", "one", options: shown)
            #expect(answer.output == "\(site.first.endpoint.port)\treader@%\n", "\(answer)")
            let plain = try site.run(
                "mariadb",
                command("reader@W5", "one").filter { !$0.hasPrefix("--ssl") }
                    + ["--skip-ssl", "-e", "SELECT 1"]
            )
            #expect(plain.errorOutput.contains("a client certificate is required"), "\(plain)")
        }

        @Test("The name is verified by the client, and by the gateway towards its backend")
        func verification() throws {
            let byAddress = try mariadb("reader@W1", "one", host: MySQLNameSite.gateway)
            #expect(byAddress.status == 0, "\(byAddress)")
            let other = try CertificateAuthority("Another Authority")
            let distrust = try site.run(
                "mariadb",
                command("reader@W1", "one").map {
                    $0.hasPrefix("--ssl-ca=") ? "--ssl-ca=\(other.certificate)" : $0
                } + ["-e", "SELECT 1"]
            )
            #expect(distrust.status != 0 && distrust.errorOutput.contains("2026"), "\(distrust)")
            let cipher = try mariadb("reader@W2", "two", "SHOW STATUS LIKE 'Ssl_version'")
            #expect(cipher.output == "Ssl_version\tTLSv1.3\n", "\(cipher)")
            let plain = try mariadb("reader@W1", "one", "SHOW STATUS LIKE 'Ssl_version'")
            #expect(plain.output == "Ssl_version\t\n", "\(plain)")
        }

        @Test("A client without TLS is served where TLS is not required")
        func plain() throws {
            let answer = try site.run(
                "mariadb",
                command("reader@W1", "one").filter { !$0.hasPrefix("--ssl") }
                    + ["--skip-ssl", "-e", "SELECT 'plain'"]
            )
            #expect(answer.output == "plain\n", "\(answer)")
        }

        // MARK: Sessions

        @Test("Sessions are complete", arguments: ["w1", "w2"])
        func features(warehouse: String) throws {
            let password = warehouse == "w1" ? "one" : "two"
            let found: [String: Bool] = try python(
                "features",
                "connector",
                "\(warehouse).gw.example",
                "reader",
                password
            )
            #expect(found.count > 9 && found.allSatisfy { $0.value }, "\(found)")
        }

        @Test("A client that requests compression is served, and dumps are complete")
        func stockTools() throws {
            try site.second.administer("CREATE OR REPLACE TABLE sales.t (a INT, b LONGTEXT)")
            try site.second.administer(
                "INSERT INTO sales.t VALUES (1, REPEAT('x', 3000000)), (2, 'y')"
            )
            let compressed = try mariadb(
                "reader@W2",
                "two",
                "SELECT SUM(LENGTH(b)), MAX(b) FROM sales.t",
                options: ["--compress"]
            )
            #expect(compressed.output == "3000001\ty\n", "\(compressed)")
            for tool in ["mariadb-dump", "mysqldump"] {
                let dump = try site.run(
                    tool,
                    command("reader@W2", "two", "w1.gw.example", ["--max-allowed-packet=64M"])
                        .filter {
                            !["--batch", "--skip-column-names"].contains($0)
                                && !$0.hasPrefix("--connect-timeout")
                        } + ["sales", "t"]
                )
                #expect(
                    dump.status == 0 && dump.output.utf8.count > 3_000_000,
                    "\(dump.errorOutput)"
                )
                #expect(dump.output.contains("-- Dump completed"))
            }
        }

        // MARK: KILL

        private struct Kill: Decodable {
            var outcomes: [String?]
            var refused: [String]
            var isFast: Bool
            var isAlive: Bool
            var hasEnded: Bool
            var areDistinct: Bool
            var areSmall: Bool
        }

        @Test("KILL reaches the client's own session, and no other user's or warehouse's")
        func kill() throws {
            let found: Kill = try python(
                "kill",
                "pymysql",
                "w1.gw.example",
                "reader",
                "one",
                "w2.gw.example",
                "reader",
                "two",
                "w1.gw.example",
                "other",
                "one"
            )
            // 1317: the query was interrupted; 0: SLEEP has ended by itself.
            #expect(found.outcomes == ["1317", "0", "0"] || found.outcomes == ["1", "0", "0"])
            #expect(!found.refused.contains("killed"), "\(found)")
            #expect(
                found.isFast && found.isAlive && found.hasEnded && found.areDistinct
                    && found.areSmall,
                "\(found)"
            )
        }

        @Test("Ctrl-C in the client interrupts its own query")
        func interrupt() throws {
            let statement = ["-e", "SELECT SLEEP(60)"]
            let clients = try [("reader@W1", "one"), ("reader@W2", "two")].map {
                try site.start("mariadb", command($0.0, $0.1) + statement)
            }
            func sleeping(_ server: MariaDBServer) throws -> Bool {
                let query =
                    "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(60)%'"
                return try server.administer(query) == "1\n"
            }
            for server in [site.first, site.second] {
                try wait(for: "a running query") { try sleeping(server) }
            }
            clients[1].signal(SIGINT)
            _ = try clients[1].waitUntilExit()
            try wait(for: "the end of the query") { try !sleeping(site.second) }
            #expect(try sleeping(site.first))
            clients[0].signal(SIGINT)
            _ = try clients[0].waitUntilExit()
            try wait(for: "the end of the other query") { try !sleeping(site.first) }
        }

        private struct JavaVisit: Decodable {
            var port: UInt16
            var user: String
            var isCancelled: Bool
            var seconds: Double
            var isAlive: Bool
            /// Errors of MySQL; -1 for another.
            var wrongPassword: Int
            var wrongName: Int
        }

        @Test(
            "MariaDB Connector/J verifies the name, logs in by the suffix, and cancels its query",
            arguments: ["W1", "W2"]
        )
        func connectorJ(warehouse: String) throws {
            let isFirst = warehouse == "W1"
            let result = try site.run(
                "java",
                [
                    "-XX:TieredStopAtLevel=1", "-cp", "/usr/share/java/mariadb-java-client.jar",
                    Programs.testFile("TLSClients/ConnectorJ.java"), "w1.gw.example",
                    "elsewhere.example", "\(site.listen.port)", "reader@\(warehouse)",
                    isFirst ? "one" : "two", site.authority.certificate,
                ]
            )
            try #require(result.status == 0, "\(result)")
            let visit = try JSONDecoder().decode(JavaVisit.self, from: Data(result.output.utf8))
            let server = isFirst ? site.first : site.second
            #expect(visit.port == server.endpoint.port && visit.user == "reader@%", "\(visit)")
            #expect(visit.isCancelled && visit.seconds < 20 && visit.isAlive, "\(visit)")
            #expect(visit.wrongPassword == 1045 && visit.wrongName == -1, "\(visit)")
        }

        // MARK: Policy

        @Test("The chosen warehouse's whitelist denies over TLS, before its backend is dialed")
        func whitelist() throws {
            let byName: Visit = try python("visit", "connector", "w3.gw.example", "reader", "x")
            #expect(byName.text?.contains("is not allowed to connect") == true, "\(byName)")
            let bySuffix = try mariadb("reader@W3", "x")
            #expect(bySuffix.errorOutput.contains("is not allowed to connect"), "\(bySuffix)")
            #expect(!site.unreachable.isDialled(within: .milliseconds(200)))
            let line = try site.sluice.accessLine { $0.warehouse == "W3" }
            #expect(line.verdict == "deny" && line.tls != nil && line.backend == nil)
        }

        private struct Limit: Decodable {
            var text: String
            var isServed: Bool
        }

        @Test("Limits are those of the chosen warehouse")
        func limit() throws {
            let found: Limit = try python("limit", "pymysql", "w4.gw.example", "reader", "one")
            #expect(found.text.contains("oo many connections") && found.isServed, "\(found)")
        }

        // MARK: Attackers

        @Test("Clients that stop in the middle of a login are closed, and hold nothing")
        func crowd() throws {
            let before = site.sluice.descriptorCount
            // The request for TLS (§ Protocol::SSLRequest), and one with half a ClientHello.
            let request: [UInt8] =
                [32, 0, 0, 1, 0x85, 0xA6, 0x1A, 0, 0, 0, 0, 1, 45]
                + [UInt8](repeating: 0, count: 23)
            let openings = [[], request, request + [22, 3, 1, 2, 0, 1, 0]]
            let clients = try (0..<150).map { number in
                let client = try site.connect()
                try client.send(openings[number % 3])
                return client
            }
            try wait(for: "150 clients") { site.sluice.descriptorCount >= 150 }
            #expect(try mariadb("reader@W1", "one").status == 0)
            for client in clients {
                client.set(deadline: .seconds(40))
                _ = try client.receiveToEnd()
            }
            try wait(for: "\(before) descriptors") { site.sluice.descriptorCount <= before + 2 }
        }

        @Test("Malformed and oversized logins are refused without a crash")
        func malformed() throws {
            let huge = [UInt8](repeating: 0x41, count: 70_000)
            let packets: [[UInt8]] = [
                [0, 0, 0, 1], [1, 0, 0, 1, 0], [0xFF, 0xFF, 0xFF, 1] + huge,
                [32, 0, 0, 9] + [UInt8](repeating: 0, count: 32),
                [40, 0, 0, 1] + [UInt8](repeating: 0xFF, count: 40),
                // A login without TLS whose user never ends.
                [36, 0, 0, 1, 0x85, 0xA6, 0x0A, 0, 0, 0, 0, 1, 45]
                    + [UInt8](repeating: 0, count: 23) + [0x41, 0x41, 0x41, 0x41],
                Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8),
            ]
            for packet in packets {
                let client = try site.connect()
                try client.send(packet)
                client.finishSending()
                // The greeting, and mostly an error.
                let (bytes, _) = try client.receiveToEnd()
                #expect(bytes.count > 40, "\(packet.prefix(8))")
            }
            #expect(site.sluice.process.isRunning)
            #expect(try mariadb("reader@W1", "one").status == 0)
        }
    }
}
