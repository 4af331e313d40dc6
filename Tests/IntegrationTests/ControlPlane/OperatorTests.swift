import Foundation
import Glibc
import Testing

extension IntegrationTests {
    /// The commands that change a policy in a store, as a person drives them.
    @Suite("An operator's commands")
    struct OperatorTests {
        private let site: StoreSite
        private let sluice: SluiceProcess

        init() throws {
            site = try StoreSite(whitelist: "{ entries: [ { cidr: 127.0.0.8 } ] }")
            sluice = try site.start()
        }

        /// Runs a command, and expects its exit code and words of what it prints.
        @discardableResult
        private func run(
            _ line: String,
            exit code: Int32 = 0,
            says words: String...,
            location: SourceLocation = #_sourceLocation
        ) throws -> CommandResult {
            let arguments = line.split(separator: " ").map(String.init)
            let management = ["--management", sluice.management.description]
            let result = try runProgram(Programs.sluice(), arguments + management)
            #expect(result.status == code, "\(line): \(result)", sourceLocation: location)
            let text = result.output + result.errorOutput
            for words in words {
                #expect(text.contains(words), "\(line): \(result)", sourceLocation: location)
            }
            return result
        }

        private func expectAdmitted(
            _ sources: String...,
            location: SourceLocation = #_sourceLocation
        ) throws {
            let all = ["127.0.0.7", "127.0.0.8", "127.0.0.9"]
            #expect(try site.admitted(of: all) == sources, sourceLocation: location)
        }

        /// The account of the first start is made while clients are served already.
        private func waitForFirstAccount() throws {
            try wait(for: "the first account") {
                try run("audit --action account.create").output.contains("account.create")
            }
        }

