import Foundation
import Testing

extension IntegrationTests {
    /// A start without the lists that the configuration names.
    @Suite("A start with the policy that was active last")
    struct LastPolicyTests {
        /// A gateway whose whitelist is a list file, both outside of the gateway's own folder, so
        /// that the next gateway finds them.
        private struct Site {
            let folder: TemporaryFolder
            let echo: ThreadedServer
            let file: GatewayFile

            init() throws {
                folder = try TemporaryFolder()
                echo = try ThreadedServer.echo()
                file = GatewayFile(
                    try ListenerFile("tcp", to: echo.endpoint),
                    settings: ["lastPolicy: \(folder.path)/last"],
                    whitelist: "{ files: [ \(folder.path)/office.cidrs ] }"
                )
                try setList("127.0.0.8")
            }

            var list: String { folder.path + "/office.cidrs" }
            var manifest: String { folder.path + "/last/policy.json" }
            var listen: Endpoint { file.listeners[0].listen }

            func setList(_ text: String) throws {
                try folder.write(text + "\n", to: "office.cidrs")
            }
        }

        @Test("Without its list the gateway starts, admits the same clients as before, and logs it")
        func missingList() throws {
            let site = try Site()
            let first = try SluiceProcess(site.file)
            #expect(try Connection(to: site.listen, from: "127.0.0.8").exchange("first"))
            try first.terminate()
            try FileManager.default.removeItem(atPath: site.list)

            let second = try SluiceProcess(site.file)
            #expect(second.logs(#""level":"critical""#))
            #expect(second.logs("office.cidrs"))
            #expect(try Connection(to: site.listen, from: "127.0.0.8").exchange("second"))
            #expect(try Connection(to: site.listen, from: "127.0.0.7").receiveToEnd().bytes.isEmpty)

            // The list is back, with another address: a reload returns to it.
            try site.setList("127.0.0.7")
            try second.reload(to: site.file)
            #expect(try Connection(to: site.listen, from: "127.0.0.7").exchange("third"))
            #expect(try Connection(to: site.listen, from: "127.0.0.8").receiveToEnd().bytes.isEmpty)
        }

        @Test("A damaged policy is not used: the gateway does not start, and reports why")
        func damaged() throws {
            let site = try Site()
            try SluiceProcess(site.file).terminate()
            var bytes = try Data(contentsOf: URL(fileURLWithPath: site.manifest))
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: URL(fileURLWithPath: site.manifest))
            try FileManager.default.removeItem(atPath: site.list)
            let gateway = try SluiceProcess(site.file, isAwaited: false)
            #expect(try gateway.process.waitUntilExit(within: patience) == 78)
            #expect(gateway.logs("policy.json is damaged"))
        }

        @Test("Any other error in the configuration keeps the gateway from starting")
        func otherError() throws {
            let site = try Site()
            try SluiceProcess(site.file).terminate()
            try FileManager.default.removeItem(atPath: site.list)
            var file = site.file
            file.settings.append("unknownKey: 1")
            let gateway = try SluiceProcess(file, isAwaited: false)
            #expect(try gateway.process.waitUntilExit(within: patience) == 78)
            #expect(gateway.logs("unknownKey"))
        }
    }
}
