import Foundation
import Glibc
import SeededRandom
import Testing

extension IntegrationTests {
    /// A store that is lost never makes the gateway more open than it was.
    @Suite("A store that is lost")
    struct StoreLossTests {
        private static let sources = ["127.0.0.7", "127.0.0.8", "127.0.0.9"]
        private static let entries = "/v1/warehouses/WHTEST/whitelist/entries"

        /// A store whose policy differs from the file's: the file admits everybody, the store only
        /// 127.0.0.8.
        private func usedSite(on disk: SmallDisk? = nil) throws -> StoreSite {
            var site = try StoreSite(
                whitelist: "{ entries: [ { cidr: 127.0.0.8 } ] }",
                disk: disk
            )
            let sluice = try site.start()
            #expect(try sluice.terminate() == 0)
            site.file.whitelist = "{ mode: anywhere }"
            return site
        }

        /// As ``usedSite(on:)``, but its gateway was killed: nothing was moved out of the log.
        private func crashedSite() throws -> StoreSite {
            var site = try StoreSite(whitelist: "{ entries: [ { cidr: 127.0.0.8 } ] }")
            let sluice = try site.start()
            try wait(for: "the last policy") {
                FileManager.default.fileExists(atPath: "\(site.lastPolicyFolder)/policy.json")
            }
            try sluice.kill()
            site.file.whitelist = "{ mode: anywhere }"
            return site
        }

        /// What a gateway is like that has fallen back to its last policy.
        private func expectLastPolicy(_ sluice: SluiceProcess, at site: StoreSite) throws {
            #expect(try site.admitted(of: Self.sources) == ["127.0.0.8"])
            #expect(sluice.logs(#""level":"critical""#), "\(sluice.operatorLog)")
            let status = try sluice.get("/v1/status")
            #expect(status.body.contains(#""isRestored":true"#), "\(status)")
            #expect(try sluice.command("status").output.contains("last active policy"))
            try expectRefusal(by: sluice)
            #expect(try site.admitted(of: Self.sources) == ["127.0.0.8"])
        }

