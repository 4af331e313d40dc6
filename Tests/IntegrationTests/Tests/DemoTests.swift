import Foundation
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
            let process: ChildProcess

            init(_ arguments: [String] = []) throws {
                (mysql, http, management) = (try .free(), try .free(), try .free())
                process = try ChildProcess(
                    Programs.sluice(),
                    [
                        "demo", "--mysql-port=\(mysql.port)", "--http-port=\(http.port)",
                        "--management-port=\(management.port)",
                    ] + arguments,
                    folder: try TemporaryFolder()
                )
                try wait(for: "a ready demo: \(process.output)\(process.errorOutput)") {
                    guard process.isRunning else { throw HarnessError(process.errorOutput) }
                    return process.output.contains("is ready")
                        && (try? Curl.get("/readyz", at: management).status) == 200
                }
            }
        }

        @Test("The stock mysql client and curl reach the sample warehouse")
        func sample() throws {
            let demo = try Demo()
            let result = try MySQLClient.query("SELECT 1 + 1; SHOW DATABASES", at: demo.mysql)
            #expect(result.output.hasPrefix("2\n"), "\(result)")
            #expect(result.output.contains("tpch"), "\(result)")
            #expect(try Curl.get(at: demo.http).status == 200)

            let load = try Curl.get(
                "/api/demo/events/_stream_load",
                at: demo.http,
                ["--upload-file", "/etc/hostname", "--header", "Expect: 100-continue"]
            )
            #expect(load.status == 307)
        }

        @Test("What it prints can be pasted: the mysql command, and the denial by curl")
        func banner() throws {
            let demo = try Demo()
            for example in ["mysql ", "jdbc:mysql://", "http://", "_stream_load"] {
                #expect(demo.process.output.contains(example))
            }
            let denied = try Curl.get(at: demo.http, from: "127.0.0.66")
            #expect(demo.process.output.contains("--interface 127.0.0.66"))
            #expect(denied.status == 403)
            let mysql = try MySQLClient.query("SELECT 1", at: demo.mysql, from: "127.0.0.66")
            #expect(mysql.errorOutput.contains("1130"))
        }

        @Test("A real warehouse takes the sample's place")
        func realBackends() throws {
            let database = try MariaDBServer.shared.get()
            let nginx = try NginxServer()
            let demo = try Demo([
                "--mysql-backend=\(database.endpoint)", "--http-backend=\(nginx.endpoint)",
            ])
            let result = try MySQLClient.query("SELECT @@version_comment", at: demo.mysql)
            #expect(result.output.isEmpty == false, "\(result)")
            #expect(try Curl.get(at: demo.http).body == "hello from nginx\n")
        }

        @Test("A taken port is a clear sentence")
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
            demo.process.signal(SIGINT)
            #expect(try demo.process.waitUntilExit() == 0)
            #expect(throws: SocketError.self) { try Connection(to: demo.mysql) }
        }
    }
}
