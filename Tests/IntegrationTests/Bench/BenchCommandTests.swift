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

        @Test("HTTP through a gateway, over kept connections and a new one for each request")
        func http() throws {
            let server = try NginxServer()
            let route = try Route(try ListenerFile("http", to: server.endpoint))
            for extra in [[], ["--new-connections"]] {
                let load = ["http", "\(route.listen)", "-c", "4", "--operations", "200"]
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
                "mysql", "\(route.listen)", "--user", "loaded", "-c", "3", "--operations", "60",
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
            "A login that the server refuses is told in the server's words, and the password nowhere"
        )
        func wrongPassword() throws {
            let database = try MariaDBServer.shared.get()
            let result = try bench(
                ["mysql", "\(database.endpoint)", "--user", "nobody", "-c", "2"],
                password: "open-sesame"
            )
            #expect(result.status == 1)
            #expect(result.output.contains("MySQL error 1045: Access denied for user 'nobody'"))
            #expect(
                !result.output.contains("open-sesame")
                    && !result.errorOutput.contains("open-sesame")
            )
        }

        @Test("A statement that fails is counted as the server's error, and the connection is kept")
        func wrongStatement() throws {
            let database = try MariaDBServer.shared.get()
            let result = try bench([
                "mysql", "\(database.endpoint)", "--user", "anyone", "-c", "1", "--operations",
                "30",
                "--query", "SELEC 1",
            ])
            #expect(result.output.contains("30 × error of the server (MySQL error 1064"))
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
            #expect(result.targets[1].ratios?["operationsPerSecond"] != nil)
            #expect(result.targets[1].processes.count == 1)
            let html = try String(contentsOfFile: page, encoding: .utf8)
            #expect(html.contains("<svg") && html.contains("sluice"))
        }

        @Test("Idle connections are held, and what each costs the gateway is told")
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
            "Arguments that make no sense are refused with a remedy",
            arguments: [
                (["http"], "Give one target"),
                (["http", "--compare", "a=127.0.0.1:1"], "two targets at least"),
                (["http", "127.0.0.1:1", "-c", "1", "-t", "2"], "at least one connection"),
                (["http", "127.0.0.1:1", "--path", "x"], "begins with a slash"),
                (["http", "127.0.0.1:1", "--clients", "10.0.0.0/8"], "--clients needs --proxy-v2"),
                (["http", "127.0.0.1:1", "--duration", "5"], "is no time such as"),
                (["http", "127.0.0.1:1", "--pid", "999999999"], "There is no process"),
                (["http", "127.0.0.1:1", "-c", "900000"], "raise the limit"),
                (["mysql", "127.0.0.1:1"], "--user"),
                (["idle", "127.0.0.1:1", "--rate", "5"], "idle has no operations"),
                (["http", "127.0.0.1:0"], "a port of 1 to 65535"),
                (["http", "127.0.0.1:1", "--html", "/nowhere/x.html"], "no folder /nowhere"),
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

        @Test("A limit of operations does without a warm-up, and the heading says how it ended")
        func limit() throws {
            let server = try NginxServer()
            let result = try runProgram(
                Programs.sluice(),
                ["bench", "http", "\(server.endpoint)", "-c", "2", "--operations", "100"]
            )
            #expect(result.status == 0, "\(result)")
            #expect(result.output.contains("100 requests or 10 s"))
            #expect(result.output.contains("until as many were done as asked for"))
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
            for words in ["held", "resident", "anonymous", "a connection", "the last of 2 rounds"] {
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

        @Test("Where nobody listens it says so, and fails without waiting for the end")
        func nobody() throws {
            let result = try bench(["http", "\(try Endpoint.free())", "-c", "2"])
            #expect(result.status == 1)
            #expect(result.output.contains("connection refused"))
        }
    }
}

/// The keys of the JSON report on which its readers rely.
private struct BenchReport: Decodable {
    struct Latency: Decodable { var count: Int }
    struct Failure: Decodable { var kind: String; var count: Int }
    struct Spread: Decodable { var median, lowest, highest: Double }
    struct Process: Decodable { var bytesPerConnection: Double? }
    struct Target: Decodable {
        var name: String
        var completed: Int
        var failed: Int
        var failures: [Failure]
        var bytesReceived: Int
        var openConnections: Int
        var latency, connect: Latency?
        var ratios: [String: Spread]?
        var processes: [Process]
    }

    var targets: [Target]
}
