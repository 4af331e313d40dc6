import Foundation
import Glibc
import Testing

extension IntegrationTests {
    /// A store that passes from one process to the next, or comes back from a backup.
    @Suite("A store's next owner")
    struct SuccessionTests {
        private static let everybody = "{ entries: [ { cidr: 127.0.0.0/8 } ] }"
        private static let sources = ["127.0.0.7", "127.0.0.8", "127.0.0.9"]

        private func session(_ site: StoreSite, from source: String) throws -> Connection {
            let session = try Connection(to: site.listen, from: source)
            #expect(try session.exchange("before"))
            return session
        }

        @Test("A successor takes over the store; its predecessor closes what is revoked there")
        func handover() throws {
            var site = try StoreSite(
                whitelist: Self.everybody,
                settings: ["timeouts: { drain: 3600s }"]
            )
            site.file.logLevel = "debug"
            let old = try site.start()
            let revoked = try session(site, from: "127.0.0.9")
            let kept = try session(site, from: "127.0.0.8")
            let new = try site.start(arguments: ["--bind-patience", "3600"], isAwaited: false)
            try wait(for: "a word on who has the store; \(new.operatorLog)") {
                new.operatorLog.contains("waiting for \(site.path)")
            }
            #expect(try old.command("whitelist", "add", "127.0.0.7").status == 0)

            old.process.signal(SIGTERM)
            try new.waitUntilReady()
            let younger = try session(site, from: "127.0.0.9")
            #expect(try new.exportedPolicy().warehouses[0].entries.count == 2)
            let added = try new.command("whitelist", "add", "127.0.0.9", "--deny")
            #expect(added.status == 0, "\(added)")
            for session in [revoked, younger] {
                #expect(try session.receiveToEnd().bytes.isEmpty)
            }
            #expect(try kept.exchange("after"))
            #expect(old.process.isRunning)
            #expect(try old.accessLine().end == "revoked")

            // What is admitted again later, and revoked once more.
            #expect(try new.command("whitelist", "mode", "nowhere").status == 0)
            #expect(try kept.receiveToEnd().bytes.isEmpty)
            #expect(try old.process.waitUntilExit() == 0)
            #expect(try new.command("whitelist", "mode", "specific").status == 0)
            #expect(try site.admitted(of: Self.sources) == ["127.0.0.7", "127.0.0.8"])
        }

        @Test("While a gateway has the store, no other process writes it")
        func exclusive() throws {
            let site = try StoreSite(whitelist: Self.everybody)
            let sluice = try site.start()
            let backup = "\(site.folder.path)/backup.db"
            #expect(try sluice.command("backup", backup).status == 0)
            let restore = try runProgram(
                Programs.sluice(),
                ["restore", backup, "--config", sluice.configurationPath, "--yes"]
            )
            #expect(restore.status == 1, "\(restore)")
            #expect(restore.errorOutput.contains("\(site.path) is in use"), "\(restore)")

            var other = site.file
            other.listeners = [try ListenerFile("tcp", to: .free())]
            let second = try SluiceProcess(
                other,
                arguments: ["--bind-patience", "0"],
                isAwaited: false
            )
            #expect(try second.process.waitUntilExit() == 1)
            #expect(second.logs("\(site.path) is in use"), "\(second.operatorLog)")
        }

        private struct Created: Decodable {
            var key: Key
            var secret: String
            struct Key: Decodable { var keyId: String }
        }

        private func createKey(_ name: String, at sluice: SluiceProcess) throws -> Created {
            let result = try sluice.command("key", "create", name, "--role", "read", "--json")
            #expect(result.status == 0, "\(result)")
            return try JSONDecoder().decode(Created.self, from: Data(result.output.utf8))
        }

