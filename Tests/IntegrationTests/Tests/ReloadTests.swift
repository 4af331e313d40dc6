import Foundation
import Testing

extension IntegrationTests {
    /// SIGHUP puts another configuration in force, wholly or not at all.
    @Suite("Reload")
    struct ReloadTests {
        @Test(
            "A new policy applies to new connections, and closes the sessions that it does not admit"
        )
        func policy() throws {
            let echo = try ThreadedServer.echo()
            var file = GatewayFile(try ListenerFile("tcp", to: echo.endpoint))
            let listen = file.listeners[0].listen
            let sluice = try SluiceProcess(file)
            let leaving = try Connection(to: listen, from: "127.0.0.7")
            let staying = try Connection(to: listen, from: "127.0.0.8")
            #expect(try leaving.exchange("before"))
            #expect(try staying.exchange("before"))

            file.whitelist = "{ mode: specific, entries: [ { cidr: 127.0.0.8/32 } ] }"
            try sluice.reload(to: file)
            #expect(try Connection(to: listen, from: "127.0.0.7").receiveToEnd().bytes.isEmpty)
            #expect(try Connection(to: listen, from: "127.0.0.8").exchange("new"))
            #expect(try leaving.receiveToEnd().bytes.isEmpty)
            #expect(try staying.exchange("after"))
        }

        @Test("New backends serve new connections; running sessions keep theirs")
        func backends() throws {
            let old = try ThreadedServer.named("old")
            let new = try ThreadedServer.named("new")
            var file = GatewayFile(try ListenerFile("tcp", to: old.endpoint))
            let listen = file.listeners[0].listen
            let sluice = try SluiceProcess(file)
            let running = try Connection(to: listen)
            #expect(try running.receiveText(byteCount: 3) == "old")

            file.listeners[0].backends = [new.endpoint.description]
            try sluice.reload(to: file)
            #expect(try Connection(to: listen).receiveText(byteCount: 3) == "new")
            #expect(try running.exchange("still there"))
        }

        @Test("An added listener listens; a removed one refuses connections")
        func listeners() throws {
            let echo = try ThreadedServer.echo()
            let kept = try ListenerFile("tcp", to: echo.endpoint)
            let removed = try ListenerFile("tcp", to: echo.endpoint)
            let added = try ListenerFile("tcp", to: echo.endpoint)
            let sluice = try SluiceProcess(GatewayFile(kept, removed))
            let running = try Connection(to: kept.listen)
            #expect(try running.exchange("before"))

            try sluice.reload(to: GatewayFile(kept, added))
            #expect(try Connection(to: added.listen).exchange("added"))
            #expect(try Connection(to: kept.listen).exchange("kept"))
            // Each worker closes it for itself.
            try wait(for: "a closed listener") { (try? Connection(to: removed.listen)) == nil }
            #expect(try running.exchange("after"))
        }

        /// What is done to the file, and what the operator must read of it.
        private static let faults: [(words: String, change: @Sendable (String) -> String)] = [
            ("align this line with the others at its level", { $0 + "\n  :[ {" }),
            ("more than 32 nested levels", { $0 + "a0: &a0 [ x ]\n" + aliasChain }),
            ("an alias cannot be a key", { $0 + "a0: &a0 [ x ]\n" + aliasesAsKeys }),
            (
                "a device, not a regular file",
                {
                    $0.replacing(
                        "{ mode: anywhere }",
                        with: "{ mode: specific, files: [ /dev/zero ] }"
                    )
                }
            ),
            ("unknownKey", { $0 + "\nunknownKey: 1\n" }),
            (
                "warehouses[0].whitelist.entries[0].cidr",
                {
                    $0.replacing(
                        "{ mode: anywhere }",
                        with: "{ mode: specific, entries: [ { cidr: 10.0.0.1/8 } ] }"
                    )
                }
            ),
            (
                "/nonexistent/list.cidrs",
                {
                    $0.replacing(
                        "{ mode: anywhere }",
                        with: "{ mode: specific, files: [ /nonexistent/list.cidrs ] }"
                    )
                }
            ),
        ]

        /// 116 KB that once took the gateway's stack.
        private static let aliasChain =
            (1..<4_000).map { "a\($0): &a\($0) [ *a\($0 - 1) ]\n" }.joined()

        /// A few lines that once were read for ever.
        private static let aliasesAsKeys = (1..<30).map {
            "a\($0): &a\($0) { ? *a\($0 - 1) : x, ? [ *a\($0 - 1) ] : y }\n"
        }.joined()

        @Test("A pipe instead of the file is an error immediately, and the next reload works")
        func pipe() throws {
            let echo = try ThreadedServer.echo()
            let file = GatewayFile(try ListenerFile("tcp", to: echo.endpoint))
            let sluice = try SluiceProcess(file)
            let pipe = sluice.folder.path + "/pipe"
            #expect(try runProgram("mkfifo", [pipe]).status == 0)
            try sluice.requestReload(
                to: file.text(management: sluice.management)
                    .replacing("{ mode: anywhere }", with: "{ mode: specific, files: [ pipe ] }")
            )
            try wait(for: "a word on the pipe") {
                sluice.operatorLog.contains("a pipe, not a regular file")
            }
            try sluice.reload(to: file)
            #expect(try Connection(to: file.listeners[0].listen).exchange("after"))
        }