        @Test("sluice whitelist adds, changes, disables and removes entries")
        func entries() throws {
            try run("whitelist add 127.0.0.9 --description ETL --expires 90d", says: "added entry")
            try expectAdmitted("127.0.0.8", "127.0.0.9")
            try run("whitelist add 127.0.0.9", exit: 1, says: "already in the list")
            try run("whitelist add 127.0.0.9/8", exit: 64, says: "127.0.0.0/8")
            try run("whitelist", says: "127.0.0.9", "ETL", "enabled")
            try run("whitelist list --source 127.0.0.9 --json", says: #""total": 1"#)
            try run("whitelist disable 127.0.0.9", says: "disabled")
            try expectAdmitted("127.0.0.8")
            try run("whitelist enable 127.0.0.9")
            try run("whitelist change 127.0.0.9 --deny --no-expiry")
            try expectAdmitted("127.0.0.8")
            try run("whitelist change 127.0.0.9 --cidr 127.0.0.7 --allow", says: "127.0.0.7")
            try expectAdmitted("127.0.0.7", "127.0.0.8")
            let added = try run("whitelist add 127.0.0.7 --deny --service tcp").output
            let id = try #require(added.firstMatch(of: /entry (tcp-\d+): deny/)?.1)
            try expectAdmitted("127.0.0.8")
            try run("whitelist remove \(id) 127.0.0.8")
            try expectAdmitted("127.0.0.7")
            try run("whitelist remove 127.0.0.8", exit: 1, says: "no entry has the CIDR")
            try run("whitelist remove 4711", exit: 1, says: "unknown entry 4711")
            try run("whitelist add --my-address", exit: 1, says: "does not know your address")
        }

        @Test("What opens a warehouse to the world is confirmed, and a dry run changes nothing")
        func confirmation() throws {
            try run("whitelist add 0.0.0.0/0", exit: 5, says: "every address", "--yes")
            try run("whitelist mode anywhere", exit: 5, says: "every address")
            try run("whitelist add 0.0.0.0/0 --dry-run", says: "dry run: ")
            try run("whitelist mode anywhere --dry-run", says: "would need --yes: this opens")
            try run("whitelist mode nowhere --dry-run", says: "dry run: ")
            try expectAdmitted("127.0.0.8")
            let confirmed = try run("whitelist mode anywhere --yes")
            #expect(confirmed.errorOutput.isEmpty, "it was made: \(confirmed)")
            try run("whitelist mode specific --yes")
            let agreed = try TerminalDialogue.run(
                ["whitelist", "mode", "anywhere", "--management", sluice.management.description],
                [.init("Continue? [y/N] ", "y")]
            )
            #expect(agreed.status == 0 && agreed.output.contains("mode anywhere"), "\(agreed)")
            #expect(!agreed.output.contains("would need"), "\(agreed)")
            let trial = try run("whitelist mode anywhere --yes --json").output
            #expect(trial.contains(#""needsConfirmation": []"#), "\(trial)")
            try expectAdmitted("127.0.0.7", "127.0.0.8", "127.0.0.9")
            try run("whitelist mode nowhere", says: "mode nowhere")
            try expectAdmitted()
            try run("whitelist mode specific")
            try expectAdmitted("127.0.0.8")
            try run("whitelist show", says: "mode specific")
        }

        @Test("Lists are imported as a whole or not at all, and exported as they can be imported")
        func lists() throws {
            let bad = try site.folder.write("127.0.0.9\n10.0.0.1/8\nnonsense\n", to: "bad.cidrs")
            try run("whitelist import \(bad)", exit: 65, says: "10.0.0.0/8", "nonsense")
            try expectAdmitted("127.0.0.8")
            let good = try site.folder.write("127.0.0.9 # ETL\n", to: "good.cidrs")
            try run("whitelist import \(good) --replace --dry-run", says: "1 added", "1 removed")
            try expectAdmitted("127.0.0.8")
            try run("whitelist import \(good)", says: "1 added")
            try expectAdmitted("127.0.0.8", "127.0.0.9")
            try run("whitelist import \(good) --replace", says: "1 removed")
            try expectAdmitted("127.0.0.9")
            let exported = try run("whitelist export", says: "127.0.0.9", "ETL").output
            let again = try site.folder.write(exported, to: "again.cidrs")
            let result = try run("whitelist import \(again) --replace", says: "1 unchanged")
            #expect(!result.output.contains("added") && !result.output.contains("removed"))
            try run("whitelist disable 127.0.0.9")
            try run("whitelist import \(again)", says: "1 kept", "--update")
            try expectAdmitted()
            try run("whitelist import \(again) --update --dry-run", says: "enabled no -> yes")
            try run("whitelist import \(again) --update", says: "1 changed")
            try expectAdmitted("127.0.0.9")
            let several = "whitelist add 127.0.0.7 127.0.0.9 127.0.0.12-127.0.0.13"
            try run(several, exit: 1, says: "127.0.0.9 is already in the list", "127.0.0.12/31")
            try expectAdmitted("127.0.0.7", "127.0.0.9")
        }

        @Test("A group counts for the warehouses that it is attached to, and outlasts its name")
        func groups() throws {
            try run("group create partners --description suppliers", says: "created group partners")
            try run("group create partners", exit: 1, says: "already exists")
            try run("whitelist add 127.0.0.9 --group partners")
            try expectAdmitted("127.0.0.8")
            try run("group attach partners", says: "attached group partners to WHTEST")
            try expectAdmitted("127.0.0.8", "127.0.0.9")
            try run("group rename partners friends")
            try expectAdmitted("127.0.0.8", "127.0.0.9")
            try run("group", says: "friends", "suppliers", "WHTEST")
            try run("group describe friends known", says: "described")
            try run("group remove friends", exit: 1, says: "friends")
            try run("whitelist remove 127.0.0.9 --group friends")
            try expectAdmitted("127.0.0.8")
            try run("group detach friends")
            try run("group remove friends", says: "removed group friends")
            try run("group attach friends", exit: 1, says: "friends")
        }

        @Test("sluice denials allow admits a client that was denied, and says why it cannot")
        func denials() throws {
            try expectAdmitted("127.0.0.8")
            try run("denials", says: "127.0.0.7/32", "notInWhitelist")
            try run("denials allow 127.0.0.7 --expires 24h", says: "127.0.0.7/32")
            try expectAdmitted("127.0.0.7", "127.0.0.8")
            try run("explain -w WHTEST --source 127.0.0.7", says: "allow", "127.0.0.7/32")
            try run("explain -w WHTEST --source 127.0.0.66", exit: 1, says: "deny")
            try run("denials allow 127.0.0.66", exit: 1, says: "no denial of 127.0.0.66")
            try run("whitelist add 127.0.0.66 --deny")
            #expect(try !site.admits("127.0.0.66"))
            let denying = "deny 127.0.0.66 denies 127.0.0.66/32 (sluice whitelist remove"
            try run("denials allow 127.0.0.66", exit: 1, says: denying)
            try run("whitelist disable 127.0.0.7")
            let disabled = "allow 127.0.0.7/32 is disabled (sluice whitelist enable"
            try run("denials allow 127.0.0.7", exit: 1, says: disabled)
        }

        @Test("Endpoints, services and outbound services are registered, changed and removed")
        func privateLinks() throws {
            let (endpoint, service) = ("aws:vpce-0aaaaaaaaaaaaaaaa", "vpce-svc-0f1e2d3c4b5a69788")
            try run("endpoint register \(endpoint) --description reporting", says: "registered")
            try run("endpoint", says: endpoint, "available", "reporting")
            try run("endpoint reject \(endpoint)", says: "rejected endpoint")
            try run("endpoint register \(endpoint)")
            try run("endpoint", says: "rejected")
            try run("endpoint accept \(endpoint)", says: "accepted endpoint")
            try run("endpoint change \(endpoint) --connection-limit 2", says: "changed endpoint")
            #expect(
                try sluice.exportedPolicy().warehouses[0].endpoints.map(\.state) == ["available"]
            )
            try run("endpoint remove \(endpoint)", says: "removed endpoint")
            try run("endpoint remove \(endpoint)", exit: 1)
            try run("endpoint register nonsense", exit: 1)

            let principal = "arn:aws:iam::210987654321:root"
            try run("service create \(service) --cloud aws --region us-east-1", says: "created")
            try run("service allow \(service) \(principal)", says: "allowed")
            try run("service", says: service, principal, "manual")
            try run("service change \(service) --acceptance automatic")
            try run("service disallow \(service) \(principal)")
            let list = try run("service", says: "automatic")
            #expect(!list.output.contains(principal))
            try run("service remove \(service)", says: "removed")

            try run("outbound register \(service) --cloud aws --region us-east-1", says: service)
            try run("outbound", says: service, "us-east-1")
            try run("outbound remove \(service)", says: "removed outbound service")
            try run("outbound remove \(service)", exit: 1)
            try run("outbound", says: "no outbound services")
        }

