import Foundation
import Testing

extension IntegrationTests {
    /// The load generator against real servers. Counts and errors matter here, not speed.
    @Suite("sluice bench")
    struct BenchCommandTests {
        private let folder: TemporaryFolder

        init() throws {
            folder = try TemporaryFolder()
        }

        private func bench(
            _ arguments: [String],
            password: String? = nil
        ) throws -> CommandResult {
            try runProgram(
                Programs.sluice(),
                ["bench"] + arguments + ["--duration", "20s", "--warm-up", "0s"],
                environment: password.map { ["MYSQL_PWD": $0] } ?? [:]
            )
        }

        private func report(
            _ arguments: [String],
            password: String? = nil
        ) throws -> BenchReport {
            let result = try bench(arguments + ["--json"], password: password)
            #expect(result.status == 0, "\(result)")
            return try JSONDecoder().decode(BenchReport.self, from: Data(result.output.utf8))
        }

        @Test("HTTP through a gateway, over persistent connections and a new one for each request")
        func http() throws {
            let server = try NginxServer()
            let route = try Route(try ListenerFile("http", to: server.endpoint))
            for extra in [[], ["--new-connections"]] {
                let load = ["http", "http://\(route.listen)/", "-c", "4", "--operations", "200"]
                let target = try #require(try report(load + extra).targets.first)
                #expect(target.completed == 200)
                #expect(target.failed == 0)
                #expect(target.connect?.count == (extra.isEmpty ? 4 : 200))
                #expect(target.bytesReceived > 200 * 17)
            }
        }

        /// 50 rows of two columns.
        private static let rows = """
            WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 50) \
            SELECT i, repeat('x', 100) FROM n
            """

        @Test(
            "MySQL through a gateway: logins with a password, one for each query and few for many"
        )
        func mysql() throws {
            let database = try MariaDBServer.shared.get()
            try database.administer("CREATE OR REPLACE USER loaded@'%' IDENTIFIED BY 'swordfish'")
            let route = try Route(try ListenerFile("mysql", to: database.endpoint))
            let load = [
                "mysql", "mysql://loaded@\(route.listen)", "-c", "3", "--operations", "60",
                "--query", Self.rows,
            ]
            for extra in [[], ["--new-connections"], ["--queries-per-connection", "10"]] {
                let target = try #require(
                    try report(load + extra, password: "swordfish").targets.first
                )
                #expect(target.completed == 60)
                #expect(target.failed == 0, "\(target.failures)")
                #expect(target.bytesReceived > 60 * 50 * 100)
            }
        }

