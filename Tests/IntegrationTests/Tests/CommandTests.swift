import Foundation
import Testing

extension IntegrationTests {
    /// The commands beside `serve`.
    @Suite("Commands")
    struct CommandTests {
        private func sluice(_ arguments: String...) throws -> CommandResult {
            try runProgram(Programs.sluice(), arguments)
        }

        @Test("check accepts a good file, with exit status 0")
        func goodFile() throws {
            let folder = try TemporaryFolder()
            let file = GatewayFile(try ListenerFile("tcp", to: .free()))
            let path = try folder.write(file.text(management: .free()), to: "good.yaml")
            let result = try sluice("check", "--config", path)
            #expect(result.status == 0, "\(result)")
        }

        @Test("check reports every error with its key path and line, and exits with 78")
        func faultyFile() throws {
            let folder = try TemporaryFolder()
            let path = try folder.write(
                """
                management: { listen: 127.0.0.1:99999 }
                unknownKey: 1
                timeouts: { idle: soon }
                warehouses:
                  - id: WHTEST
                    whitelist:
                      mode: specific
                      entries:
                        - { cidr: 10.0.0.1/8 }
                    listeners:
                      - protocol: telnet
                        listen: 127.0.0.1:9030
                        backends: [ { address: 127.0.0.1:3306 } ]

                """,
                to: "faulty.yaml"
            )
            let result = try sluice("check", "--config", path)
            #expect(result.status == 78)
            let lines = (result.output + result.errorOutput).split(separator: "\n")
            for (line, keyPath, word) in [
                (1, "management.listen", "99999"), (2, "unknownKey", "unknownKey"),
                (3, "timeouts.idle", "soon"), (9, "entries[0].cidr", "10.0.0.0/8"),
                (11, "listeners[0].protocol", "telnet"),
            ] {
                let found = lines.contains {
                    $0.contains("\(line)") && $0.contains(keyPath) && $0.contains(word)
                }
                #expect(found, "line \(line), \(keyPath), \(word) in \(lines)")
            }
        }

        @Test("check of a missing file is an error message")
        func missingFile() throws {
            let result = try sluice("check", "--config", "/nonexistent/sluice.yaml")
            #expect(result.status != 0)
            #expect((result.output + result.errorOutput).contains("/nonexistent/sluice.yaml"))
        }

        @Test("check rejects a pipe immediately, and does not wait for a writer")
        func pipe() throws {
            let folder = try TemporaryFolder()
            let pipe = folder.path + "/pipe"
            #expect(try runProgram("mkfifo", [pipe]).status == 0)
            let result = try sluice("check", "--config", pipe)
            #expect(result.status == 78)
            #expect((result.output + result.errorOutput).contains("a pipe, not a regular file"))
        }

        @Test("An unknown option exits with 64")
        func usage() throws {
            #expect(try sluice("serve", "--no-such-option").status == 64)
        }

        @Test("serve with an invalid file exits with 78, and listens nowhere")
        func serveFaulty() throws {
            let folder = try TemporaryFolder()
            let path = try folder.write("warehouses: 7\n", to: "faulty.yaml")
            let result = try sluice("serve", "--config", path)
            #expect(result.status == 78)
            #expect(result.errorOutput.contains("warehouses"))
        }

        @Test("serve with a port in use is an error message, not a crash")
        func serveTaken() throws {
            let folder = try TemporaryFolder()
            let squatter = try Acceptor()
            let file = GatewayFile(try ListenerFile("tcp", at: squatter.endpoint, to: .free()))
            let path = try folder.write(file.text(management: .free()), to: "sluice.yaml")
            let result = try sluice("serve", "--config", path)
            #expect(result.status != 0)
            #expect(result.status < 128, "no signal")
            #expect(result.errorOutput.contains(squatter.endpoint.description))
        }

        @Test("status shows what the gateway does, for people and as JSON")
        func status() throws {
            let echo = try ThreadedServer.echo()
            let route = try Route(try ListenerFile("tcp", to: echo.endpoint))
            let client = try Connection(to: route.listen)
            #expect(try client.exchange("x"))
            let address = route.sluice.management.description

            let table = try sluice("status", "--management", address)
            #expect(table.status == 0, "\(table)")
            #expect(table.output.contains(route.listen.description))
            #expect(table.output.contains(echo.endpoint.description))

            let json = try sluice("status", "--management", address, "--json")
            let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8))
            let status = try #require(object as? [String: Any])
            #expect(status["activeConnections"] as? Int == 1)
        }

        @Test("status without a gateway is an error message")
        func noGateway() throws {
            let result = try sluice("status", "--management", try Endpoint.free().description)
            #expect(result.status != 0)
            #expect(result.status < 128, "no signal")
            #expect(!result.errorOutput.isEmpty)
        }
    }
}
