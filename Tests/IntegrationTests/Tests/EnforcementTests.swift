import Foundation
import Testing

extension IntegrationTests {
    /// What acts on sessions that run already, and the commands that show it.
    @Suite("Enforcement")
    struct EnforcementTests {
        /// A gateway before an echo, with a list that a test changes.
        private struct Site {
            let file: GatewayFile
            let sluice: SluiceProcess
            private let echo: ThreadedServer

            var listen: Endpoint { file.listeners[0].listen }

            init(
                whitelist: String,
                warehouse: [String] = [],
                settings: [String] = []
            ) throws {
                echo = try ThreadedServer.echo()
                let listener = try ListenerFile("tcp", to: echo.endpoint)
                var file = GatewayFile(listener, settings: settings, whitelist: whitelist)
                file.warehouse = warehouse
                self.file = file
                sluice = try SluiceProcess(file)
            }

            func command(_ arguments: String...) throws -> CommandResult {
                let address = sluice.management.description
                return try runProgram(Programs.sluice(), arguments + ["--management", address])
            }

            func reload(whitelist: String) throws {
                var file = file
                file.whitelist = whitelist
                try sluice.reload(to: file)
            }
        }

        private let everybody =
            "{ mode: specific, entries: [ { cidr: 127.0.0.0/8, description: all of us } ] }"
        private let withoutOne =
            "{ mode: specific, entries: [ { cidr: 127.0.0.0/8 },"
            + " { cidr: 127.0.0.9/32, action: deny } ] }"

