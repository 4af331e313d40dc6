import Foundation
import Glibc
import Testing

extension IntegrationTests {
    /// The first start with a store, and keys of the API.
    @Suite("A store's first start and keys")
    struct KeyTests {
        private static let whitelist =
            "{ mode: specific, entries: [ { cidr: 127.0.0.8, description: office } ] }"
        private static let sources = ["127.0.0.7", "127.0.0.8"]

        @Test(
            "The first start imports the file's policy; what the file says later is only a warning"
        )
        func importOnce() throws {
            var site = try StoreSite(whitelist: Self.whitelist)
            let first = try site.start()
            #expect(first.logs("imported the policy of warehouse WHTEST"))
            #expect(try site.admitted(of: Self.sources) == ["127.0.0.8"])
            #expect(try first.exportedPolicy().warehouses[0].entries.map(\.cidr) == ["127.0.0.8"])
            #expect(try first.command("whitelist", "add", "127.0.0.9").status == 0)

            let warning =
                "the configuration file differs from the store, which counts: entry 127.0.0.7"
            site.file.whitelist = "{ entries: [ { cidr: 127.0.0.7 }, { cidr: 127.0.0.8 } ] }"
            try first.reload(to: site.file)
            try wait(for: "the warning") { first.operatorLog.contains(warning) }
            #expect(try first.terminate() == 0)

            let second = try site.start()
            #expect(!second.operatorLog.contains("imported the policy"), "\(second.operatorLog)")
            try wait(for: "the warning") { second.operatorLog.contains(warning) }
            #expect(
                try site.admitted(of: Self.sources + ["127.0.0.9"]) == ["127.0.0.8", "127.0.0.9"]
            )
        }

        @Test("A key can be created before the first start and while the gateway runs")
        func creation() throws {
            let site = try StoreSite(whitelist: Self.whitelist)
            let folder = try TemporaryFolder()
            let configuration = try folder.write(
                site.file.text(management: site.management),
                to: "sluice.yaml"
            )
            func createKey(_ name: String) throws -> String {
                let result = try runProgram(
                    Programs.sluice(),
                    [
                        "key", "create", name, "--role", "administer", "--config", configuration,
                        "--quiet",
                    ]
                )
                #expect(result.status == 0 && result.errorOutput.isEmpty, "\(result)")
                return result.output.trimmingCharacters(in: .newlines)
            }
            let offline = try createKey("offline")
            let sluice = try site.start()
            try wait(for: "the import") {
                sluice.operatorLog.contains("imported the policy of warehouse WHTEST")
            }
            let online = try createKey("online")
            for (name, secret) in [("offline", offline), ("online", online)] {
                #expect(secret.wholeMatch(of: /sk-[!-~]{20,}/) != nil)
                let me = try sluice.remoteClient(key: secret).get("/v1/me")
                #expect(me.status == 200, "\(me)")
                #expect(me.body.contains(#""name":"\#(name)""#), "\(me)")
            }
            let list = try sluice.command("key")
            #expect(list.output.contains("offline") && list.output.contains("online"), "\(list)")
            #expect(!list.output.contains(offline) && !list.output.contains(online))
            #expect(try sluice.terminate() == 0)

            let third = try createKey("third")
            let again = try site.start()
            for secret in [offline, online, third] {
                #expect(try again.remoteClient(key: secret).get("/v1/me").status == 200)
            }
        }

        private struct Created: Decodable {
            var key: Key
            var secret: String
            struct Key: Decodable { var keyId: String }
        }

        private func createKey(_ name: String, by client: ManagementClient) throws -> Created {
            let body = #"{"name":"\#(name)","role":"administer"}"#
            let answer = try client.write("POST", "/v1/keys", body)
            #expect(answer.status == 201, "\(answer)")
            return try answer.data()
        }

        @Test("A key that is disabled or removed is refused from the next request on")
        func revocation() throws {
            let site = try StoreSite(whitelist: Self.whitelist)
            let sluice = try site.start()
            let local = try sluice.localClient()
            let key = try createKey("guest", by: local)
            let path = "/v1/keys/\(key.key.keyId)"
            // The same connection throughout: its key is checked for each request.
            let guest = try sluice.remoteClient(key: key.secret)
            func change(_ method: String, _ body: String? = nil) throws {
                let answer = try local.write(method, path, body)
                #expect(answer.status == 200, "\(answer)")
            }
            for _ in 0..<100 {
                #expect(try guest.get("/v1/me").status == 200)
                try change("PATCH", #"{"enabled":false}"#)
                #expect(try guest.get("/v1/me").status == 401)
                try change("PATCH", #"{"enabled":true}"#)
            }
            #expect(try guest.get("/v1/me").status == 200)
            #expect(try sluice.command("key", "disable", key.key.keyId).status == 0)
            let refused = try guest.get("/v1/me")
            #expect(try refused.status == 401 && refused.code == "Unauthorized.InvalidApiKey")
            #expect(try sluice.command("key", "enable", key.key.keyId).status == 0)
            #expect(try guest.get("/v1/me").status == 200)
            #expect(try sluice.command("key", "remove", key.key.keyId).status == 0)
            #expect(try guest.get("/v1/me").status == 401)
            try sluice.kill()
            let next = try site.start()
            #expect(try next.remoteClient(key: key.secret).get("/v1/me").status == 401)
        }

        @Test("A key's secret is in no log and in no file of the gateway")
        func secrets() throws {
            var site = try StoreSite(whitelist: Self.whitelist)
            site.file.logLevel = "trace"
            let sluice = try site.start()
            let local = try sluice.localClient()
            let first = try createKey("first", by: local)
            let remote = try sluice.remoteClient(key: first.secret)
            let second = try createKey("second", by: remote)
            #expect(try remote.write("DELETE", "/v1/keys/\(second.key.keyId)").status == 200)
            let forged = String(first.secret.dropLast(4)) + "zzzz"
            for secret in [second.secret, forged] {
                #expect(try sluice.remoteClient(key: secret).get("/v1/me").status == 401)
            }
            // A repeated request is answered from the store, without the secret.
            let once = #"{"name":"third","role":"read"}"#
            let fields = ["RequestId: 11111111-2222-3333-4444-555555555555"]
            let third: Created = try remote.send("POST", "/v1/keys", once, fields: fields).data()
            let repeated = try remote.send("POST", "/v1/keys", once, fields: fields)
            #expect(repeated.status == 201 && !repeated.body.contains(third.secret))
            let backup = "\(site.folder.path)/backup.db"
            #expect(try sluice.command("backup", backup).status == 0)
            let kept = try sluice.command("backup", backup)
            #expect(kept.status == 5 && kept.errorOutput.contains("would be replaced"), "\(kept)")
            #expect(try sluice.command("backup", backup, "--yes").status == 0)
            #expect(try sluice.command("audit", "export").output.contains(first.secret) == false)
            #expect(try sluice.terminate() == 0)

            let secrets = [first.secret, second.secret, third.secret, forged]
            for folder in [site.folder, sluice.folder] {
                let files = FileManager.default.enumerator(atPath: folder.path)
                let names = try #require(files).compactMap { $0 as? String }
                #expect(!names.isEmpty)
                for name in names {
                    let bytes = FileManager.default.contents(atPath: "\(folder.path)/\(name)")
                    for secret in secrets where bytes?.firstRange(of: Data(secret.utf8)) != nil {
                        Issue.record("\(name) has a secret in it")
                    }
                }
            }
        }
    }
}
