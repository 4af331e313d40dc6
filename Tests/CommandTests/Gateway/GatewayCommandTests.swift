import ArgumentParser
import Control
import Foundation
import ScriptedServers
import Sockets
import Testing
import Text

@testable import sluice

/// Runs commands against a gateway that answers from a script.
@Suite("Commands and the requests that they send", .timeLimit(.minutes(2)))
struct GatewayCommandTests {
    private typealias Answer = ScriptedServer.Answer

    /// The exit code of a command, and the requests that it has sent.
    private func run(_ line: String, _ answers: [Answer]) async throws -> (
        code: Int32, requests: [ScriptedServer.Request]
    ) {
        try await ScriptedServer.run(answers) { server in
            let words = line.split(separator: " ").map(String.init)
            let code = await Self.exitCode(words + ["--management", server.address])
            return (code, server.requests)
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

    private let warehouses = Answer.data(
        #"[{"warehouseId":"WH1","name":"x"}]"#,
        beside: #","total":1"#
    )
    private let entry = Answer.data(
        """
        {"entry":{"entryId":"12","cidr":"10.0.0.0/8","action":"allow"},\
        "effect":{"version":41,"dryRun":false,"closesSessions":2,"warnings":["redundant"]}}
        """
    )

    @Test("The only warehouse need not be named")
    func onlyWarehouse() async throws {
        let (code, requests) = try await run(
            "whitelist add 10.0.0.0/8 --deny --description office --service mysql",
            [warehouses, entry]
        )
        #expect(code == 0)
        #expect(requests.last?.call == "POST /v1/warehouses/WH1/whitelist/entries")
        let body =
            #"{"action":"deny","cidr":"10.0.0.0/8","description":"office","service":"mysql"}"#
        #expect(requests.last?.body == body)
    }

    @Test(
        "For a query too, the only warehouse need not be named, and others are named in one way",
        arguments: [
            ("explain --source 10.0.0.1", "explain?warehouse=WH1&source=10.0.0.1"),
            ("examples", "warehouses/WH1/connection-examples"),
            ("examples -w WH2", "warehouses/WH2/connection-examples"),
            ("examples WH2", "warehouses/WH2/connection-examples"),
            ("explain -w WH2 --source 10.0.0.1", "explain?warehouse=WH2&source=10.0.0.1"),
            ("lease list -w WH2", "warehouses/WH2/leases?page=1&size=1000"),
        ]
    )
    func queries(line: String, call: String) async throws {
        let isNamed = line.contains("WH2")
        let answers = isNamed ? [.data("[]")] : [warehouses, .data("[]")]
        let (_, requests) = try await run(line, answers)
        #expect(requests.last?.call == "GET /v1/\(call)")
        #expect(requests.count == (isNamed ? 1 : 2))
    }

    @Test(
        "A policy in a store is not replaced by the file's if the gateway does not give it out",
        arguments: [(403, "Forbidden", 77), (503, "StoreUnavailable", 2), (409, "PolicyIsFile", 2)]
            as [(Int, String, Int32)]
    )
    func storedPolicy(status: Int, code: String, exit: Int32) async throws {
        let folder = try PrivateFolder()
        defer { folder.remove() }
        let file = folder.path(of: "sluice.yaml")
        let text = """
            state: sluice.db
            warehouses:
              - id: A
                listeners:
                  - { protocol: tcp, listen: 127.0.0.1:1, backends: [ { address: "127.0.0.1:2" } ] }

            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        let (found, requests) = try await run(
            "explain --config \(file) --source 10.0.0.1",
            [.refusal(status, code: code)]
        )
        // A gateway that is overloaded is asked again.
        #expect(found == exit && Set(requests.map(\.call)) == ["GET /v1/backup"])
    }

    @Test("With several warehouses, one has to be named")
    func severalWarehouses() async throws {
        let several = Answer.data(
            #"[{"warehouseId":"A"},{"warehouseId":"B"}]"#,
            beside: #","total":2"#
        )
        for line in ["whitelist show", "explain --source 10.0.0.1", "examples", "service"] {
            let (code, requests) = try await run(line, [several])
            #expect(code == 64 && requests.count == 1)
        }
    }

    @Test("Several entries are added by one request, the caller's own address last")
    func myAddress() async throws {
        let me = Answer.data(#"{"kind":"key","name":"a","address":"203.0.113.7"}"#)
        let (code, requests) = try await run(
            "whitelist add 10.0.0.1 10.0.0.2 --my-address --group office",
            [me, .data(#"{"added":3,"kept":0,"unchanged":0}"#)]
        )
        #expect(code == 0)
        #expect(requests.map(\.call) == ["GET /v1/me", "POST /v1/groups/office/import"])
        let text = #""text":"10.0.0.1\n10.0.0.2\n203.0.113.7""#
        #expect(requests.last?.body.contains(text) == true)
    }

    @Test("A trial and a confirmation are parts of the query")
    func options() async throws {
        let (_, requests) = try await run("whitelist mode nowhere -w A --dry-run -y", [entry])
        #expect(
            requests.last?.call == "PATCH /v1/warehouses/A/whitelist?dryRun=true&confirm=true"
        )
    }

    @Test("A change that has to be confirmed is not made without a person: 5")
    func confirmation() async throws {
        let refusal = Answer.refusal(
            409,
            code: "ConfirmationRequired",
            data: #"{"reasons":["it cuts off 203.0.113.7"]}"#
        )
        let (code, requests) = try await run("whitelist mode nowhere -w A --json", [refusal])
        #expect(code == 5 && requests.count == 1)
    }

    @Test(
        "An exit code tells a missing permission from any other refusal",
        arguments: [(401, 77), (403, 77), (404, 1), (409, 1), (500, 1)] as [(Int, Int32)]
    )
    func refusals(status: Int, code: Int32) async throws {
        let refusal = Answer.refusal(status, code: "X")
        #expect(try await run("key list", [refusal]).code == code)
        let verdict = code == 1 ? 2 : code
        #expect(try await run("audit verify", [refusal]).code == verdict)
    }

    @Test("Without a gateway it is 69, and so it is if something else answers")
    func unreachable() async throws {
        #expect(await Self.exitCode(["key", "list", "--socket", "/nonexistent.sock"]) == 69)
        #expect(try await run("status", [Answer("<html>")]).code == 69)
    }

    @Test("An entry is named by its id or by its CIDR")
    func entryNames() async throws {
        let list = Answer.data(
            """
            [{"entryId":"7","cidr":"10.0.0.0/8","action":"allow"},\
            {"entryId":"8","cidr":"10.0.0.0/80","action":"allow"},\
            {"entryId":"9","cidr":"10.0.0.1","action":"allow"}]
            """,
            beside: #","total":2"#
        )
        let (code, requests) = try await run(
            "whitelist disable 12 10.0.0.0/8 10.0.0.1/32 -w A",
            [entry, list, entry, list, entry]
        )
        let path = "/v1/warehouses/A/whitelist/entries"
        #expect(code == 0)
        let calls = requests.map(\.call)
        #expect(calls.count == 5 && calls[0] == "PATCH \(path)/12")
        #expect(calls[2] == "PATCH \(path)/7" && calls[4] == "PATCH \(path)/9")
        #expect(requests[0].body == #"{"enabled":false}"#)
    }

    @Test(
        "The commands for accounts find them by name",
        arguments: [
            ("show anna", "GET /v1/accounts/a7"), ("disable ANNA", "PATCH /v1/accounts/a7"),
            ("change a7 --all-warehouses", "PATCH /v1/accounts/a7"),
            ("remove anna", "DELETE /v1/accounts/a7"),
            ("reset-password anna -q", "POST /v1/accounts/a7/password"),
            ("reset-second-factor anna", "DELETE /v1/accounts/a7/second-factor"),
        ]
    )
    func accountNames(line: String, call: String) async throws {
        let account = #"{"accountId":"a7","name":"anna","origin":"local","role":"read"}"#
        let list = Answer.data("[\(account)]", beside: #","total":1"#)
        let changed = Answer.data(
            #"{"account":\#(account),"accountId":"a7","name":"anna","role":"read"}"#
        )
        let me = Answer.data(#"{"kind":"local","name":"root","role":"administer"}"#)
        let answers = line.hasPrefix("reset-password") ? [list, me, changed] : [list, changed]
        let (code, requests) = try await run("account \(line)", answers)
        #expect(code == 0 && requests.map(\.call).last == call)
        if line.contains("all-warehouses") {
            #expect(requests.last?.body == #"{"warehouses":null}"#)
        }
    }

    @Test("Logins are ended one by one, or all of an account")
    func logins() async throws {
        let logins = Answer.data(
            #"[{"loginId":"m3","accountName":"anna"}]"#,
            beside: #","total":1"#
        )
        let accounts = Answer.data(
            #"[{"accountId":"a7","name":"anna","origin":"local","role":"read"}]"#,
            beside: #","total":1"#
        )
        let effect = Answer.data(#"{"effect":{"version":1}}"#)
        let one = try await run("account end-logins m3", [logins, effect])
        #expect(one.code == 0 && one.requests.last?.call == "DELETE /v1/logins/m3")
        let all = try await run("account end-logins anna", [logins, accounts, effect])
        #expect(all.code == 0 && all.requests.last?.call == "DELETE /v1/accounts/a7/logins")
        let own = try await run("account end-logins m3 --own", [.data("{}")])
        #expect(own.code == 0 && own.requests.last?.call == "DELETE /v1/me/logins/m3")
        let listed = try await run("account logins anna", [accounts, logins])
        #expect(listed.requests.last?.call == "GET /v1/logins?account=a7&page=1&size=1000")
    }

    @Test("A key is named by its id or by its name, which must be only one key's")
    func keyNames() async throws {
        let key = #"{"keyId":"w78ckx8d53","name":"ci","role":"read"}"#
        let list = Answer.data("[\(key)]", beside: #","total":1"#)
        let changed = Answer.data(#"{"key":\#(key),"effect":{"version":41}}"#)
        for word in ["w78ckx8d53", "ci"] {
            let (code, requests) = try await run("key disable \(word)", [list, changed])
            #expect(code == 0 && requests.last?.call == "PATCH /v1/keys/w78ckx8d53")
        }
        let unknown = try await run("key remove x", [list])
        #expect(unknown.code == 1 && unknown.requests.count == 1)
        let two = #"{"keyId":"k2","name":"ci","role":"read"}"#
        let several = Answer.data("[\(key),\(two)]", beside: #","total":2"#)
        let (code, calls) = try await run("key show ci", [several])
        #expect(code == 1 && calls.count == 1)
    }

    @Test("A registered endpoint has a status; an unknown one is not accepted")
    func endpointStatus() async throws {
        let words = RegisteredEndpoint(status: "rejected").text("vpce-1")
        #expect(words == "registered endpoint vpce-1, status rejected")
        let unknown = Answer.refusal(404, code: "EndpointNotFound")
        let (code, requests) = try await run("endpoint accept vpce-1 -w A", [unknown])
        #expect(code == 1 && requests.count == 1)
    }

    @Test("Several entries are one change; if some were there before, the exit code is 1")
    func severalEntries() async throws {
        func imported(_ counts: String) -> Answer { .data("{\(counts),\"errors\":[]}") }
        let line = "whitelist add 10.0.0.1 10.0.0.4-10.0.0.9 --expires 2100-01-01T00:00:00Z -w W"
        let body =
            #"{"action":"allow","expiresAt":"2100-01-01T00:00:00Z","text":"10.0.0.1\n10.0.0.4-10.0.0.9"}"#
        for (counts, expected) in [
            (#""added":2,"kept":0,"unchanged":0"#, Int32(0)),
            (#""added":1,"kept":0,"unchanged":1"#, 1), (#""added":1,"kept":1,"unchanged":0"#, 1),
        ] {
            let (code, requests) = try await run(line, [imported(counts)])
            #expect(code == expected)
            #expect(requests.map(\.call) == ["POST /v1/warehouses/W/whitelist/import"])
            #expect(requests.last?.body == body)
        }
        let (code, requests) = try await run("whitelist add 10.0.0.9-10.0.0.1 -w W", [])
        #expect(code == 64 && requests.isEmpty, "the range is in the wrong order")
    }

    @Test("A range is added by an import, as its blocks are several entries")
    func range() async throws {
        let answer = Answer.data(#"{"added":2}"#)
        let (code, requests) = try await run("whitelist add 10.0.0.0-10.0.0.2 --group g", [answer])
        #expect(code == 0 && requests.map(\.call) == ["POST /v1/groups/g/import"])
    }

    @Test("An import is compared first, and bound to what it was compared with")
    func importModes() async throws {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("sluice-\(UUID().uuidString).cidrs")
        try Data("10.0.0.1\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let preview = Answer.data(#"{"added":1,"effect":{"version":7}}"#)
        for (option, mode) in [("", "add"), (" --update", "update"), (" --replace", "replace")] {
            let line = "whitelist import \(file.path)\(option) --description lab -w W"
            let (code, requests) = try await run(line, [preview, .data(#"{"added":1}"#)])
            #expect(code == 0 && requests.count == 2)
            let call = "POST /v1/warehouses/W/whitelist/import"
            #expect(requests.map(\.call) == [call + "?dryRun=true&confirm=true", call])
            let body =
                #"{"action":"allow","description":"lab","mode":"\#(mode)","text":"10.0.0.1\n""#
            #expect(requests.map(\.body) == [body + "}", body + #","version":7}"#])
        }
        let line = "whitelist import \(file.path) --update --replace -w W"
        let (code, requests) = try await run(line, [])
        #expect(code == 64 && requests.isEmpty)
    }

    @Test("The line of a file that is not UTF-8 is named")
    func encoding() {
        let bytes = Array("1.1.1.1\n2.2.2.2 # B".utf8) + [0xfc, 0x72, 0x6f, 0x0a]
        #expect(InputText.lineWithoutUTF8(bytes.span) == 2)
        #expect(InputText.lineWithoutUTF8("ü\n".utf8.span) == nil)
    }

    @Test("What is not a backup is found before anything is asked: 65")
    func restoring() async throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("sluice-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("sluice.yaml").path
        try Data("state: sluice.db\nwarehouses: [ { id: A } ]\n".utf8)
            .write(to: URL(fileURLWithPath: file))
        let words = ["restore", "--config", file]
        #expect(await Self.exitCode(words + [file]) == 65)
        #expect(await Self.exitCode(words + ["\(file).none"]) == 65)
        // That a gateway runs is found before that.
        let lock = try FileLock(folder.appendingPathComponent("sluice.db.lock").path)
        #expect(await Self.exitCode(words + [file]) == 1)
        withExtendedLifetime(lock) {}
    }

    @Test("An expiry is removed by null")
    func noExpiry() async throws {
        let (_, requests) = try await run("whitelist change 12 -w A --no-expiry --deny", [entry])
        #expect(requests.last?.body == #"{"action":"deny","expiresAt":null}"#)
    }

    @Test("An import is tried first, and bound to the version that the trial has seen")
    func importing() async throws {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("sluice-\(UUID().uuidString)").path
        try Data("10.0.0.0/8 # a\n".utf8).write(to: URL(fileURLWithPath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let preview = Answer.data(#"{"added":1,"errors":[],"effect":{"version":41}}"#)
        let (code, requests) = try await run("whitelist import \(file) -w A", [preview])
        #expect(code == 0 && requests.count == 2)
        #expect(requests[0].call.hasSuffix("/import?dryRun=true&confirm=true"))
        #expect(requests[1].call.hasSuffix("/whitelist/import"))
        #expect(requests[1].body.contains(#""version":41"#))

        let faulty = Answer.data(#"{"errors":[{"line":3,"text":"x","message":"not an address"}]}"#)
        let (refused, trial) = try await run("whitelist import \(file) -w A", [faulty])
        #expect(refused == 65 && trial.count == 1)
    }

    @Test("A group is attached to the groups that are there, unless somebody else changes them")
    func attachment() async throws {
        let whitelist = Answer.data(
            #"{"warehouseId":"A","mode":"specific","version":9,"groups":["x"],"lists":[]}"#
        )
        let (code, requests) = try await run("group attach office -w A", [whitelist, .data("{}")])
        #expect(code == 0 && requests.last?.body == #"{"groups":["x","office"],"version":9}"#)
        #expect(try await run("group attach x -w A", [whitelist]).code == 1)
    }

    @Test("The ids of endpoints, services and principals are encoded")
    func privateLinks() async throws {
        let base = "/v1/private-link/warehouses/A"
        for (line, call) in [
            ("endpoint accept aws:vpce-1", "POST \(base)/endpoints/aws%3Avpce-1/accept"),
            ("endpoint reject aws:vpce-1", "POST \(base)/endpoints/aws%3Avpce-1/reject"),
            ("endpoint remove vpce-1", "DELETE \(base)/endpoints/vpce-1"),
            ("endpoint register vpce-1", "POST \(base)/endpoints"),
            ("service remove a/b", "DELETE \(base)/services/a%2Fb"),
            ("service allow s arn:x", "POST \(base)/services/s/principals"),
            (
                "service disallow s arn:*",
                "DELETE \(base)/services/s/principals?principal=arn%3A%2A"
            ),
        ] {
            let (code, requests) = try await run("\(line) -w A", [.data("{}")])
            #expect(code == 0 && requests.last?.call == call, "\(line)")
        }
        let (_, requests) = try await run("outbound remove a/b", [.data("{}")])
        #expect(requests.last?.call == "DELETE /v1/private-link/endpoint-services/a/b")
    }

    @Test("A policy's differences are 1, none are 0, and a trial changes nothing")
    func policy() async throws {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("sluice-\(UUID().uuidString)").path
        try Data(#"{"warehouses":[]}"#.utf8).write(to: URL(fileURLWithPath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let (code, requests) = try await run("policy diff \(file)", [.data(#"{"changes":["a"]}"#)])
        #expect(code == 1)
        #expect(requests.last?.call == "PUT /v1/policy?dryRun=true")
        #expect(try await run("policy diff \(file)", [.data(#"{"changes":[]}"#)]).code == 0)
        let (applied, calls) = try await run("policy apply \(file)", [.data(#"{"changes":["a"]}"#)])
        #expect(applied == 0 && calls.last?.call == "PUT /v1/policy")
    }

    @Test("An audit that was altered is 1")
    func verification() async throws {
        let valid = Answer.data(#"{"count":3,"head":"ab","valid":true}"#)
        let altered = Answer.data(#"{"count":3,"head":"ab","valid":false,"firstInvalid":2}"#)
        #expect(try await run("audit verify", [valid]).code == 0)
        #expect(try await run("audit verify", [altered]).code == 1)
    }

    @Test("A backup is saved whole, or not at all")
    func backup() async throws {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("sluice-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let cut = Answer(raw: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nSQLite")
        #expect(try await run("backup \(file)", [cut]).code == 69)
        #expect(!FileManager.default.fileExists(atPath: file))
        #expect(try await run("backup \(file)", [Answer("SQLite")]).code == 0)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "SQLite")
        #expect(try await run("backup /nonexistent/a", [Answer("SQLite")]).code == 1)
    }

    @Test("A change counts as made even if the answer shows it in another way")
    func otherAnswer() async throws {
        let answer = Answer.data(#"{"endpoint":"aws:vpce-1","state":"available"}"#)
        #expect(try await run("endpoint accept vpce-1 -w A", [answer]).code == 0)
    }

    @Test("A key that cannot be created without a gateway is not pretended to be")
    func offlineKey() async throws {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("sluice-\(UUID().uuidString).yaml").path
        try Data("management: { listen: 127.0.0.1:1 }\nwarehouses: []\n".utf8)
            .write(to: URL(fileURLWithPath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let words = ["key", "create", "ci", "--role", "read", "--config", file]
        #expect(await Self.exitCode(words) != 0)
    }

    @Test(
        "A slip is a usage error, found without asking a gateway",
        arguments: [
            "whitelist add", "whitelist add 10.0.0.1/8", "whitelist add 10.0.0.0/8 --expires soon",
            "whitelist add 10.0.0.0/8 --expires 2020-01-01T00:00:00Z", "whitelist change 12",
            "whitelist change 12 --expires 1h --no-expiry", "whitelist mode everywhere",
            "whitelist list -w A --group b", "key create ci", "key create ci --role admin",
            "key change 3", "key change 3 --no-expiry --expires 1d", "service create s",
            "endpoint change e", "endpoint change e --connection-limit -1",
            "status --watch 1ms", "status --watch soon", "audit list --since soon",
            "key create ci --role read --quiet --json", "context add a", "audit --action nonsense",
            "examples A -w A", "account create anna", "account create anna --role lease",
            "account create anna --role read --quiet --json", "account change anna",
            "account change anna -w A --all-warehouses", "account logins anna --own",
            "login --password-stdin", "login --management a:1 --context b",
        ]
    )
    func usage(line: String) async {
        let words = line.split(separator: " ").map(String.init)
        #expect(await Self.exitCode(words) == 64)
    }

    @Test("Two ways of naming a gateway are a usage error")
    func twoGateways() async throws {
        #expect(try await run("status --socket a.sock", [warehouses]).code == 64)
    }
}