        @Test(
            "An invalid file changes nothing, and its errors are reported",
            arguments: faults.indices
        )
        func faulty(index: Int) throws {
            let echo = try ThreadedServer.echo()
            let file = GatewayFile(try ListenerFile("tcp", to: echo.endpoint))
            let sluice = try SluiceProcess(file)
            let text = Self.faults[index].change(file.text(management: sluice.management))
            try sluice.requestReload(to: text)
            let words = Self.faults[index].words
            try wait(for: "\(words) in \(sluice.operatorLog)") {
                sluice.operatorLog.contains(words)
            }
            #expect(try sluice.generation() == 1)
            #expect(try Connection(to: file.listeners[0].listen).exchange("as before"))
            try wait(for: "a failed reload in the metrics") {
                try sluice.reloadSucceeded() == false
            }
            #expect(sluice.logs(#""level":"error""#))
            // What stands before an error of the syntax is reported too: the keys of the aliases.
            let failures = ["reload failed: 1 error, first: ", "reload failed: 2 errors, first: "]
            try wait(for: "the failure in \(sluice.operatorLog)") {
                let log = sluice.operatorLog
                return failures.contains { log.contains($0) }
            }
            try wait(for: "the failure in the status") {
                try sluice.get("/v1/status").body.contains(#""failure""#)
            }

            try sluice.reload(to: file)
            try wait(for: "a good reload in the metrics") { try sluice.reloadSucceeded() }
        }

        @Test(
            "Changed keys that require a restart are named by the reload, and before it by check"
        )
        func restartKeys() throws {
            let echo = try ThreadedServer.echo()
            var file = GatewayFile(try ListenerFile("tcp", to: echo.endpoint))
            let sluice = try SluiceProcess(file)
            file.settings = ["engine: { shards: 1, linger: 3ms }"]
            let text = file.text(management: sluice.management)
            let path = try sluice.folder.write(text, to: "next.yaml")
            let check = try runProgram(
                Programs.sluice(),
                [
                    "check", "--config", path, "--live", "--management",
                    sluice.management.description,
                ]
            )
            let keys = "engine.linger, engine.shards"
            #expect(check.output.contains("requires a restart: \(keys)"))

            try sluice.reload(to: file)
            try wait(for: "a line on the keys in \(sluice.operatorLog)") {
                sluice.operatorLog.contains("changed, but requires a restart: \(keys)")
            }
        }

        @Test("The log's own settings take effect by a reload; listeners that change have a line")
        func logSettings() throws {
            let echo = try ThreadedServer.echo()
            let kept = try ListenerFile("tcp", to: echo.endpoint)
            let added = try ListenerFile("tcp", to: echo.endpoint)
            let sluice = try SluiceProcess(GatewayFile(kept))
            let path = sluice.folder.path + "/access.log"
            let text = GatewayFile(kept, added).text(management: sluice.management)
                .replacing("access: stdout", with: "access: \(path)")
                .replacing("format: json", with: "format: text")
            try sluice.requestReload(to: text)
            try wait(for: "generation 2 in \(sluice.operatorLog)") {
                sluice.operatorLog.contains("notice configuration reloaded (generation 2)\n")
            }
            #expect(sluice.logs("notice listening on \(added.listen) "))
            #expect(try Connection(to: added.listen).exchange("x"))
            try wait(for: "a line in \(path)") {
                (try? String(contentsOfFile: path, encoding: .utf8))?.hasSuffix("}\n") == true
            }
            #expect(sluice.process.output.isEmpty, "nothing goes to the old place any more")

            try sluice.reload(to: GatewayFile(kept))
            try wait(for: "a line on the removed listener in \(sluice.operatorLog)") {
                sluice.operatorLog.contains("no longer listening on \(added.listen)")
            }
        }

        @Test("A listener whose port is in use leaves the old configuration active")
        func takenPort() throws {
            let echo = try ThreadedServer.echo()
            let squatter = try Acceptor()
            let kept = try ListenerFile("tcp", to: echo.endpoint)
            let taken = try ListenerFile("tcp", at: squatter.endpoint, to: echo.endpoint)
            let sluice = try SluiceProcess(GatewayFile(kept))
            try sluice.requestReload(
                to: GatewayFile(kept, taken).text(management: sluice.management)
            )
            try wait(for: "a word on \(squatter.endpoint)") {
                sluice.operatorLog.contains(squatter.endpoint.description)
            }
            #expect(try sluice.generation() == 1)
            #expect(try Connection(to: kept.listen).exchange("as before"))
        }

        @Test("A list of 100,000 is reloaded while clients connect: none is denied or closed")
        func largeList() throws {
            let folder = try TemporaryFolder()
            let path = folder.path + "/list.cidrs"
            try writeList(0, in: folder)
            let echo = try ThreadedServer.echo()
            let listener = try ListenerFile("tcp", to: echo.endpoint)
            let file = GatewayFile(
                listener,
                settings: ["limits: { connectRatePerSource: 0 }"],
                whitelist: "{ mode: specific, files: [ \"\(path)\" ] }"
            )
            let sluice = try SluiceProcess(file)
            let running = try Connection(to: listener.listen, from: "127.0.0.7")
            #expect(try running.exchange("before"))

            let crowd = Crowd(around: listener.listen)
            for generation in 1...5 {
                try writeList(generation, in: folder)
                try sluice.reload(to: file)
                #expect(try running.exchange("generation \(generation)"))
            }
            let outcome = crowd.stop()
            #expect(outcome.failures == [])
            #expect(outcome.admitted > 20)
            #expect(try running.exchange("after"))
            #expect(try sluice.accessLog().allSatisfy { $0.verdict == "allow" })
        }

        /// 100,000 networks, different ones each time, and among them the clients'.
        private func writeList(_ generation: Int, in folder: TemporaryFolder) throws {
            let networks = (0..<99_999).map {
                "\(10 + generation).\($0 >> 9).\($0 >> 1 & 255).\(($0 & 1) * 128)/25"
            }
            let text = (networks + ["127.0.0.0/24"]).joined(separator: "\n")
            try folder.write(text + "\n", to: "list.cidrs")
        }
    }
}
