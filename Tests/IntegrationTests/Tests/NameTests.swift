import Testing

extension IntegrationTests {
    /// Backends that are written by name.
    @Suite("Backends by name", .onlyWithNetworks)
    struct NameTests {
        private let network: NamedNetwork

        init() throws {
            network = try NamedNetwork()
        }

        private func listener(_ backends: String...) throws -> ListenerFile {
            var listener = try ListenerFile("tcp")
            listener.backends = backends
            return listener
        }

        /// Waits until a client is told so; the shards take a new snapshot a moment after the reload.
        private func waitToHear(_ words: String, at listener: ListenerFile) throws {
            try wait(for: "\(words) at \(listener.listen)") {
                (try? hear(at: listener, byteCount: words.utf8.count)) == words
            }
        }

        /// What a client receives first.
        private func hear(at listener: ListenerFile, byteCount: Int) throws -> String {
            try network.inside {
                try Connection(to: listener.listen).receiveText(byteCount: byteCount)
            }
        }

        @Test("A DNS server that answers nothing delays neither start, reload nor stop")
        func silence() throws {
            let dead = (0..<20).map { "dead-\($0).test" }
            for name in dead { network.names[name] = .silence }
            let server = try network.server("alive")
            let literal = try listener("\(server.endpoint)")
            var named = try listener()
            named.backends = dead.map { "\($0):9030" }
            // The harness waits 30 s; the system's resolver takes 10 s for each name.
            let sluice = try network.start(GatewayFile(literal, named))
            #expect(try hear(at: literal, byteCount: 5) == "alive")

            let other = try network.server("other")
            var changed = literal
            changed.backends = [other.endpoint.description]
            for name in ["fresh-1.test", "fresh-2.test"] { network.names[name] = .silence }
            named.backends += ["fresh-1.test:9030", "fresh-2.test:9030"]
            try network.inside { try sluice.reload(to: GatewayFile(changed, named)) }
            try waitToHear("other", at: literal)
            #expect(try sluice.terminate() == 0)
        }

        @Test("A name unknown at startup is used as soon as it resolves, and then changes")
        func unknownAtTheStart() throws {
            let server = try network.server("first")
            let target = "late.test:\(server.endpoint.port)"
            for name in (0..<8).map({ "dead-\($0).test" }) { network.names[name] = .silence }
            let listener = try listener(target)
            var hanging = try self.listener()
            hanging.backends = (0..<8).map { "dead-\($0).test:9030" }
            let sluice = try network.start(GatewayFile(listener, hanging))
            try network.inside {
                try wait(for: "the name to be asked for again") {
                    network.names.queryCount(of: "late.test") > 1
                }
                #expect(try sluice.backend(target)?.health == "unresolved")
            }
            #expect(sluice.logs("cannot resolve backend late.test"))
            let unknown = sluice.operatorLog.split(separator: "\n").first {
                $0.contains("cannot resolve backend late.test")
            }
            #expect(unknown?.contains("still using") == false, "\(sluice.operatorLog)")

            network.names["late.test"] = .addresses([NamedNetwork.host])
            try network.inside {
                try wait(for: "the name to be known") {
                    try sluice.backend(target)?.health != "unresolved"
                }
            }
            #expect(try hear(at: listener, byteCount: 5) == "first")
            #expect(sluice.logs("late.test resolves to \(NamedNetwork.host)"))

            // Eight names that hang beside it do not delay a change: it is seen within its interval.
            network.names["late.test"] = .addresses(["10.5.0.9"])
            try wait(for: "the new address", within: .seconds(60)) {
                sluice.operatorLog.contains(
                    "late.test resolves to 10.5.0.9 (previously \(NamedNetwork.host))"
                )
            }
        }

        @Test("A client that connects before the first name is resolved waits, and is served")
        func firstClient() throws {
            network.names["slow.test"] = .silence
            let server = try network.server("alive")
            let listener = try listener("slow.test:\(server.endpoint.port)")
            let sluice = try network.start(GatewayFile(listener))
            let client = try network.inside { try Connection(to: listener.listen) }
            #expect(try client.isSilent(for: .milliseconds(300)))
            network.names["slow.test"] = .addresses([NamedNetwork.host])
            #expect(try client.receiveText(byteCount: 5) == "alive")
            client.close()
            #expect(try sluice.accessLine().verdict == "allow")
        }

        @Test(
            "Until the names of a reload are resolved, the backends that they replace keep serving"
        )
        func renamed() throws {
            let server = try network.server("first")
            var listener = try listener("\(server.endpoint)")
            let sluice = try network.start(GatewayFile(listener))
            let other = try network.server("other")
            network.names["slow.test"] = .silence
            listener.backends = ["slow.test:\(other.endpoint.port)"]
            try network.inside { try sluice.reload(to: GatewayFile(listener)) }
            #expect(try hear(at: listener, byteCount: 5) == "first")
            network.names["slow.test"] = .addresses([NamedNetwork.host])
            try waitToHear("other", at: listener)
        }

        @Test("No name leads to the gateway's own listeners, whatever their address")
        func itself() throws {
            network.names["gw.test"] = .addresses([NamedNetwork.host])
            let own = try network.inside { try Endpoint.free("0.0.0.0") }
            for backend in ["gw.test", NamedNetwork.host] {
                let target = "\(backend):\(own.port)"
                var listener = try ListenerFile("tcp", at: own)
                listener.backends = [target]
                let sluice = try network.start(GatewayFile(listener))
                let end = try network.inside {
                    try wait(for: "a verdict on the address") {
                        try sluice.backend(target)?.lastFailure?.contains("own address") == true
                    }
                    return try Connection(to: Endpoint("127.0.0.1", own.port)).receiveToEnd()
                }
                #expect(end.bytes.isEmpty)
                #expect(try sluice.accessLine().reason == "noBackend")
                #expect(try sluice.accessLog().count == 1, "one connection stays one")
                let words = "\(target): \(NamedNetwork.host) is not used: it is the gateway's own"
                #expect(sluice.logs(words), "\(sluice.operatorLog)")
            }
        }

        @Test("No name leads to the management address, nor to where clouds keep credentials")
        func forbidden() throws {
            let metadata = try network.server("secret", host: NamedNetwork.metadata)
            network.names["meta.test"] = .addresses([NamedNetwork.metadata])
            network.names["local.test"] = .addresses(["127.0.0.1"])
            let alive = try network.server("alive")
            let listener = try listener("\(alive.endpoint)")
            let sluice = try network.start(GatewayFile(listener))
            let forbidden = [
                "meta.test:\(metadata.endpoint.port)", "local.test:\(sluice.management.port)",
            ]
            var changed = listener
            changed.backends = forbidden
            try network.inside {
                try sluice.reload(to: GatewayFile(changed))
                for target in forbidden {
                    try wait(for: "a verdict on \(target)") {
                        try sluice.backend(target)?.lastFailure?.contains("is not used") == true
                    }
                }
                let client = try Connection(to: listener.listen)
                try client.send("GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                #expect(try client.receiveToEnd().bytes.isEmpty)
            }
            #expect(metadata.accepted == 0)
            #expect(sluice.logs("169.254.169.254 is not used: it is a link-local"))
            #expect(sluice.logs("127.0.0.1 is not used: it is a loopback address"))

            // Written literally, loopback is meant.
            let own = try network.inside { try ThreadedServer.named("local") }
            changed.backends = ["\(own.endpoint)", "localhost:\(own.endpoint.port)"]
            try network.inside { try sluice.reload(to: GatewayFile(changed)) }
            try waitToHear("local", at: listener)
        }
    }
}