        @Test(
            "A wrong password ends the run after one attempt, with the server's message, and is not shown"
        )
        func wrongPassword() throws {
            let database = try MariaDBServer.shared.get()
            let result = try bench(
                ["mysql", "\(database.endpoint)", "--user", "nobody", "-c", "2"],
                password: "open-sesame"
            )
            #expect(result.status == 1)
            let words = "1 × server error (MySQL error 1045: Access denied for user 'nobody'"
            #expect(result.output.contains(words), "\(result.output)")
            #expect(result.output.contains("until an error that would affect every attempt"))
            #expect(result.output.contains("wrong user or password"))
            #expect(
                !result.output.contains("open-sesame")
                    && !result.errorOutput.contains("open-sesame")
            )
        }

        @Test("A statement with an error ends the run with the server's message")
        func wrongStatement() throws {
            let database = try MariaDBServer.shared.get()
            let result = try bench([
                "mysql", "\(database.endpoint)", "--user", "anyone", "-c", "1", "--operations",
                "30",
                "--query", "SELEC 1",
            ])
            #expect(result.status == 1)
            #expect(result.output.contains("1 × server error (MySQL error 1064"))
        }

        @Test("Connections that a gateway denies are failures, and the report names the limit")
        func denials() throws {
            let server = try NginxServer()
            let gateway = try Route(
                try ListenerFile("http", to: server.endpoint),
                settings: ["limits: { connectRatePerSource: 5 }"]
            )
            let connect = try bench([
                "connect", "http://\(gateway.listen)", "-c", "4", "--operations", "100", "--hold",
                "3s",
            ])
            #expect(connect.status == 1, "\(connect)")
            #expect(connect.output.contains("limits.connectRatePerSource"), "\(connect.output)")
            // Ten in a burst, and five in each second that the run may take.
            let admitted = try gateway.sluice.metrics().samples
                .filter { $0.name == "sluice_connections_admitted_total" }.map(\.value)
            let counted = try #require(connect.output.firstMatch(of: /connections\s+(\d+)/))
            #expect(Double(counted.1) ?? .infinity <= admitted.reduce(0, +))
            let http = try bench([
                "http", "http://\(gateway.listen)/", "-c", "2", "--operations", "100",
                "--new-connections",
            ])
            #expect(http.status == 1, "\(http)")
            #expect(http.errorOutput.contains("% failed ("), "\(http.errorOutput)")
            let tolerant = try bench([
                "http", "http://\(gateway.listen)/", "-c", "1", "--operations", "30",
                "--new-connections", "--rate", "20", "--max-error-rate", "99",
            ])
            #expect(tolerant.status == 0, "\(tolerant)")
        }

        @Test("A MySQL greeting is what counts as a connection, and a denial is not one")
        func connectToMySQL() throws {
            let database = try MariaDBServer.shared.get()
            let target = try #require(
                try report([
                    "connect", "mysql://\(database.endpoint)", "-c", "2", "--operations", "20",
                ])
                .targets.first
            )
            #expect(target.completed == 20)
            let route = try Route(
                try ListenerFile("mysql", to: database.endpoint, settings: ["reject: error"]),
                whitelist: "{ mode: specific, entries: [ { cidr: 192.0.2.1/32 } ] }"
            )
            let denied = try bench(["connect", "mysql://\(route.listen)", "--operations", "20"])
            #expect(denied.status == 1)
            #expect(denied.output.contains("20 × server error (MySQL error 1130: "), "\(denied)")
            #expect(denied.output.contains("the gateway's whitelist"), "\(denied)")
        }

        @Test("PROXY headers name made-up clients, which the gateway believes and logs")
        func proxyHeaders() throws {
            let server = try NginxServer()
            let listener = try ListenerFile(
                "http",
                to: server.endpoint,
                settings: ["proxyProtocol: { accept: required, trusted: [127.0.0.0/8] }"]
            )
            let route = try Route(listener)
            let list = try folder.write("192.0.2.64/31\n2001:db8::7\n", to: "clients.cidrs")
            let target = try #require(
                try report([
                    "http", "\(route.listen)", "-c", "4", "--operations", "40", "--proxy-v2",
                    "--clients", list,
                ]).targets.first
            )
            #expect(target.completed == 40)
            let lines = try route.sluice.accessLines(count: 4)
            let clients = lines.map(\.clientHost).sorted()
            #expect(clients == ["192.0.2.64", "192.0.2.65", "2001:db8::7", "2001:db8::7"])
        }

        @Test("A comparison runs every target in each round and writes a page")
        func compare() throws {
            let server = try NginxServer()
            let route = try Route(try ListenerFile("http", to: server.endpoint))
            let page = "\(folder.path)/report.html"
            let result = try report([
                "http", "--compare", "direct=\(server.endpoint)", "sluice=\(route.listen)",
                "--rounds", "3", "--operations", "50", "-c", "2",
                "--pid", "sluice=\(route.sluice.process.identifier)", "--html", page,
            ])
            #expect(result.targets.map(\.name) == ["direct", "sluice"])
            #expect(result.targets.map(\.completed) == [150, 150])
            #expect(result.targets[0].ratios == nil)
            #expect(result.targets[1].ratios?["operationsPerSecond"]?.reference == "direct")
            #expect(result.targets[1].processes.count == 1)
            let html = try String(contentsOfFile: page, encoding: .utf8)
            #expect(html.contains("<svg") && html.contains("sluice"))
        }

        @Test("Idle connections are held, and the report shows what each costs the gateway")
        func idle() throws {
            let server = try NginxServer()
            let route = try Route(try ListenerFile("http", to: server.endpoint))
            let result = try runProgram(
                Programs.sluice(),
                [
                    "bench", "idle", "\(route.listen)", "-c", "200", "--warm-up", "2s",
                    "--duration", "1s", "--pid", "\(route.sluice.process.identifier)", "--json",
                ]
            )
            let report = try JSONDecoder().decode(BenchReport.self, from: Data(result.output.utf8))
            #expect(report.targets.first?.openConnections == 200)
            #expect(report.targets.first?.processes.first?.bytesPerConnection != nil)
        }

        @Test(
            "Invalid arguments are rejected with a remedy",
            arguments: [
                (["http"], "Specify one target"),
                (["http", "nowhere"], "missing port in target"),
                (["http", "https://127.0.0.1"], "HTTPS is not supported"),
                (["http", "mysql://127.0.0.1"], "does not support mysql:// targets (use http://"),
                (["http", "http://127.0.0.1:1/a", "--path", "/b"], "not both"),
                (["mysql", "mysql://a:secret@127.0.0.1"], "use --password-file or MYSQL_PWD"),
                (["mysql", "mysql://a@127.0.0.1", "--user", "b"], "not both"),
                (["connect", "mysql://127.0.0.1", "--hold", "1s"], "--hold has no effect"),
                (["http", "127.0.0.1:1", "--max-error-rate", "101"], "from 0 to 100"),
                (["http", "--compare", "a=127.0.0.1:1"], "at least two targets"),
                (["http", "127.0.0.1:1", "-c", "1", "-t", "2"], "at least one connection"),
                (["http", "127.0.0.1:1", "--path", "x"], "must begin with a slash"),
                (
                    ["http", "127.0.0.1:1", "--clients", "10.0.0.0/8"],
                    "--clients requires --proxy-v2"
                ),
                (["http", "127.0.0.1:1", "--duration", "5"], "invalid duration \"5\""),
                (["http", "127.0.0.1:1", "--pid", "999999999"], "no such process"),
                (["mysql", "127.0.0.1:1"], "--user"),
                (["idle", "127.0.0.1:1", "--rate", "5"], "idle has no operations"),
                (["http", "127.0.0.1:0"], "expected 1 to 65535"),
                (
                    ["http", "127.0.0.1:1", "--html", "/nowhere/x.html"],
                    "the directory /nowhere does not exist"
                ),
                (["http", "127.0.0.1:1", "--header", "Content-Length: 1"], "use --body"),
                (["http", "127.0.0.1:1", "--body", "/nowhere"], "Usage: sluice bench http"),
                (["http", "127.0.0.1:1", "--pid", "999999999"], "Usage: sluice bench http"),
            ]
        )
        func badArguments(arguments: [String], words: String) throws {
            let result = try runProgram(Programs.sluice(), ["bench"] + arguments)
            #expect(result.status == 64, "\(result)")
            #expect(result.errorOutput.contains(words), "\(result.errorOutput)")
        }

        @Test("More connections than open files allowed are rejected with a remedy")
        func tooManyConnections() throws {
            let command = "ulimit -n 200; \(try Programs.sluice()) bench http 127.0.0.1:1 -c 300"
            let result = try runProgram("/bin/bash", ["-c", command])
            #expect(result.status == 64)
            #expect(result.errorOutput.contains("raise it (ulimit -n)"), "\(result.errorOutput)")
        }

        @Test("With a limit of operations there is no warm-up, and the heading shows how it ended")
        func limit() throws {
            let server = try NginxServer()
            let result = try runProgram(
                Programs.sluice(),
                ["bench", "http", "\(server.endpoint)", "-c", "2", "--operations", "100"]
            )
            #expect(result.status == 0, "\(result)")
            #expect(result.output.contains("100 requests or 10 s"))
            #expect(result.output.contains("until all operations were completed"))
        }

        @Test("A comparison of held connections shows what each costs at each target")
        func compareIdle() throws {
            let server = try NginxServer()
            let route = try Route(try ListenerFile("http", to: server.endpoint))
            let process = "sluice=\(route.sluice.process.identifier)"
            let result = try runProgram(
                Programs.sluice(),
                [
                    "bench", "idle", "--compare", "direct=\(server.endpoint)",
                    "sluice=\(route.listen)", "-c", "50", "--warm-up", "1s", "--duration", "1s",
                    "--rounds", "2", "--pid", process,
                ]
            )
            #expect(result.status == 0, "\(result)")
            for words in [
                "held", "resident", "anonymous", "per connection", "the last of 2 rounds",
            ] {
                #expect(result.output.contains(words), "\(result.output)")
            }
        }

        @Test("A password may come from a pipe")
        func passwordFromPipe() throws {
            let database = try MariaDBServer.shared.get()
            try database.administer("CREATE OR REPLACE USER piped@'%' IDENTIFIED BY 'swordfish'")
            let load = "-c 1 --operations 3 --user piped --password-file <(echo swordfish)"
            let command = "\(try Programs.sluice()) bench mysql \(database.endpoint) \(load)"
            let result = try runProgram("/bin/bash", ["-c", command])
            #expect(result.status == 0, "\(result)")
        }

        @Test("If nothing listens, it reports that and fails without waiting for the end")
        func nobody() throws {
            let result = try bench(["http", "\(try Endpoint.free())", "-c", "2"])
            #expect(result.status == 1)
            #expect(result.output.contains("1 × connection refused"), "\(result.output)")
        }
    }
}

/// The keys of the JSON report on which its readers rely.
private struct BenchReport: Decodable {
    struct Latency: Decodable { var count: Int }
    struct Failure: Decodable { var kind: String; var count: Int }
    struct Ratio: Decodable { var value, lowest, highest: Double; var reference: String }
    struct Process: Decodable { var bytesPerConnection: Double? }
    struct Target: Decodable {
        var name: String
        var completed: Int
        var failed: Int
        var failures: [Failure]
        var bytesReceived: Int
        var openConnections: Int
        var latency, connect: Latency?
        var ratios: [String: Ratio]?
        var processes: [Process]
    }

    var targets: [Target]
}
