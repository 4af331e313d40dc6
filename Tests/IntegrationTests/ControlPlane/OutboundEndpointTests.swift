import Foundation
import Testing

extension IntegrationTests {
    /// A warehouse's way to a service, made while the gateway runs.
    @Suite("Outbound endpoints", .enabled(if: NetworkInterfaces.ownAddress != nil))
    struct OutboundEndpointTests {
        private let site: StoreSite
        private let sluice: SluiceProcess
        /// Where the warehouse reaches the endpoint.
        private let port: Endpoint
        /// Where the service is, once it runs.
        private let service: Endpoint

        init() throws {
            let port = try Endpoint.free()
            self.port = port
            let own = try #require(NetworkInterfaces.ownAddress)
            service = Endpoint(own, try Endpoint.free().port)
            var site = try StoreSite(whitelist: "{ mode: nowhere }")
            site.file.warehouse = [
                "outbound: { listen: 127.0.0.1, ports: \(port.port), sources: [ 127.0.0.2 ] }"
            ]
            self.site = site
            sluice = try site.start()
            try run("outbound register vpce-svc-1 --cloud aws --region eu-west-1")
        }

        @discardableResult
        private func run(
            _ line: String,
            exit code: Int32 = 0,
            says words: String = "",
            location: SourceLocation = #_sourceLocation
        ) throws -> CommandResult {
            let arguments = line.split(separator: " ").map(String.init)
            let management = ["--management", sluice.management.description]
            let result = try runProgram(Programs.sluice(), arguments + management)
            #expect(result.status == code, "\(line): \(result)", sourceLocation: location)
            let text = result.output + result.errorOutput
            #expect(
                words.isEmpty || text.contains(words),
                "\(line): \(result)",
                sourceLocation: location
            )
            return result
        }

        private func waitUntilListed(_ words: String) throws {
            try wait(for: "an endpoint that is \(words)") {
                try run("outbound endpoint").output.contains(words)
            }
        }

        @Test("An endpoint becomes available when its service is reached, and relays from then on")
        func lifecycle() throws {
            try run(
                "outbound endpoint create ledger --service vpce-svc-1",
                says: "reached at \(port)"
            )
            #expect(throws: (any Error).self) { try Connection(to: port, from: "127.0.0.2") }
            try run("outbound endpoint change ledger --address \(service)")
            try waitUntilListed("unreachable")
            try run("outbound endpoint", says: "pendingAcceptance")

            let server = try ThreadedServer.named("ledger", at: service)
            defer { server.stop() }
            try waitUntilListed("available")
            let client = try Connection(to: port, from: "127.0.0.2")
            #expect(try client.receive() == .bytes(Array("ledger".utf8)))
            // The whitelist admits no one, and has no say here.
            let stranger = try Connection(to: port, from: "127.0.0.3")
            #expect(try stranger.receive() != .bytes(Array("ledger".utf8)))

            try run("outbound remove vpce-svc-1", exit: 1, says: "ledger of WHTEST")
            try run("outbound endpoint remove ledger")
            #expect(try client.receive() != .bytes(Array("ledger".utf8)))
            #expect(throws: (any Error).self) { try Connection(to: port, from: "127.0.0.2") }
            try run("outbound remove vpce-svc-1")
        }

        @Test("Endpoints survive a restart, and a document applied again changes none")
        func restart() throws {
            let server = try ThreadedServer.named("ledger", at: service)
            defer { server.stop() }
            try run("outbound endpoint create ledger --service vpce-svc-1 --address \(service)")
            try waitUntilListed("available")
            let document = try run("policy export").output
            let path = try site.folder.write(document, to: "policy.json")
            try run("policy apply \(path)", says: "no changes")
            #expect(try sluice.terminate() == 0)

            let again = try site.start()
            let client = try Connection(to: port, from: "127.0.0.2")
            #expect(try client.receive() == .bytes(Array("ledger".utf8)))
            #expect(try again.command("outbound", "endpoint").output.contains("available"))
        }

        @Test("An endpoint leads neither into the gateway's machine nor to a port that is taken")
        func refusals() throws {
            for address in ["127.0.0.1:80", "localhost:80", "169.254.169.254:80", "[::1]:80"] {
                try run(
                    "outbound endpoint create x --service vpce-svc-1 --address \(address)",
                    exit: 1,
                    says: "not in a user's network"
                )
            }
            try run(
                "outbound endpoint create x --service vpce-svc-2",
                exit: 1,
                says: "Unknown endpoint service"
            )
            let holder = try ThreadedServer.echo(at: port)
            defer { holder.stop() }
            try run(
                "outbound endpoint create x --service vpce-svc-1",
                exit: 1,
                says: "No port is left"
            )
        }
    }

    /// A whitelist that is tried on real clients first.
    @Suite("Shadow mode")
    struct ShadowTests {
        private let site: StoreSite
        private let sluice: SluiceProcess

        init() throws {
            site = try StoreSite(
                whitelist: "{ entries: [ 127.0.0.8, { cidr: 127.0.0.9, action: deny } ] }"
            )
            sluice = try site.start()
        }

        private func admitted() throws -> [String] {
            try site.admitted(of: ["127.0.0.7", "127.0.0.8", "127.0.0.9"])
        }

        private func shadow(_ arguments: String...) throws -> CommandResult {
            try runProgram(
                Programs.sluice(),
                ["shadow"] + arguments + ["--management", sluice.management.description]
            )
        }

        @Test("Whom no entry matches is admitted and recorded; whom an entry denies is denied")
        func recording() throws {
            let listener = site.listen.description
            #expect(try shadow("start", listener, "--for", "8d", "--yes").status == 1)
            #expect(try shadow("start", listener, "--for", "1h").status == 5)
            #expect(try admitted() == ["127.0.0.8"])
            #expect(try shadow("start", listener, "--for", "1h", "--yes").status == 0)
            #expect(try admitted() == ["127.0.0.7", "127.0.0.8"])

            let denials = try sluice.command("denials").output
            #expect(denials.contains("notInWhitelist (SHADOW)"), "\(denials)")
            #expect(try sluice.command("status").output.contains("in shadow mode until"))
            let explained = try sluice.command(
                "explain",
                "--warehouse",
                "WHTEST",
                "--source",
                "127.0.0.7"
            )
            #expect(explained.status == 0)
            #expect(explained.output.contains("by shadow mode"), "\(explained.output)")
            try wait(for: "a line of the access log") {
                sluice.process.output.contains(#""shadow":"notInWhitelist""#)
            }
        }

        @Test("At its end the whitelist is enforced, on running sessions too")
        func end() throws {
            let listener = site.listen.description
            #expect(try shadow("start", listener, "--for", "1h", "--yes").status == 0)
            let session = try Connection(to: site.listen, from: "127.0.0.7")
            try session.send("x")
            #expect(try session.receive() == .bytes(Array("x".utf8)))
            #expect(try shadow("stop", listener).status == 0)
            #expect(try session.receive() != .bytes(Array("x".utf8)))
            #expect(try admitted() == ["127.0.0.8"])

            #expect(try shadow("start", listener, "--for", "3s", "--yes").status == 0)
            let other = try Connection(to: site.listen, from: "127.0.0.7")
            try other.send("x")
            #expect(try other.receive() == .bytes(Array("x".utf8)))
            #expect(try other.receive() != .bytes(Array("x".utf8)))
            #expect(try admitted() == ["127.0.0.8"])
        }
    }
}