        @Test("A narrower list closes exactly the one session that it denies")
        func narrower() throws {
            let site = try Site(whitelist: everybody)
            let sessions = try (0..<300).map { number in
                try Connection(to: site.listen, from: "127.0.\(1 + number % 3).\(1 + number / 3)")
            }
            let one = try Connection(to: site.listen, from: "127.0.0.9")
            for session in sessions + [one] { #expect(try session.exchange("before")) }
            var file = site.file
            file.whitelist = withoutOne
            let path = try site.sluice.folder.write(
                file.text(management: site.sluice.management),
                to: "next.yaml"
            )
            let preview = try site.command("check", "--config", path, "--live")
            #expect(preview.output.contains("1 running session would be closed, 300 kept"))
            #expect(preview.output.contains("deniedByRule"))
            // The file's own management address is the gateway's.
            let own = try runProgram(Programs.sluice(), ["check", "--config", path, "--live"])
            #expect(own.output == preview.output)

            try site.sluice.reload(to: file)
            #expect(try one.receiveToEnd().bytes.isEmpty)
            for session in sessions { #expect(try session.exchange("after")) }
            let line = try site.sluice.accessLine()
            #expect(line.end == "revoked" && line.reason == "deniedByRule")
            #expect(line.clientHost == "127.0.0.9" && line.verdict == "allow")
        }

        @Test("A running query ends when the list no longer admits it")
        func query() throws {
            let database = try MariaDBServer.shared.get()
            let file = GatewayFile(
                try ListenerFile("mysql", to: database.endpoint),
                whitelist: everybody
            )
            let sluice = try SluiceProcess(file)
            let address = file.listeners[0].listen
            let query = try RunningQuery("doomed", at: address)
            try query.waitUntilServed(by: database)
            var closed = file
            closed.whitelist = "{ mode: nowhere }"
            try sluice.reload(to: closed)
            let ended = try query.result()
            #expect(ended.status != 0 && ended.errorOutput.contains("Lost connection"), "\(ended)")
            #expect(try sluice.accessLine().reason == "linkClosed")
        }

        @Test("If sessions are kept, a narrower list closes none")
        func kept() throws {
            let site = try Site(whitelist: everybody, warehouse: ["whenRevoked: keep"])
            let session = try Connection(to: site.listen, from: "127.0.0.9")
            #expect(try session.exchange("before"))
            try site.reload(whitelist: withoutOne)
            #expect(try Connection(to: site.listen, from: "127.0.0.9").receiveToEnd().bytes.isEmpty)
            #expect(try session.exchange("after"))
        }

        @Test("sessions lists running sessions, and closes those that match a filter")
        func sessions() throws {
            let site = try Site(whitelist: everybody)
            let first = try Connection(to: site.listen, from: "127.0.0.7")
            let second = try Connection(to: site.listen, from: "127.0.0.8")
            for session in [first, second] { #expect(try session.exchange("x")) }

            let table = try site.command("sessions")
            #expect(table.output.contains("127.0.0.7:") && table.output.contains("127.0.0.8:"))
            let closed = try site.command("sessions", "close", "--source", "127.0.0.7")
            #expect(closed.output.hasSuffix("closed 1 session\n"), "\(closed)")
            #expect(try first.receiveToEnd().bytes.isEmpty)
            #expect(try second.exchange("y"))
            #expect(try site.sluice.accessLine().end == "closedByOperator")
        }

        @Test("A limit on closing applies, and the oldest are closed first")
        func limitedClosing() throws {
            let site = try Site(whitelist: everybody)
            func open(_ count: Int) throws -> [Connection] {
                try (0..<count).map { _ in
                    let session = try Connection(to: site.listen)
                    #expect(try session.exchange("x"))
                    return session
                }
            }
            // Within a second or so, and where the first ones were, later ones are now.
            let first = try open(4)
            let kept = try open(4)
            for session in first { session.close() }
            try wait(for: "the first sessions to end") {
                try site.command("sessions").output.split(separator: "\n").count == 1 + kept.count
            }
            let sessions = try kept + open(8)
            let closed = try site.command("sessions", "close", "--all", "--limit", "5")
            #expect(closed.output.hasSuffix("closed 5 sessions; 7 more match\n"), "\(closed)")
            for session in sessions.prefix(5) {
                #expect(try session.receiveToEnd().bytes.isEmpty)
            }
            for session in sessions.dropFirst(5) { #expect(try session.exchange("y")) }
        }

        @Test("sessions close without a filter, or with an invalid one, is incorrect usage")
        func usage() throws {
            for arguments in [
                [], ["--source", "10.0.0.1/8"], ["--idle", "5"], ["--link", "x"], ["--limit", "1"],
                ["--endpoint", "amazon:1"], ["--all", "--limit", "-1"],
            ] {
                let result = try runProgram(
                    Programs.sluice(),
                    ["sessions", "close"] + arguments
                )
                #expect(result.status == 64, "\(arguments)")
            }
        }

        @Test("explain shows what the listener does, for the running gateway and for a file")
        func explain() throws {
            let site = try Site(whitelist: withoutOne)
            for (address, verdict, status) in [
                ("127.0.0.8", "allow", Int32(0)), ("127.0.0.9", "deny", 1), ("10.0.0.1", "deny", 1),
            ] {
                let arguments = ["explain", "--warehouse", "WHTEST", "--source", address]
                let sources = [
                    ["--management", site.sluice.management.description],
                    ["--config", site.sluice.configurationPath],
                ]
                let answers = try sources.map { try runProgram(Programs.sluice(), arguments + $0) }
                #expect(answers.map(\.status) == [status, status])
                #expect(answers[0].output == answers[1].output)
                #expect(answers[0].output.hasPrefix("\(verdict)  \(site.listen)"))
            }
            let client = try Connection(to: site.listen, from: "127.0.0.9")
            #expect(try client.receiveToEnd().bytes.isEmpty)
        }

        @Test("A client that keeps retrying is counted, and does not fill the log")
        func denials() throws {
            let site = try Site(whitelist: withoutOne, settings: ["engine: { shards: 1 }"])
            for _ in 0..<200 {
                // Its connect may succeed or fail: it is reset without a word.
                if let client = try? Connection(to: site.listen, from: "127.0.0.9") {
                    _ = try? client.receiveToEnd()
                }
            }
            try wait(for: "200 denials") {
                try site.command("denials").output.contains(" 200 ")
            }
            let json = try site.command("denials", "--json")
            let list = try JSONSerialization.jsonObject(with: Data(json.output.utf8))
            let records = (list as? [String: Any])?["denials"] as? [[String: Any]]
            let record = try #require(records?.first)
            #expect(record["source"] as? String == "127.0.0.9/32")
            #expect(record["reason"] as? String == "deniedByRule")
            #expect(record["rule"] as? String == "127.0.0.9/32")
            #expect(record["listener"] as? String == site.listen.description)

            let metrics = try site.sluice.metrics().samples
            let unlogged = metrics.first { $0.name == "sluice_denials_unlogged_total" }?.value
            #expect(unlogged == 140, "60 lines a minute for each source and reason")
        }

        @Test("denials are filtered by source, warehouse and time; --limit 0 still counts them")
        func denialFilters() throws {
            let site = try Site(whitelist: withoutOne)
            let client = try Connection(to: site.listen, from: "127.0.0.9")
            #expect(try client.receiveToEnd().bytes.isEmpty)
            try wait(for: "a denial") {
                try site.command("denials").output.contains("deniedByRule")
            }
            for (filter, matches) in [
                (["--source", "127.0.0.0/24"], true), (["--source", "127.0.0.8"], false),
                (["--warehouse", "WHTEST"], true),
                (["--since", "1h"], true), (["--since", "2099-01-01T00:00:00Z"], false),
                (["--listener", site.listen.description, "--reason", "deniedByRule"], true),
            ] {
                let address = ["--management", site.sluice.management.description]
                let arguments = ["denials"] + filter + address
                let result = try runProgram(Programs.sluice(), arguments)
                #expect(result.status == 0, "\(result)")
                #expect(result.output.contains("127.0.0.9/32") == matches, "\(filter)")
                #expect((result.output == "no denials\n") == !matches, "\(filter)")
            }
            let none = try site.command("denials", "--limit", "0").output
            #expect(none.contains("1 more") && !none.contains("no denials"))
        }
    }
}
