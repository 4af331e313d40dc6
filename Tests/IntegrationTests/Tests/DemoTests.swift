import Foundation
import FreePorts
import Testing

extension IntegrationTests {
    /// `sluice demo`: the first thing that a new user sees.
    @Suite("sluice demo")
    struct DemoTests {
        /// A demo on ports of its own, so that it does not meet one that runs already.
        private struct Demo {
            let mysql: Endpoint
            let http: Endpoint
            let management: Endpoint
            let folder: TemporaryFolder
            let process: ChildProcess

            init(_ arguments: [String] = []) throws {
                (mysql, http, management) = (try .free(), try .free(), try .free())
                folder = try TemporaryFolder()
                process = try ChildProcess(
                    Programs.sluice(),
                    [
                        "demo", "--mysql-port=\(mysql.port)", "--http-port=\(http.port)",
                        "--management-port=\(management.port)",
                    ] + arguments,
                    folder: folder
                )
                try wait(for: "a ready demo: \(process.output)\(process.errorOutput)") {
                    guard process.isRunning else { throw HarnessError(process.errorOutput) }
                    return process.output.contains("is ready")
                        && (try? Curl.get("/readyz", at: management).status) == 200
                }
            }

            /// What the demo has made in the folder for temporary files.
            func leftovers() throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: folder.path)
                    .filter { $0.hasPrefix("sluice-demo") }
            }

            /// Runs the printed command that begins with `start`, in a shell as a person would.
            func paste(_ start: String, _ options: String = "") throws -> CommandResult {
                let lines = process.output.split(separator: "\n")
                let command = lines.compactMap { line in
                    line.range(of: start).map { line[$0.lowerBound...] }
                }
                return try runProgram("sh", ["-c", "\(#require(command.first)) \(options)"])
            }
        }

        @Test("What it prints can be pasted: the stock mysql client and curl reach the sample")
        func sample() throws {
            let demo = try Demo()
            let query = "SELECT 1; SHOW DATABASES; SELECT USER()"
            let mysql = try demo.paste("mysql -h", "--batch --skip-column-names -e '\(query)'")
            #expect(mysql.output.hasPrefix("1\n"), "\(mysql)")
            #expect(mysql.output.contains("tpch\n"), "\(mysql)")
            #expect(mysql.output.hasSuffix("demo@127.0.0.1\n"), "\(mysql)")
            let load = try demo.paste("curl --location-trusted", "--silent --show-error")
            #expect(load.output.contains(#""Status":"Success""#), "\(load)")
            #expect(load.output.contains(#""NumberLoadedRows":3"#), "\(load)")
            #expect(try Curl.get(at: demo.http).status == 200)
            #expect(demo.process.output.contains("jdbc:mysql://\(demo.mysql)/tpch?user=demo"))
        }

        @Test("A client that follows no redirects loads too: the gateway does")
        func follow() throws {
            let demo = try Demo()
            let load = try Curl.get(
                "/api/demo/events/_stream_load",
                at: demo.http,
                ["--user", "demo:", "--upload-file", "/etc/hostname", "-H", "Expect: 100-continue"]
            )
            #expect(load.status == 200)
            #expect(load.body.contains(#""Status":"Success""#), "\(load)")
        }

        @Test("The denial that it describes can be seen, by curl and by mysql")
        func banner() throws {
            let demo = try Demo()
            let http = try demo.paste("curl -i --interface 127.0.0.66")
            #expect(http.output.hasPrefix("HTTP/1.1 403 "), "\(http)")
            let bytes = try demo.paste("curl -s --interface 127.0.0.66 telnet:")
            #expect(bytes.output.contains("Host '127.0.0.66' is not allowed"), "\(bytes)")
            let mysql = try MySQLClient.query("SELECT 1", at: demo.mysql, from: "127.0.0.66")
            #expect(mysql.errorOutput.contains("1130"), "\(mysql)")
        }

        @Test("The commands that it names to look around can be pasted too")
        func lookAround() throws {
            let demo = try Demo()
            let status = try demo.paste(Programs.sluice() + " status")
            #expect(status.output.contains(demo.mysql.description), "\(status)")
            let metrics = try demo.paste("curl http://\(demo.management)/metrics")
            _ = try Exposition(metrics.output)
        }

        @Test("The address that it prints signs in to a console with something to see")
        func console() throws {
            let demo = try Demo()
            let words = demo.process.output.split { $0.isWhitespace }
            let address = try #require(words.first { $0.contains("/console/sign-in#key=") })
            #expect(address.hasPrefix("http://\(demo.management)/"))
            let key = try #require(address.split(separator: "=").last)
            let page = try Curl.get(
                "/console/warehouses/DEMO/private-link",
                at: demo.management,
                ["-H", "X-API-Key: \(key)"]
            )
            #expect(page.status == 200 && page.body.contains("Reporting"))
        }

        @Test("A real warehouse takes the sample's place")
        func realBackends() throws {
            let database = try MariaDBServer.shared.get()
            let nginx = try NginxServer()
            let demo = try Demo([
                "--mysql-backend=\(database.endpoint)", "--http-backend=\(nginx.endpoint)",
            ])
            let result = try MySQLClient.query("SELECT @@port", at: demo.mysql)
            #expect(result.output == "\(database.endpoint.port)\n", "\(result)")
            #expect(try Curl.get(at: demo.http).body == "hello from nginx\n")
        }

        @Test("A port in use is a clear error")
        func takenPort() throws {
            let squatter = try Acceptor()
            let result = try runProgram(
                Programs.sluice(),
                [
                    "demo", "--mysql-port=\(squatter.endpoint.port)",
                    "--http-port=\(try Ports.free())", "--management-port=\(try Ports.free())",
                ]
            )
            #expect(result.status == 1)
            #expect(result.errorOutput.contains(squatter.endpoint.description))
            #expect(!result.errorOutput.contains("Fatal"))
            #expect(result.errorOutput.split(separator: "\n").count <= 2, "\(result)")
        }

        @Test("Ctrl-C ends it, and nothing is left behind")
        func interrupt() throws {
            let demo = try Demo()
            #expect(try demo.leftovers().count == 1, "the demo's own folder")
            demo.process.signal(SIGINT)
            #expect(try demo.process.waitUntilExit() == 0)
            #expect(throws: SocketError.self) { try Connection(to: demo.mysql) }
            #expect(try demo.leftovers() == [])
        }
    }
}
