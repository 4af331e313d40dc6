import Foundation
import Testing

extension IntegrationTests {
    /// `explain --config` and `check --live` if the file names a store: the file, which would read as
    /// open to all clients, does not count.
    @Suite("Judging by the policy that is in force")
    struct ActivePolicyTests {
        private var site: StoreSite
        private let folder: TemporaryFolder

        init() throws {
            site = try StoreSite(whitelist: "{ entries: [ { cidr: 127.0.0.8 } ] }")
            folder = try TemporaryFolder()
        }

        /// The configuration file of the site with another whitelist.
        private func configuration(
            whitelist: String? = nil,
            management: Endpoint? = nil
        ) throws -> String {
            var file = site.file
            file.whitelist = whitelist
            return try folder.write(
                file.text(management: management ?? site.management),
                to: "\(UUID().uuidString).yaml"
            )
        }

        private func explain(_ source: String, _ file: String) throws -> CommandResult {
            try runProgram(
                Programs.sluice(),
                ["explain", "--config", file, "--source", source]
            )
        }

        private func expect(
            _ source: String,
            _ file: String,
            exit code: Int32,
            says words: String,
            location: SourceLocation = #_sourceLocation
        ) throws {
            let result = try explain(source, file)
            #expect(result.status == code, "\(result)", sourceLocation: location)
            #expect(result.errorOutput.contains(words), "\(result)", sourceLocation: location)
            if code == 2 { #expect(result.output.isEmpty, "\(result)", sourceLocation: location) }
        }

        @Test("explain asks the running gateway, otherwise it reads the store")
        func explanation() throws {
            let file = try configuration()
            let sluice = try site.start()
            try expect("127.0.0.8", file, exit: 0, says: "the running gateway's store")
            try expect("127.0.0.9", file, exit: 1, says: "the running gateway's store")
            #expect(try sluice.command("whitelist", "add", "127.0.0.9").status == 0)
            try expect("127.0.0.9", file, exit: 0, says: "the running gateway's store")
            #expect(try sluice.terminate() == 0)
            try expect("127.0.0.9", file, exit: 0, says: "no gateway is running")
            try expect("127.0.0.10", file, exit: 1, says: "no gateway is running")
        }

        @Test("Without the policy there is no verdict")
        func noPolicy() throws {
            let file = try configuration()
            try expect("127.0.0.8", file, exit: 2, says: "there is no store at")
            let elsewhere = try configuration(management: .free())
            let sluice = try site.start()
            try expect("127.0.0.8", elsewhere, exit: 2, says: "the gateway is running")
            #expect(try sluice.terminate() == 0)
            try site.removeStore()
            try expect("127.0.0.8", file, exit: 2, says: "is missing")
        }

        @Test("A gateway that does not have the policy in a store yet is not a source of it")
        mutating func fileMode() throws {
            let file = try configuration()
            site.file.policy = "file"
            let sluice = try site.start()
            try expect("127.0.0.8", file, exit: 2, says: "comes from the configuration file")
            #expect(try sluice.terminate() == 0)
        }

        @Test("check --live judges sessions by the store, and check counts no rule of the file")
        func live() throws {
            let sluice = try site.start()
            let client = try Connection(to: site.listen, from: "127.0.0.8")
            try client.send("x")
            #expect(try client.receive() == .bytes(Array("x".utf8)))
            let file = try configuration(whitelist: "{ entries: [ { cidr: 127.0.0.7 } ] }")
            let check = ["check", "--config", file, "--live"]
            let result = try runProgram(Programs.sluice(), check)
            #expect(result.status == 0, "\(result)")
            let kept = "0 running sessions would be closed, 1 kept (by the policy in the store)"
            #expect(result.output.contains(kept), "\(result)")
            let served = "valid (1 listener, 1 warehouse, policy in the store \(site.path))"
            #expect(result.output.contains(served), "\(result)")
            let json = try runProgram(Programs.sluice(), check + ["--json"])
            #expect(json.output.contains(#""policy" : "store""#), "\(json)")
            #expect(json.output.contains(#""store" : "\#(site.path)""#), "\(json)")
            #expect(!json.output.contains(#""rules""#), "\(json)")
            try sluice.kill()
        }
    }
}