        @Test(
            "A key permits what its role says; without one, another user of the machine is refused"
        )
        func keys() throws {
            guard getuid() == 0 else { return }
            func runAsStranger(_ line: String, key: String?) throws -> CommandResult {
                let user = ["--reuid=65534", "--clear-groups", "--", try Programs.sluice()]
                return try runProgram(
                    "setpriv",
                    user + line.split(separator: " ").map(String.init)
                        + ["--management", sluice.management.description],
                    environment: ["SLUICE_API_KEY": key ?? "", "HOME": "/nonexistent"]
                )
            }
            let reader = try run("key create reader --role read --quiet").output
                .trimmingCharacters(in: .newlines)
            let operatorKey = try run("key create ci --role operate --quiet --source 127.0.0.0/8")
                .output.trimmingCharacters(in: .newlines)
            for (line, key, status) in [
                ("status", nil, 77), ("status", "sk-nonsense", 77), ("status", reader, 0),
                ("whitelist", reader, 0), ("whitelist add 127.0.0.9", reader, 77),
                ("key", reader, 77), ("audit", reader, 77), ("key", operatorKey, 77),
                ("whitelist add 127.0.0.9", operatorKey, 0),
            ] as [(String, String?, Int32)] {
                let result = try runAsStranger(line, key: key)
                #expect(result.status == status, "\(line) \(result)")
            }
            try expectAdmitted("127.0.0.8", "127.0.0.9")
            try run("key", says: "reader", "ci", "operate", "127.0.0.1")
            let audit = try run("audit", says: "ci", "127.0.0.1", "whitelist.entry.add")
            #expect(!audit.output.contains(operatorKey))
            try run("key create ci --role nonsense", exit: 64)
            let trial = try run("key create dry --role read --dry-run").output
            #expect(trial == "dry run: would create key dry, role read\n", "it has no id yet")
            let id = try #require(
                try run("key").output.split(separator: "\n").first { $0.contains(" ci ") }?
                    .split(separator: " ").first
            )
            try run("key change \(id) --role read", says: "changed key ci")
            let refused = try runAsStranger("whitelist remove 127.0.0.9", key: operatorKey)
            #expect(refused.status == 77, "\(refused)")
            try run("key change \(id) --source 10.0.0.0/8")
            #expect(try runAsStranger("status", key: operatorKey).status == 77)
            try run("key show \(id)", says: "10.0.0.0/8")
            try run("key create unused --role read --quiet")
            try run("key show unused", says: "last used   never")
            let admin = try run("key create admin --role administer --quiet").output
                .trimmingCharacters(in: .newlines)
            let own = try runAsStranger("key remove admin", key: admin)
            #expect(own.status == 5 && own.errorOutput.contains("the key that you are using"))
            #expect(try runAsStranger("key remove unused", key: admin).status == 0)
            #expect(try runAsStranger("key remove admin --yes", key: admin).status == 0)
            try run("key remove \(id)", says: "removed key ci")
            try run("key show \(id)", exit: 1)
        }