        @Test("A backup is taken while the gateway writes; restored, it revives no revoked key")
        func backup() throws {
            let site = try StoreSite(whitelist: Self.everybody)
            let first = try site.start()
            let names = ["kept", "disabled", "removed"]
            let keys = try names.map { try createKey($0, at: first) }
            #expect(try first.command("whitelist", "add", "127.0.0.9", "--deny").status == 0)
            let policy = try first.exportedPolicy()
            // Keys do not belong to the policy: what is written meanwhile leaves that as it is.
            let local = try first.localClient()
            let backup = try ChildProcess(
                Programs.sluice(),
                [
                    "backup", "\(site.folder.path)/backup.db", "--management",
                    first.management.description,
                ],
                folder: TemporaryFolder()
            )
            var number = 0
            while backup.isRunning {
                number += 1
                let body = #"{"name":"busy-\#(number)","role":"read"}"#
                #expect(try local.write("POST", "/v1/keys", body).status == 201)
            }
            #expect(try backup.waitUntilExit() == 0, "\(backup.errorOutput)")
            let file = "\(site.folder.path)/backup.db"
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect(attributes[.posixPermissions] as? Int == 0o600)

            #expect(try first.command("key", "disable", keys[1].key.keyId).status == 0)
            #expect(try first.command("key", "remove", keys[2].key.keyId).status == 0)
            let later = try createKey("later", at: first)
            #expect(try first.command("whitelist", "remove", "127.0.0.9").status == 0)
            #expect(try first.command("whitelist", "add", "127.0.0.7", "--deny").status == 0)
            #expect(try site.admitted(of: Self.sources) == ["127.0.0.8", "127.0.0.9"])
            #expect(try first.terminate() == 0)

            let arguments = ["restore", file, "--config", first.configurationPath]
            #expect(try runProgram(Programs.sluice(), arguments).status == 5)
            let restore = try runProgram(Programs.sluice(), arguments + ["--yes"])
            #expect(restore.status == 0, "\(restore)")
            #expect(restore.output.contains("removed"), "\(restore)")
            let second = try site.start()
            #expect(try second.exportedPolicy() == policy)
            #expect(try site.admitted(of: Self.sources) == ["127.0.0.7", "127.0.0.8"])
            for (secret, status) in [
                (keys[0].secret, 200), (keys[1].secret, 401), (keys[2].secret, 401),
                (later.secret, 200),
            ] {
                #expect(try second.remoteClient(key: secret).get("/v1/me").status == status)
            }
            #expect(try second.command("audit", "verify").status == 0)
            #expect(try second.command("audit").output.contains("store.restore"))
        }

        @Test("Without a readable store, a backup is restored with all of its keys disabled")
        func backupOfLostStore() throws {
            let site = try StoreSite(whitelist: Self.everybody)
            let first = try site.start()
            let key = try createKey("kept", at: first)
            let file = "\(site.folder.path)/backup.db"
            #expect(try first.command("backup", file).status == 0)
            #expect(try first.command("whitelist", "add", "127.0.0.9", "--deny").status == 0)
            #expect(try first.terminate() == 0)
            for file in [site.path, "\(site.path)-wal"] {
                #expect(try runProgram("truncate", ["-s", "5000", file]).status == 0)
            }
            let lost = try site.start()
            #expect(lost.logs(#""level":"critical""#), "\(lost.operatorLog)")
            #expect(try site.admitted(of: Self.sources) == ["127.0.0.7", "127.0.0.8"])

            // It has not got the store open.
            let restore = try runProgram(
                Programs.sluice(),
                ["restore", file, "--config", lost.configurationPath, "--yes"]
            )
            #expect(restore.status == 0, "\(restore)")
            try lost.reload(to: site.file)
            #expect(try site.admitted(of: Self.sources) == Self.sources)
            #expect(try lost.command("whitelist", "add", "127.0.0.9", "--deny").status == 0)
            #expect(try site.admitted(of: Self.sources) == ["127.0.0.7", "127.0.0.8"])
            #expect(try lost.remoteClient(key: key.secret).get("/v1/me").status == 401)
            #expect(try lost.command("key", "enable", key.key.keyId).status == 0)
            #expect(try lost.remoteClient(key: key.secret).get("/v1/me").status == 200)
        }
    }
}
