import Foundation
import Testing

extension IntegrationTests {
    /// Each example is run as it is printed, with the files that it names in the current folder. Only
    /// the password is put in.
    @Suite("Connection examples that work as printed", .onlyWithNetworks)
    struct ConnectionExampleTests {
        private struct Answer: Decodable {
            var host: String
            var examples: [Example]
            var unavailable: [Unavailable]
        }

        private struct Example: Decodable {
            var client: String
            var copyText: String
        }

        private struct Unavailable: Decodable {
            var client: String
            var reason: String
        }

        /// A listener of its own for a warehouse, and another warehouse that answers nobody.
        struct Shape: Sendable, CustomStringConvertible {
            var id: String
            var service: String
            var tls: String
            /// Of the warehouse, without it.
            var routes: [String]
            /// Where all others go; `nil` if nowhere.
            var others: String? = "default: true"
            /// Clients that have no way, of those that are known here.
            var unavailable: [String] = []

            var description: String { id }
            var name: String { "\(id).gw.example" }
        }

        static let shapes = [
            Shape(id: "suffix", service: "mysql", tls: "off", routes: ["userSuffix: suffix"]),
            Shape(
                id: "names",
                service: "mysql",
                tls: "on",
                routes: ["serverName: names.gw.example"],
                unavailable: ["mariadb"]
            ),
            Shape(
                id: "both",
                service: "mysql",
                tls: "required",
                routes: ["serverName: both.gw.example", "userSuffix: both"],
                others: "serverName: nothing.gw.example"
            ),
            Shape(
                id: "database",
                service: "mysql",
                tls: "required",
                routes: ["database: information_schema"]
            ),
            Shape(
                id: "attribute",
                service: "mysql",
                tls: "on",
                routes: ["attribute: here"],
                unavailable: ["mysql", "mariadb", "url", "pymysql"]
            ),
            Shape(
                id: "everyone",
                service: "mysql",
                tls: "on",
                routes: ["default: true"],
                others: nil
            ),
            Shape(
                id: "certificate",
                service: "mysql",
                tls: "{ mode: required, clientCertificates: { mode: required, authorities: CA } }",
                routes: ["userSuffix: certificate"]
            ),
            Shape(
                id: "host",
                service: "http",
                tls: "off",
                routes: ["host: host.gw.example"]
            ),
            Shape(
                id: "secure",
                service: "http",
                tls: "required",
                routes: ["serverName: secure.gw.example"]
            ),
            Shape(
                id: "offered",
                service: "http",
                tls: "on",
                routes: ["serverName: offered.gw.example", "host: offered.gw.example"]
            ),
        ]

        private static let site = Result { try Site() }

        @Test("Every client that is at hand connects, and the others have none", arguments: shapes)
        func shape(shape: Shape) throws {
            let site = try Self.site.get()
            let answer: Answer = try site.sluice.get(
                "/v1/warehouses/\(shape.id)/connection-examples?user=anyone"
            ).data()
            #expect(answer.host == shape.name)
            #expect(answer.unavailable.map(\.client) == shape.unavailable)
            #expect(!answer.examples.isEmpty)
            for example in answer.examples { try site.check(example.client, example.copyText) }
        }

        @Test("A private endpoint whose name no certificate has is reached, too")
        func endpoint() throws {
            let site = try Self.site.get()
            let answer: Answer = try site.sluice.get(
                "/v1/warehouses/private/connection-examples?link=private&user=anyone"
            ).data()
            #expect(answer.host == "office.private.gw.example")
            #expect(answer.unavailable.map(\.client) == ["go", "http", "stream-load", "webui"])
            for example in answer.examples { try site.check(example.client, example.copyText) }
        }

        @Test("explain leads clients where the listener does")
        func explained() throws {
            let site = try Self.site.get()
            func explain(_ words: String...) throws -> CommandResult {
                try runProgram(
                    Programs.sluice(),
                    [
                        "explain", "--management", "\(site.sluice.management)", "--source",
                        "127.0.0.1",
                    ] + words
                )
            }
            let address = try #require(site.listen["both"])
            let led = try explain("--user", "x@both", "--listener", "\(address)")
            #expect(led.status == 0, "\(led)")
            #expect(
                led.output.contains("tls required)  to warehouse both (userSuffix: both)"),
                "\(led)"
            )
            let name = try explain("--server-name", "both.gw.example", "--listener", "\(address)")
            #expect(name.output.contains("(serverName: both.gw.example)"), "\(name)")
            let unknown = try explain(
                "--server-name",
                "boht.gw.example",
                "--listener",
                "\(address)"
            )
            #expect(unknown.status == 1 && unknown.output.contains("unknownName"), "\(unknown)")
            let status = try runProgram(
                Programs.sluice(),
                ["status", "--management", "\(site.sluice.management)"]
            )
            #expect(status.output.contains("serverName: both.gw.example"), "\(status)")
            #expect(status.output.contains("required"), "\(status)")
        }
    }
}

extension IntegrationTests.ConnectionExampleTests {
    /// A gateway with a listener of each shape, and a client whose hosts file has their names.
    private struct Site {
        let sluice: SluiceProcess
        let listen: [String: Endpoint]
        private let database: MariaDBServer
        private let server: NginxServer
        private let nobody: Acceptor
        private let folder: TemporaryFolder