        @Test(
            "The audit is exported by warehouse, actor and action; an unknown warehouse is an error"
        )
        func auditFilters() throws {
            try run("whitelist add 127.0.1.1")
            try run("group create partners")
            let lines = { (options: String) in
                try run("audit export \(options)").output.split(separator: "\n").count
            }
            #expect(try lines("--action whitelist.entry.add") == 1)
            #expect(try lines("--action group --actor root") == 1)
            #expect(try lines("--action group --actor nobody") == 0)
            #expect(try lines("--action whitelist --warehouse WHTEST") == 1)
            for command in ["audit", "audit export", "audit --json"] {
                let unknown = try run(
                    "\(command) -w WH9",
                    exit: 1,
                    says: #"unknown warehouse "WH9""#
                )
                #expect(unknown.output.isEmpty)
            }
            try run("audit export --action nonsense", exit: 64)
            try run("audit --action whitelist.mode", says: "no records")
            try run("audit verify", says: "records, head")
            try run("audit --action group --limit 0", says: "and 1 more")
        }

        @Test("The audit has every change in its order, and is valid")
        func audit() throws {
            for number in 1...5 { try run("whitelist add 127.0.1.\(number)") }
            try run("group create partners")
            try waitForFirstAccount()
            let all = try run("audit", says: "warehouse.import", "group.create").output
            #expect(all.split(separator: "\n").count == 1 + 8, "\(all)")
            try run("audit --action group.create", says: "partners")
            try run("audit --since 24h", says: "group.create")
            let lines = try run("audit export").output.split(separator: "\n")
            struct Line: Decodable { var number: Int }
            let numbers = try lines.map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8)).number
            }
            #expect(numbers == Array(1...8))
            let head = try run("audit verify", says: "valid: 8 records").output
            let hash = try #require(head.split(separator: " ").last)
            // What was logged cannot be rewritten in the store without a trace.
            #expect(sluice.logs(hash.trimmingCharacters(in: .newlines)))
        }

        @Test("An exported policy is applied without effect; another one as a whole or not at all")
        func policy() throws {
            try run("whitelist add 127.0.0.9 --service tcp --description ETL --expires 90d")
            try run("group create partners")
            try run("whitelist add 10.0.0.0/8 --deny --group partners")
            try run("group attach partners")
            try run("endpoint register aws:vpce-0aaaaaaaaaaaaaaaa --description reporting")
            try run("outbound register vpce-svc-0f1e2d3c4b5a69788 --cloud aws --region us-east-1")
            try waitForFirstAccount()
            let exported = try run("policy export").output
            let file = try site.folder.write(exported, to: "policy.json")
            let head = try run("audit verify").output
            for _ in 0..<2 {
                try run("policy diff \(file)", says: "no changes")
                try run("policy apply \(file)", says: "no changes")
            }
            let pipe =
                #"set -e; "$0" policy export --management "$1""#
                + #" | "$0" policy apply - --management "$1""#
            let piped = try runProgram(
                "sh",
                ["-c", pipe, Programs.sluice(), sluice.management.description]
            )
            #expect(piped.status == 0 && piped.output == "no changes\n", "\(piped)")
            #expect(try run("policy export").output == exported)
            #expect(try run("audit verify").output == head, "nothing has happened")

            // Of a version that is gone, a policy is not applied; without one it is.
            try run("whitelist remove 127.0.0.8")
            try run("whitelist add 127.0.0.7")
            try expectAdmitted("127.0.0.7", "127.0.0.9")
            let old = try site.folder.write(
                #"{"version":1,"# + exported.dropFirst(),
                to: "old.json"
            )
            try run("policy apply \(old)", exit: 1, says: "has changed")
            try run("policy diff \(file)", exit: 1, says: "1 added, 1 removed")
            try expectAdmitted("127.0.0.7", "127.0.0.9")
            try run("policy apply \(file)", says: "1 added, 1 removed")
            try expectAdmitted("127.0.0.8", "127.0.0.9")
            try run("policy apply \(file)", says: "no changes")

            // What would have to be confirmed is known before.
            let open = exported.replacing(#""mode": "specific""#, with: #""mode": "anywhere""#)
            let opening = try site.folder.write(open, to: "open.json")
            let reason = "every address"
            try run("policy diff \(opening)", exit: 1, says: "would need --yes:", reason)
            try run("policy apply \(opening)", exit: 5, says: reason)

            let faulty = exported.replacing("127.0.0.8", with: "127.0.0.8/8")
                .replacing("\"ETL\"", with: "\"changed\"")
            let wrong = try site.folder.write(faulty, to: "wrong.json")
            try run("policy apply \(wrong)", exit: 1, says: "127.0.0.0/8")
            try run("policy diff \(wrong)", exit: 2)
            try run("policy diff \(file)", says: "no changes")
            let torn = try site.folder.write(String(exported.dropLast(20)), to: "torn.json")
            try run("policy apply \(torn)", exit: 65)
        }

        @Test("A running query ends with the entry that admitted it, and no other")
        func query() throws {
            let database = try MariaDBServer.shared.get()
            var site = try StoreSite(whitelist: "{ entries: [ { cidr: 127.0.0.0/8 } ] }")
            let listener = try ListenerFile("mysql", to: database.endpoint)
            site.file.listeners = [listener]
            let sluice = try site.start()
            #expect(try sluice.command("whitelist", "add", "127.0.0.9", "--deny").status == 0)
            let relays = try ["127.0.0.7", "127.0.0.8"].map {
                try SourceRelay(from: $0, to: listener.listen)
            }
            let revoked = try RunningQuery("revoked", at: relays[0].endpoint)
            let kept = try RunningQuery("kept", at: relays[1].endpoint)
            try revoked.waitUntilServed(by: database)
            let session = try kept.waitUntilServed(by: database)
            #expect(try sluice.status().activeConnections == 2)
            #expect(try sluice.command("whitelist", "add", "127.0.0.8").status == 0)
            let removed = try sluice.command("whitelist", "remove", "127.0.0.0/8")
            #expect(removed.status == 0, "\(removed)")
            let ended = try revoked.result()
            #expect(ended.status != 0 && ended.errorOutput.contains("Lost connection"), "\(ended)")
            let line = try sluice.accessLine { $0.end == "revoked" }
            #expect(line.clientHost == "127.0.0.7" && line.reason == "notInWhitelist")

            // The other's goes on, and still carries what the database has to say.
            #expect(try kept.session(in: database) == session && kept.isRunning)
            try database.administer("KILL QUERY \(session)")
            let words = try kept.result().errorOutput
            #expect(words.contains("Query execution was interrupted"), "\(words)")
            withExtendedLifetime(relays) {}
        }
    }
}