        /// Writes are refused with a sentence, by the API and by the command line.
        private func expectRefusal(by sluice: SluiceProcess) throws {
            let client = try sluice.localClient()
            for (method, path, body) in [
                ("POST", Self.entries, #"{"cidr":"127.0.0.9"}"#),
                ("PATCH", "/v1/warehouses/WHTEST/whitelist", #"{"mode":"nowhere"}"#),
                ("POST", "/v1/keys", #"{"name":"late","role":"read"}"#),
            ] {
                let answer = try client.send(method, path, body)
                #expect(try answer.status == 503 && answer.code == "StoreUnavailable", "\(answer)")
                let message = try answer.message
                #expect(message.hasSuffix(".") && message.contains("sluice.db"), "\(message)")
            }
            let command = try sluice.command("whitelist", "add", "127.0.0.9")
            #expect(command.status == 1 && command.errorOutput.contains("sluice.db"), "\(command)")
        }

        @Test("Deleted while the gateway is stopped, it leaves the last policy, and no writes")
        func deleted() throws {
            let site = try usedSite()
            try site.removeStore()
            let sluice = try site.start()
            try expectLastPolicy(sluice, at: site)
            // Not even a reload makes another one.
            #expect(try sluice.terminate() == 0)
            #expect(!FileManager.default.fileExists(atPath: site.path))

            try FileManager.default.removeItem(atPath: site.lastPolicyFolder)
            let nothing = try site.start(isAwaited: false)
            #expect(try nothing.process.waitUntilExit() == 1)
            #expect(
                nothing.logs("\(site.path) is missing"),
                "\(nothing.operatorLog)"
            )
            #expect(throws: SocketError.self) { try Connection(to: site.listen) }
        }

        /// What is done to the store's file `$0`, and to the log beside it, which has all of the store
        /// after a crash.
        private static let damages = [
            "rm $0-wal", "truncate -s 0 $0-wal", "truncate -s 20000 $0-wal",
            "truncate -s 0 $0 && rm $0-wal", "truncate -s 0 $0", "truncate -s 100 $0 $0-wal",
            "rm $0 && mkdir $0",
            "head -c 100000 /dev/urandom > $0; rm $0-wal",
            "head -c 100000 /dev/urandom > $0-wal",
            "dd if=/dev/zero of=$0-wal bs=4096 seek=3 count=12 conv=notrunc",
        ]

        @Test("Truncated or filled with noise, it leaves the last policy", arguments: damages)
        func damaged(damage: String) throws {
            let site = try crashedSite()
            let result = try runProgram("sh", ["-c", damage, site.path])
            try #require(result.status == 0, "\(result)")
            try expectLastPolicy(try site.start(), at: site)
        }

        /// As ``damages``, of a store that is one file.
        @Test(
            "So does one whose pages were moved out of the log",
            arguments: [
                "truncate -s 0 $0", "truncate -s 100 $0", "truncate -s 4096 $0",
                "truncate -s 20000 $0", "head -c 100000 /dev/urandom > $0",
                "dd if=/dev/urandom of=$0 bs=100 count=1 conv=notrunc",
                "dd if=/dev/zero of=$0 bs=4096 seek=1 count=12 conv=notrunc",
            ]
        )
        func damagedFile(damage: String) throws {
            let site = try usedSite()
            try moveIntoOneFile(site)
            let result = try runProgram("sh", ["-c", damage, site.path])
            try #require(result.status == 0, "\(result)")
            try expectLastPolicy(try site.start(), at: site)
        }

        /// Puts a copy without a log into the store's place.
        private func moveIntoOneFile(_ site: StoreSite) throws {
            let sluice = try site.start()
            let copy = "\(site.folder.path)/copy.db"
            #expect(try sluice.command("backup", copy).status == 0)
            #expect(try sluice.terminate() == 0)
            try site.removeStore()
            try FileManager.default.moveItem(atPath: copy, toPath: site.path)
        }

        @Test("Overwritten by an older copy right after a kill, it never starts more open")
        func olderCopy() throws {
            let site = try usedSite()
            let sluice = try site.start()
            #expect(try sluice.command("whitelist", "add", "127.0.0.9").status == 0)
            let copy = "\(site.folder.path)/copy.db"
            #expect(try sluice.command("backup", copy).status == 0)
            #expect(try sluice.command("whitelist", "remove", "127.0.0.9").status == 0)
            // The last policy may still be the one before.
            try sluice.kill()
            let result = try runProgram("sh", ["-c", "cp $1 $0; rm $0-wal", site.path, copy])
            try #require(result.status == 0, "\(result)")
            let next = try site.start(isAwaited: false)
            try wait(for: "a start or an end") {
                next.operatorLog.contains("is ready") || !next.process.isRunning
            }
            #expect(next.logs("it has lost changes"), "\(next.operatorLog)")
            if next.process.isRunning {
                try expectLastPolicy(next, at: site)
                let status = try next.get("/v1/status").body
                #expect(status.contains("it has lost changes"), "\(status)")
                try next.kill()
            } else {
                #expect(next.logs("lacks changes up to"), "\(next.operatorLog)")
            }

            let restore = try runProgram(
                Programs.sluice(),
                ["restore", copy, "--yes", "--config", next.configurationPath]
            )
            #expect(restore.status == 0, "\(restore)")
            let last = try site.start()
            #expect(try site.admitted(of: Self.sources) == ["127.0.0.8", "127.0.0.9"])
            #expect(try last.command("whitelist", "remove", "127.0.0.9").status == 0)
            #expect(try site.admitted(of: Self.sources) == ["127.0.0.8"])
        }

        @Test("Bytes that are changed here and there open nothing")
        func noise() throws {
            let seed = UInt64.random(in: .min ... .max)
            var random = SeededGenerator(seed: seed)
            let site = try usedSite()
            try moveIntoOneFile(site)
            let intact = try Data(contentsOf: URL(fileURLWithPath: site.path))
            for round in 0..<30 {
                try site.removeStore()
                var bytes = intact
                for _ in 0..<Int.random(in: 1...40, using: &random) {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    bytes[place] = UInt8.random(in: .min ... .max, using: &random)
                }
                try bytes.write(to: URL(fileURLWithPath: site.path))
                let sluice = try site.start(isAwaited: false)
                try wait(for: "a start or an end") {
                    sluice.operatorLog.contains("is ready") || !sluice.process.isRunning
                }
                guard sluice.process.isRunning else { continue }
                let admitted = try site.admitted(of: Self.sources)
                #expect(admitted == ["127.0.0.8"], "round \(round), seed \(seed)")
                try sluice.kill()
            }
        }

        @Test("Deleted or replaced while the gateway runs, it is noticed by the next write")
        func deletedMeanwhile() throws {
            for damage in [
                "rm $0 $0-wal $0-shm", "rm $0", "rm $0-wal", "mv $0 $0.old; cp $0.old $0",
            ] {
                let site = try usedSite()
                let sluice = try site.start()
                #expect(try sluice.command("whitelist", "add", "127.0.0.9").status == 0)
                #expect(try site.admitted(of: Self.sources) == ["127.0.0.8", "127.0.0.9"])
                let result = try runProgram("sh", ["-c", damage, site.path])
                try #require(result.status == 0, "\(result)")
                try expectRefusal(by: sluice)
                #expect(try site.admitted(of: Self.sources) == ["127.0.0.8", "127.0.0.9"])
                #expect(sluice.logs("cannot write to the store"), "\(damage)")
                let status = try sluice.command("status").output
                #expect(status.contains("the store cannot be used"), "\(damage): \(status)")
                #expect(try sluice.terminate() == 0)
                let next = try site.start()
                #expect(try site.admitted(of: Self.sources) == ["127.0.0.8", "127.0.0.9"])
                guard damage.contains("rm") else { continue }
                #expect(next.logs(#""level":"critical""#), "\(damage)")
            }
        }

        @Test("On a full disk nothing changes until there is room again", .onlyWithSmallDisks)
        func fullDisk() throws {
            let disk = try SmallDisk(byteCount: 2 << 20)
            let site = try usedSite(on: disk)
            let sluice = try site.start()
            let client = try sluice.localClient()
            try disk.fill(leaving: 0)
            // What is there already of the log may have room for a few writes.
            let description = String(repeating: "a long description ", count: 10)
            var last = "127.0.1.0"
            let refusal = try wait(for: "a write that finds no room") {
                last = "127.0.1.\((Int(last.split(separator: ".")[3]) ?? 0) + 1)"
                let body = #"{"cidr":"\#(last)","description":"\#(description)"}"#
                let answer = try client.write("POST", Self.entries, body)
                return answer.status == 201 ? nil : answer
            }
            #expect(try refusal.status == 503 && refusal.code == "StoreUnavailable", "\(refusal)")
            #expect(try refusal.message.contains("full"), "\(refusal)")
            #expect(sluice.logs("cannot write to the store"))
            #expect(try site.admitted(of: Self.sources + [last]) == ["127.0.0.8"])
            #expect(try sluice.get("/readyz").status == 200)

            // A gateway that starts now is as open as that one.
            let before = try sluice.exportedPolicy()
            try sluice.kill()
            let second = try site.start()
            #expect(try site.admitted(of: Self.sources + [last]) == ["127.0.0.8"])
            try disk.empty()
            try second.reload(to: site.file)
            #expect(try second.exportedPolicy() == before)
            #expect(try second.command("whitelist", "add", last).status == 0)
            #expect(try site.admitted(of: Self.sources + [last]) == ["127.0.0.8", last])
        }

        @Test("A first start without a whitelist admits everybody, under a warning, or nobody")
        func firstStart() throws {
            let open = try StoreSite(whitelist: nil)
            let first = try open.start()
            let warning = "warehouse WHTEST admits every address (0.0.0.0/0 and ::/0)"
            #expect(first.logs(warning), "\(first.operatorLog)")
            #expect(try open.admitted(of: Self.sources) == Self.sources)
            let cidrs = try first.exportedPolicy().warehouses[0].entries.map(\.cidr)
            #expect(Set(cidrs) == ["0.0.0.0/0", "::/0"])

            let closed = try StoreSite(whitelist: nil, settings: ["initialPolicy: closed"])
            let second = try closed.start()
            #expect(!second.operatorLog.contains(warning), "\(second.operatorLog)")
            #expect(try closed.admitted(of: Self.sources) == [])
            #expect(try second.exportedPolicy().warehouses[0].entries == [])
        }
    }
}