        init() throws {
            database = try MariaDBServer.shared.get()
            server = try NginxServer(#"return 200 "hello\n";"#)
            nobody = try Acceptor()
            folder = try TemporaryFolder()
            let authority = try CertificateAuthority.shared.get()
            let pair = try authority.issue("gw.example", names: ["DNS:*.gw.example"])
            let own = try authority.issue("client")
            for (from, to) in [
                (authority.certificate, "ca.pem"), (own.certificate, "client.pem"),
                (own.key, "client.key"),
            ] {
                try folder.write(String(contentsOfFile: from, encoding: .utf8), to: to)
            }
            try folder.write("1,2\n", to: "data.csv")
            let names =
                IntegrationTests.ConnectionExampleTests.shapes.map(\.name)
                + ["office.private.gw.example"]
            try folder.write(
                "127.0.0.1 localhost \(names.joined(separator: " "))\n",
                to: "hosts"
            )
            var listen: [String: Endpoint] = [:]
            for shape in IntegrationTests.ConnectionExampleTests.shapes {
                listen[shape.id] = try .free()
            }
            self.listen = listen
            let file = try Self.file(
                listen,
                pair,
                authority,
                database.endpoint,
                server.endpoint,
                nobody.endpoint
            )
            sluice = try SluiceProcess(file)
        }

        private static func file(
            _ listen: [String: Endpoint],
            _ pair: CertificateAuthority.Pair,
            _ authority: CertificateAuthority,
            _ database: Endpoint,
            _ server: Endpoint,
            _ nobody: Endpoint
        ) throws -> GatewayFile {
            var file = GatewayFile()
            file.hasFirst = false
            file.settings = TLSGate.settings([pair]) + ["listeners:"]
            for shape in IntegrationTests.ConnectionExampleTests.shapes {
                let address = try #require(listen[shape.id])
                let tls = shape.tls.replacing("CA", with: "\"\(authority.certificate)\"")
                file.settings += [
                    "  - protocol: \(shape.service)", "    listen: \"\(address)\"",
                    "    tls: \(tls)",
                ]
                if shape.service == "mysql" {
                    file.settings.append("    greeting: { attribute: warehouse }")
                }
                file.settings.append("    routes:")
                file.settings += shape.routes.map {
                    "      - { \($0), warehouse: \(shape.id) }"
                }
                if let others = shape.others {
                    file.settings.append("      - { \(others), warehouse: nothing }")
                }
            }
            file.others = IntegrationTests.ConnectionExampleTests.shapes.map { shape in
                let backend = shape.service == "mysql" ? database : server
                return WarehouseFile(
                    id: shape.id,
                    whitelist: "{ mode: anywhere }",
                    settings: [
                        "services:",
                        "  \(shape.service): { backends: [ \"\(backend)\" ], healthCheck: off }",
                    ],
                    listeners: []
                )
            }
            file.others.append(
                WarehouseFile(
                    id: "nothing",
                    whitelist: "{ mode: nowhere }",
                    settings: [
                        "services:",
                        "  mysql: { backends: [ \"\(nobody)\" ], healthCheck: off }",
                        "  http: { backends: [ \"\(nobody)\" ], healthCheck: off }",
                    ],
                    listeners: []
                )
            )
            let settings = ["endpoint: office", "tls: required"]
            var doors = [
                try ListenerFile("mysql", to: database, settings: settings),
                try ListenerFile("http", to: server, settings: settings),
            ]
            for index in doors.indices { doors[index].link = "private" }
            file.others.append(
                WarehouseFile(
                    id: "private",
                    whitelist: "{ mode: nowhere }",
                    settings: [
                        "endpoints:",
                        "  - { id: office, cloud: embedded, state: available }",
                    ],
                    listeners: doors
                )
            )
            return file
        }

        /// Runs an example if its client is at hand.
        func check(_ client: String, _ text: String) throws {
            let python = Programs.testFile("../.build/drivers/bin/python")
            switch client {
            case "mariadb":
                let words = " --password= --batch --skip-column-names -e 'SELECT 6*7'"
                let command = text.replacing(" -p", with: words, maxReplacements: 1)
                #expect(command != text)
                let result = try run("sh", ["-c", "exec \(command)"])
                #expect(result.output == "42\n", "\(text): \(result)")
            case "pymysql", "mysql-connector":
                let program = text.replacing("YOUR_PASSWORD", with: "")
                let result = try run(python, ["-c", program])
                #expect(result.output == "(1,)\n", "\(text): \(result)")
            case "stream-load":
                let command = text.replacing("curl", with: "curl -sS --noproxy '*'")
                    .replacing("-u anyone", with: "-u anyone:")
                let result = try run("sh", ["-c", command])
                #expect(result.output == "hello\n", "\(text): \(result)")
            case "http", "webui":
                let result = try run(
                    "curl",
                    ["-sS", "--noproxy", "*", "--cacert", "ca.pem", text]
                )
                #expect(result.output == "hello\n", "\(text): \(result)")
            default:
                break
            }
        }

        /// Runs a program in the folder, with its hosts file.
        private func run(_ program: String, _ arguments: [String]) throws -> CommandResult {
            let mount =
                "mount --bind '\(folder.path)/hosts' /etc/hosts && cd '\(folder.path)' && exec \"$@\""
            return try runProgram(
                "unshare",
                ["--mount", "sh", "-c", mount, "sh", program] + arguments,
                within: .seconds(60)
            )
        }
    }
}
