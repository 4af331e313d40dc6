import Foundation
import Glibc
import Testing

extension IntegrationTests {
    /// The gateway logs in to backends itself, as a warehouse's administrator: as encrypted as its
    /// clients' connections.
    @Suite("The administrator's login and TLS")
    struct AdministratorLoginTests {
        private static let password = "administrator-1"

        /// Two servers of one warehouse, which serve TLS only, behind a listener that greets.
        private struct Site {
            let servers: [MariaDBServer]
            let sluice: SluiceProcess
            let listen: Endpoint
            let folder: TemporaryFolder

            /// - Parameter isTrusted: whether the gateway knows the servers' authority.
            init(isTrusted: Bool = true) throws {
                let authority = try CertificateAuthority("Warehouses' Authority")
                let certificate = try authority.issue("fe.internal")
                let known = isTrusted ? authority : try CertificateAuthority("Another Authority")
                servers = try (0..<2).map { _ in
                    try MariaDBServer(options: [
                        "--skip-name-resolve", "--require-secure-transport=ON", "--userstat=ON",
                        "--ssl-cert=\(certificate.certificate)", "--ssl-key=\(certificate.key)",
                    ])
                }
                for server in servers {
                    try server.administer(
                        """
                        CREATE USER app@'%' IDENTIFIED BY 'secret';
                        CREATE USER boss@'%' IDENTIFIED BY '\(password)';
                        GRANT ALL ON *.* TO boss@'%';
                        """
                    )
                }
                folder = try TemporaryFolder()
                let path = try folder.write("\(password)\n", to: "password")
                try FileManager.default.setAttributes(
                    [.posixPermissions: 0o600],
                    ofItemAtPath: path
                )
                listen = try .free()
                var file = GatewayFile()
                file.hasFirst = false
                file.logLevel = "trace"
                file.settings = [
                    "listeners:", "  - protocol: mysql", "    listen: \"\(listen)\"",
                    "    routes: [ { userSuffix: WHTEST, warehouse: WHTEST } ]",
                ]
                let backends = servers.map { "\"\($0.endpoint)\"" }.joined(separator: ", ")
                file.others = [
                    WarehouseFile(
                        id: "WHTEST",
                        whitelist: "{ mode: anywhere }",
                        settings: [
                            "adminLogin: { user: boss, passwordFile: \(path) }", "services:",
                            "  mysql:", "    backends: [ \(backends) ]",
                            // Otherwise a server that is not trusted is not asked at all.
                            "    healthCheck: \(isTrusted ? "mysql" : "off")",
                            "    backendTLS: { authorities: \"\(known.certificate)\","
                                + " serverName: fe.internal }",
                        ],
                        listeners: []
                    )
                ]
                sluice = try SluiceProcess(file)
                guard isTrusted else { return }
                for server in servers { try sluice.waitUntil(server.endpoint, is: "healthy") }
            }

            /// A client's arguments, for a statement.
            func client(_ statement: String) -> [String] {
                [
                    "--no-defaults", "--batch", "--protocol=TCP", "--host=\(listen.host)",
                    "--port=\(listen.port)", "--user=app@WHTEST", "--password=secret",
                    "--skip-ssl", "--execute=\(statement)",
                ]
            }

            func set(_ password: String) throws -> Curl.Answer {
                let management = sluice.management
                return try Curl.get(
                    "/v1/warehouses/WHTEST/settings/password",
                    at: management,
                    [
                        "--unix-socket",
                        "/run/sluice/\(management.host)-\(management.port).sock",
                        "--data", #"{"newPassword":"\#(password)"}"#,
                    ]
                )
            }

            /// The administrator's logins at all servers, and how many of them used TLS.
            func logins() throws -> [Int] {
                let query =
                    "SELECT COALESCE(SUM(total_connections), 0),"
                    + " COALESCE(SUM(total_ssl_connections), 0)"
                    + " FROM information_schema.user_statistics WHERE user = 'boss'"
                return try servers.reduce(into: [0, 0]) { sums, server in
                    let numbers = try server.administer(query)
                        .split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
                    try #require(numbers.count == 2)
                    sums = [sums[0] + numbers[0], sums[1] + numbers[1]]
                }
            }
        }

        @Test("A KILL reaches a session at another server, over TLS only")
        func kill() throws {
            let site = try Site()
            let client = try ChildProcess(
                "mariadb",
                site.client("SELECT SLEEP(60)"),
                folder: try TemporaryFolder()
            )
            let query =
                "SELECT COUNT(*) FROM information_schema.processlist"
                + " WHERE info LIKE 'SELECT SLEEP(60)%'"
            func sleeping() throws -> Bool {
                try site.servers.contains { try $0.administer(query) == "1\n" }
            }
            try wait(for: "a running query") { try sleeping() }
            // The client's second connection leads to the server with fewer of them.
            client.signal(SIGINT)
            _ = try client.waitUntilExit()
            try wait(for: "the end of the query") { try !sleeping() }
            let backends = Set(try site.sluice.accessLines(count: 2).compactMap(\.backend))
            #expect(backends.count == 2, "\(backends)")
            try wait(for: "the administrator's login") { try site.logins() == [1, 1] }
            #expect(!site.sluice.operatorLog.contains("cannot end a session"))
        }

        private struct Kills: Decodable {
            var killers: [String]
            var isAlive: Bool
        }

        @Test("A session that has logged in again as somebody else is not its old user's to kill")
        func changedUser() throws {
            let site = try Site()
            let result = try runProgram(
                Programs.testFile("../.build/drivers/bin/python"),
                [
                    Programs.testFile("TLSClients/drivers.py"), "kill_changed", "connector",
                    site.listen.host, "\(site.listen.port)", "app@WHTEST", "secret", "-",
                    "boss@WHTEST", Self.password,
                ],
                within: .seconds(60)
            )
            try #require(result.status == 0, "\(result.errorOutput)")
            let kills = try JSONDecoder().decode(Kills.self, from: Data(result.output.utf8))
            #expect(kills.killers == Array(repeating: "1094", count: 4), "Unknown thread")
            #expect(kills.isAlive)
            #expect(try site.logins()[0] <= 1, "no administrator has killed it")
        }

        @Test("The password is set over TLS")
        func password() throws {
            let site = try Site()
            let answer = try site.set("another-secret-2")
            #expect(answer.status == 200, "\(answer.body)")
            let (all, secure) = (try site.logins()[0], try site.logins()[1])
            #expect(all >= 2 && secure == all, "the change, and its verification")
            let file = try String(contentsOfFile: "\(site.folder.path)/password", encoding: .utf8)
            #expect(file == "another-secret-2\n")
        }

        @Test("A server that cannot be verified is sent neither a password nor a proof of it")
        func untrusted() throws {
            let site = try Site(isTrusted: false)
            let answer = try site.set("another-secret-2")
            #expect(answer.status == 503 && answer.body.contains("TLS"), "\(answer)")
            #expect(try site.logins() == [0, 0])
            let file = try String(contentsOfFile: "\(site.folder.path)/password", encoding: .utf8)
            #expect(file == "\(Self.password)\n")
        }
    }
}
