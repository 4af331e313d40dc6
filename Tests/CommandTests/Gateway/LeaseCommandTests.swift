import ArgumentParser
import Control
import Foundation
import ScriptedServers
import Testing
import Text
import Time

@testable import sluice

/// Runs commands against a gateway that answers from a script.
@Suite("Leases, imports and reloads on the command line", .timeLimit(.minutes(2)))
struct LeaseCommandTests {
    private typealias Answer = ScriptedServer.Answer

    private func run(_ line: String, _ answers: [Answer]) async throws -> (
        code: Int32, calls: [String], bodies: [String]
    ) {
        try await ScriptedServer.run(answers) { server in
            let words = line.split(separator: " ").map(String.init)
            let code = await Self.exitCode(words + ["--management", server.address])
            let calls = server.requests.map {
                $0.line.split(separator: " ").prefix(2).joined(separator: " ")
            }
            return (code, calls, server.requests.map(\.body))
        }
    }

    private static func exitCode(_ words: [String]) async -> Int32 {
        do {
            var command = try Sluice.parseAsRoot(words)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return 0
        } catch {
            return Sluice.exitCode(for: error).rawValue
        }
    }

    private func me(_ role: String, _ warehouses: String) -> Answer {
        .data(#"{"kind":"key","name":"ci","role":"\#(role)","warehouses":\#(warehouses)}"#)
    }

    private let lease = Answer.data(
        """
        {"lease":{"entryId":"12","warehouseId":"W1","cidr":"203.0.113.7","outcome":"created",\
        "expiresAt":"2026-11-29T03:25:00Z"},"effect":{"version":2,"dryRun":false,"warnings":[]}}
        """
    )

    @Test("A key for leases needs no list of warehouses; its own only one is meant")
    func ownWarehouse() async throws {
        let (code, calls, bodies) = try await run(
            "lease --ttl 1h30m --service mysql",
            [me("lease", #"["W1"]"#), lease]
        )
        #expect(code == 0 && calls == ["GET /v1/me", "POST /v1/warehouses/W1/leases"])
        #expect(bodies.last == #"{"service":"mysql","ttl":5400}"#)
        #expect(try await run("lease --ttl 1h", [me("lease", "null")]).code == 64)
        #expect(try await run("lease --ttl 1h", [me("lease", #"["A","B"]"#)]).code == 64)
    }

    @Test("A warehouse that is named is not looked up, and a trial is part of the query")
    func named() async throws {
        let (code, calls, _) = try await run("lease W1 --ttl 15m --dry-run", [lease])
        #expect(code == 0 && calls == ["POST /v1/warehouses/W1/leases?dryRun=true"])
        let list = Answer.data("[]", beside: #","total":0"#)
        let listed = try await run("lease list W1 --all", [list]).calls
        #expect(listed == ["GET /v1/warehouses/W1/leases?all=true&page=1&size=1000"])
    }

    @Test("All of one's own leases are released, or those that are named")
    func release() async throws {
        let list = Answer.data(
            #"[{"entryId":"12","cidr":"203.0.113.7"},{"entryId":"mysql-3","cidr":"203.0.113.7"}]"#,
            beside: #","total":2"#
        )
        let all = try await run("lease release W1", [list, lease, lease])
        #expect(
            all.code == 0
                && all.calls.dropFirst() == [
                    "DELETE /v1/warehouses/W1/leases/12",
                    "DELETE /v1/warehouses/W1/leases/mysql-3",
                ]
        )
        let one = try await run("lease release W1 --entry 7", [lease])
        #expect(one.calls == ["DELETE /v1/warehouses/W1/leases/7"])
    }

    @Test(
        "What is not a duration is incorrect usage",
        arguments: ["0s", "15", "-1s", "1500ms", "99999999999999999d", "soon"]
    )
    func durations(_ text: String) async throws {
        #expect(try await run("lease W1 --ttl=\(text)", []).code == 64)
    }

    @Test("A lease says until when")
    func words() throws {
        let view = LeaseView(
            entryId: "12",
            warehouseId: "W1",
            cidr: "203.0.113.7",
            service: "mysql",
            expiresAt: UnixTime(seconds: 1_796_000_000),
            outcome: "created"
        )
        #expect(
            view.words == "203.0.113.7 is admitted to W1 (mysql) until"
                + " \(UnixTime(seconds: 1_796_000_000).rfc3339) (entry 12)"
        )
        let old = LeaseView(entryId: "3", cidr: "203.0.113.7", outcome: "alreadyAllowed")
        #expect(old.words == "203.0.113.7 is already admitted, without an end (entry 3)")
    }

    @Test("sluice import is sluice whitelist import, bound to what its preview has seen")
    func importing() async throws {
        let file = FileManager.default.temporaryDirectory.path + "/sluice-\(UUID()).cidrs"
        try "10.0.0.0/8\n".write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let answer = Answer.data(
            #"{"added":1,"unchanged":0,"errors":[],"effect":{"version":41}}"#
        )
        for command in ["import", "whitelist import"] {
            let (code, calls, bodies) = try await run(
                "\(command) \(file) -w W1",
                [answer, answer]
            )
            #expect(code == 0 && calls.count == 2)
            #expect(bodies.last?.contains(#""version":41"#) == true)
        }
        let refusal = Answer.refusal(
            400,
            code: "InvalidList",
            data: #"{"errors":[{"line":2,"text":"x","message":"not an address"}]}"#
        )
        let (code, calls, _) = try await run("import \(file) -w W1", [refusal])
        #expect(code == 65 && calls.count == 1)
    }

    @Test("A refused import has its lines")
    func refusedLines() throws {
        let data: JSONValue = [
            "errors": [["line": .number("2"), "text": "x", "message": "not an address"]]
        ]
        #expect(
            ImportView(refused: data).errorTable
                == "LINE  TEXT  ERROR\n   2  x     not an address"
        )
    }

    @Test("A reload shows what changed, and a rejected one ends with 78")
    func reload() async throws {
        let names = #"{"added":["0.0.0.0:9031"],"removed":[],"changed":[]}"#
        let none = #"{"added":[],"removed":[],"changed":[]}"#
        let json = """
            {"generation":{"before":8,"after":9},"listeners":\(names),"warehouses":\(none),\
            "entries":{"before":7,"after":8},"awaitingRestart":["engine.shards"],"warnings":[]}
            """
        let (code, calls, _) = try await run("reload", [.data(json)])
        #expect(code == 0 && calls == ["POST /v1/reload"])
        let view = try JSONDecoder().decode(ReloadView.self, from: Data(json.utf8))
        #expect(
            view.text == """
                configuration reloaded: generation 8 -> 9
                listener 0.0.0.0:9031 added
                whitelist entries: 7 -> 8
                a restart is needed for: engine.shards

                """
        )
        let refusal = Answer.refusal(
            409,
            code: "ReloadRejected",
            data: #"{"generation":8,"errors":["a.yaml:1:1: invalid"],"warnings":[]}"#
        )
        #expect(try await run("reload", [refusal]).code == 78)
        #expect(try await run("reload", [.refusal(403, code: "Forbidden")]).code == 77)
    }

    @Test("A check of a whitelist lists its warnings and says since when hits are known")
    func check() async throws {
        let json = """
            {"warehouseId":"W1","count":4,"unusedDays":30,"hitsSince":"2026-07-01T08:00:00Z",\
            "findings":[{"kind":"unused","entryId":"7","list":"entries","cidr":"192.0.2.0/24",\
            "message":"192.0.2.0/24 (entry 7) has matched nothing in 30 days"}],"total":3}
            """
        let (code, calls, _) = try await run(
            "whitelist check -w W1 --unused-days 30",
            [.data(json)]
        )
        #expect(code == 0 && calls == ["GET /v1/warehouses/W1/whitelist/check?unusedDays=30"])
        let view = try JSONDecoder().decode(WhitelistCheckView.self, from: Data(json.utf8))
        #expect(
            view.text == """
                warning: 192.0.2.0/24 (entry 7) has matched nothing in 30 days
                and 2 more
                W1: 4 entries checked, 3 warnings
                which entries match is recorded since 2026-07-01T08:00:00Z

                """
        )
        #expect(try await run("whitelist check -w W1 --unused-days 0", []).code == 64)
    }
}
