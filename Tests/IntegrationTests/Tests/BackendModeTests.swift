import Testing

extension IntegrationTests {
    /// What the configuration and the operator say of a backend.
    @Suite("Backends' weights, backups and modes")
    struct BackendModeTests {
        /// A gateway of one shard before the backends `a` and `b`, which say their names.
        private struct Site {
            let a: ThreadedServer
            let b: ThreadedServer
            var file: GatewayFile
            let sluice: SluiceProcess

            init(_ keysOfB: String? = nil, settings: [String] = []) throws {
                (a, b) = (try ThreadedServer.named("a"), try ThreadedServer.named("b"))
                var listener = try ListenerFile(
                    "tcp",
                    to: a.endpoint,
                    b.endpoint,
                    settings: settings
                )
                if let keysOfB { listener.backendKeys["\(b.endpoint)"] = keysOfB }
                file = GatewayFile(listener, settings: ["engine: { shards: 1 }"])
                sluice = try SluiceProcess(file)
            }

            var listen: Endpoint { file.listeners[0].listen }

            func open() throws -> (name: String, connection: Connection) {
                let connection = try Connection(to: listen)
                return (try connection.receiveText(byteCount: 1), connection)
            }

            func names(_ count: Int) throws -> [String] {
                try (0..<count).map { _ in try open().name }
            }

            @discardableResult
            func command(_ arguments: String...) throws -> CommandResult {
                let management = ["--management", sluice.management.description]
                return try runProgram(Programs.sluice(), ["backend"] + arguments + management)
            }
        }

        @Test("With twice the weight a backend gets twice as many connections")
        func weight() throws {
            let site = try Site("weight: 2")
            let held = try (0..<30).map { _ in try site.open() }
            #expect(held.count { $0.name == "b" } == 20)
        }

        @Test("A backup is used while no other backend can be, and no longer")
        func backup() throws {
            let site = try Site("backup: true")
            #expect(try Set(site.names(10)) == ["a"])
            site.a.stop()
            #expect(try Set(site.names(10)) == ["b"])
            let again = try ThreadedServer.named("a", at: site.a.endpoint)
            try wait(for: "the return of a", within: .seconds(60)) {
                pause(.milliseconds(100))
                return try site.names(1) == ["a"]
            }
            #expect(again.accepted > 0)
        }

        @Test("A draining backend gets no new connections, and existing ones continue")
        func drain() throws {
            let site = try Site()
            let held = try (0..<4).map { _ in try site.open() }
            let result = try site.command("mode", "drain", "\(site.a.endpoint)")
            #expect(result.status == 0 && result.output.contains("drain (set)"), "\(result)")
            #expect(try Set(site.names(10)) == ["b"])
            for session in held { #expect(try session.connection.exchange("still here")) }
            try site.command("mode", "active", "\(site.a.endpoint)")
            #expect(try Set(site.names(10)).contains("a"))
        }

        @Test("A reload keeps an operator's mode; configured restores the file's")
        func reload() throws {
            var site = try Site("mode: drain")
            #expect(try Set(site.names(10)) == ["a"])
            try site.command("mode", "active", "\(site.b.endpoint)")
            #expect(try Set(site.names(10)) == ["a", "b"])
            site.file.settings.append("limits: { connections: 1000 }")
            try site.sluice.reload(to: site.file)
            #expect(try Set(site.names(10)) == ["a", "b"])
            try site.command("mode", "configured", "\(site.b.endpoint)")
            #expect(try Set(site.names(10)) == ["a"])
            #expect(site.sluice.logs("\(site.b.endpoint) (listener"))
        }

        @Test("In maintenance a backend is not checked; in drain it is")
        func maintenance() throws {
            let site = try Site(settings: ["healthCheck: { type: tcp, interval: 20ms }"])
            try wait(for: "checks of both") { site.a.accepted > 2 && site.b.accepted > 2 }
            try site.command("mode", "maintenance", "\(site.a.endpoint)")
            try site.command("mode", "drain", "\(site.b.endpoint)")
            func waitForChecksOfB() throws {
                let drained = site.b.accepted
                try wait(for: "more checks of b") { site.b.accepted > drained + 5 }
            }
            // A check that was under way may still arrive, and late.
            var before = site.a.accepted
            try wait(for: "the last check of a") {
                let last = before
                try waitForChecksOfB()
                before = site.a.accepted
                return before == last
            }
            try waitForChecksOfB()
            #expect(site.a.accepted == before)
        }

        @Test("If all backends are out of service, the log reports it")
        func closed() throws {
            let site = try Site("mode: maintenance")
            try site.command("mode", "drain", "\(site.a.endpoint)")
            #expect(try Connection(to: site.listen).receiveToEnd().bytes.isEmpty)
            let line = try site.sluice.accessLine()
            #expect(line.reason == "noBackend")
            #expect(line.detail == "all backends are in drain or maintenance mode")
        }

        @Test("The error of a failed connection shows when its backend is tried again")
        func nextTry() throws {
            let (one, two) = (try Endpoint.free(), try Endpoint.free())
            let listener = try ListenerFile("tcp", to: one, two)
            let sluice = try SluiceProcess(GatewayFile(listener))
            for _ in 0..<4 { _ = try Connection(to: listener.listen).receiveToEnd() }
            let details = try sluice.accessLines(count: 4).map { $0.detail ?? "" }
            #expect(details[0].contains("retried with the next connection"), "\(details)")
            #expect(details[3].contains("ejected for"), "\(details)")
        }

        @Test("An unknown backend is an error with a suggestion, and nothing changes")
        func unknown() throws {
            let site = try Site()
            let result = try site.command("mode", "drain", "127.0.0.1:1")
            #expect(result.status == 1)
            #expect(result.errorOutput.contains("unknown backend"), "\(result)")
            #expect(try site.command("mode", "drained", "x").status == 64)
            let list = try site.command("list").output
            #expect(list.contains("\(site.a.endpoint)") && !list.contains("drain"), "\(list)")
        }
    }
}
