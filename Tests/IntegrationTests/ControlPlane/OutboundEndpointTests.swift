import Foundation
import Testing

extension IntegrationTests {
    /// A warehouse's way to a service in a user's network, made while the gateway runs.
    @Suite("Outbound endpoints", .onlyWithNetworks)
    struct OutboundEndpointTests {
        private let site: PrivateLinkSite
        private let sluice: SluiceProcess
        private let folder: TemporaryFolder
        /// Where the warehouse reaches the endpoint.
        private let port: Endpoint
        /// In the user's network.
        private let server: ThreadedServer

        init() throws {
            let site = try PrivateLinkSite.shared.get()
            self.site = site
            folder = try TemporaryFolder()
            var listener = try site.listener("http", at: WarehouseNetwork.gateway, to: site.http)
            port = listener.listen
            listener.listen = try site.listener("tcp", at: "127.0.0.1", to: site.http).listen
            server = try site.user.inside {
                try ThreadedServer.named("ledger", at: .free(UserNetwork.server))
            }
            var file = GatewayFile(listener, settings: ["state: \(folder.path)/sluice.db"])
            file.policy = "store"
            file.warehouse = [
                "outbound: { listen: \(port.host), ports: \(port.port),"
                    + " sources: [ \(WarehouseNetwork.server) ] }"
            ]
            sluice = try site.start(file)
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
            let result = try site.operate(sluice, arguments)
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

        /// Connects from the warehouse.
        private func connect(from source: String? = nil) throws -> Connection {
            try site.warehouse.inside { try Connection(to: port, from: source) }
        }

        @Test("An endpoint becomes available when its service is reached, and relays from then on")
        func lifecycle() throws {
            try run(
                "outbound endpoint create ledger --service vpce-svc-1",
                says: "reached at \(port)"
            )
            try run("outbound endpoint change ledger --address \(UserNetwork.server):9")
            try waitUntilListed("unreachable")
            try run("outbound endpoint", says: "pendingAcceptance")
            try run("outbound endpoint change ledger --address \(server.endpoint)")
            try waitUntilListed("available")
            let session = try connect()
            #expect(try session.receive() == .bytes(Array("ledger".utf8)))
            // The whitelist admits everyone, and has no say here.
            let stranger = try connect(from: WarehouseNetwork.stranger)
            #expect(try stranger.receive() != .bytes(Array("ledger".utf8)))

            try run("outbound remove vpce-svc-1", exit: 1, says: "ledger of WHTEST")
            try run("outbound endpoint remove ledger")
            #expect([.endOfStream, .reset].contains(try session.receive()))
            // Each worker closes the port for itself.
            try wait(for: "a closed port") { (try? connect()) == nil }
            try run("outbound remove vpce-svc-1")
        }

        @Test("An endpoint whose port another program has is stored, and served once it is free")
        func takenPort() throws {
            try run("outbound endpoint create ledger --service vpce-svc-1")
            do {
                let other = try site.occupy(port)
                try run(
                    "outbound endpoint change ledger --address \(server.endpoint)",
                    says: "cannot listen on \(port)"
                )
                try run("outbound endpoint", says: "unreachable")
                try run("status", says: "outbound listener \(port) is not open")
                // Policy does not wait for it.
                try run("whitelist add 203.0.113.7")
                withExtendedLifetime(other) {}
            }
            try waitUntilListed("available")
            #expect(try connect().receive() == .bytes(Array("ledger".utf8)))
            #expect(try !run("status").output.contains("is not open"))
        }

        @Test("A document applied again changes no endpoint")
        func document() throws {
            try run(
                "outbound endpoint create ledger --service vpce-svc-1 --address \(server.endpoint)"
            )
            try waitUntilListed("available")
            let document = try run("policy export").output
            let path = try folder.write(document, to: "policy.json")
            try run("policy apply \(path)", says: "no changes")
            try run("outbound endpoint", says: "available")
        }

        @Test("An endpoint leads neither into the gateway's machine nor to a warehouse's backend")
        func refusals() throws {
            for address in [
                "127.0.0.1:80", "localhost:80", "169.254.169.254:80", "[::1]:80",
                "\(WarehouseNetwork.gateway):80", "10.4.0.1:22",
            ] {
                try run(
                    "outbound endpoint create x --service vpce-svc-1 --address \(address)",
                    exit: 1,
                    says: "not in a user's network"
                )
            }
            try run(
                "outbound endpoint create x --service vpce-svc-2",
                exit: 1,
                says: "unknown endpoint service"
            )
            try run("outbound endpoint create x --service vpce-svc-1 --address \(site.http)")
            try waitUntilListed("unreachable")
            try run("outbound endpoint --json", says: "a warehouse's backend")
            try run(
                "outbound endpoint create y --service vpce-svc-1",
                exit: 1,
                says: "no port is left"
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

            // Long enough for a client that comes late.
            #expect(try shadow("start", listener, "--for", "12s", "--yes").status == 0)
            let other = try Connection(to: site.listen, from: "127.0.0.7")
            try other.send("x")
            #expect(try other.receive() == .bytes(Array("x".utf8)))
            #expect(try other.receive() != .bytes(Array("x".utf8)))
            #expect(try admitted() == ["127.0.0.8"])
        }
    }
}
