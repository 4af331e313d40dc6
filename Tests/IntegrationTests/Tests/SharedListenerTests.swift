import Testing

extension IntegrationTests {
    /// One private listener that leads to two warehouses, told apart by endpoint.
    @Suite("Shared listeners")
    struct SharedListenerTests {
        /// A gateway whose listener leads endpoint 1 to the warehouse A, and endpoint 2 to B.
        private struct Site {
            static let endpoints = (1...9).map { AttestedEndpoint(cloud: .aws, number: $0) }

            let listen: Endpoint
            /// A's only backend.
            let a: Acceptor
            /// B's, of which only the second one listens.
            let b: Acceptor
            private let dead: Endpoint
            let sluice: SluiceProcess

            init(isDefault: Bool = false) throws {
                listen = try .free()
                (a, b, dead) = (try Acceptor(), try Acceptor(), try Endpoint.free())
                sluice = try SluiceProcess(
                    Self.file(listen, a.endpoint, [dead, b.endpoint], isDefault: isDefault)
                )
            }

            /// The file in another form.
            func reload(
                stateOfB: String = "available",
                owners: (String, String) = ("A", "B"),
                limitOfB: Int = 0
            ) throws {
                try sluice.reload(
                    to: Self.file(
                        listen,
                        a.endpoint,
                        [dead, b.endpoint],
                        stateOfB: stateOfB,
                        owners: owners,
                        limitOfB: limitOfB
                    )
                )
            }

            private static func file(
                _ listen: Endpoint,
                _ a: Endpoint,
                _ b: [Endpoint],
                stateOfB: String = "available",
                owners: (String, String) = ("A", "B"),
                isDefault: Bool = false,
                limitOfB: Int = 0
            ) -> GatewayFile {
                func warehouse(_ id: String, _ number: Int, _ state: String, _ backends: [Endpoint])
                    -> WarehouseFile
                {
                    let list = backends.map { "\"\($0)\"" }.joined(separator: ", ")
                    return WarehouseFile(
                        id: id,
                        whitelist: "{ mode: nowhere }",
                        settings: [
                            "endpoints:",
                            "  - { id: \(endpoints[number - 1].id), cloud: aws, state: \(state) }",
                            "services:", "  tcp:", "    backends: [ \(list) ]",
                            "    healthCheck: off",
                            "    limits: { connections: \(id == "B" ? limitOfB : 0) }",
                        ],
                        listeners: []
                    )
                }
                var file = GatewayFile()
                file.settings = [
                    "listeners:", "  - protocol: tcp", "    listen: \"\(listen)\"",
                    "    link: private",
                    "    proxyProtocol: { accept: required, trusted: [ 127.0.0.0/8 ] }",
                    "    routes:",
                    "      - { endpoint: \(endpoints[0].id), warehouse: \(owners.0) }",
                    "      - { endpoint: \"aws:\(endpoints[1].id)\", warehouse: \(owners.1) }",
                ]
                if isDefault { file.settings.append("      - { default: true, warehouse: A }") }
                file.others = [warehouse("A", 1, "available", [a]), warehouse("B", 2, stateOfB, b)]
                file.hasFirst = false
                return file
            }

            /// A client that comes through an endpoint; it has said its number.
            func client(through number: Int) throws -> Connection {
                let client = try Connection(to: listen)
                let header = ProxyHeaderV2.tcp4(
                    from: "10.1.0.9",
                    tlvs: Self.endpoints[number - 1].tlvs
                )
                try client.send(header.bytes + Array("\(number)".utf8))
                return client
            }

            /// A client through an endpoint, and its backend's end.
            func session(through number: Int, at backend: Acceptor) throws -> [Connection] {
                let client = try client(through: number)
                let served = try backend.accept()
                #expect(try served.receiveText(byteCount: 1) == "\(number)")
                return [client, served]
            }
        }

        @Test("Each endpoint is routed to its own warehouse, and a retry stays there")
        func routes() throws {
            let site = try Site()
            for _ in 0..<3 {
                for connection in try site.session(through: 1, at: site.a) { connection.close() }
                // One of B's backends refuses; the other one is B's too.
                for connection in try site.session(through: 2, at: site.b) { connection.close() }
            }
            #expect(!site.a.isDialled(within: .zero) && !site.b.isDialled(within: .zero))
            let lines = try site.sluice.accessLines(count: 6)
            #expect(
                lines.map(\.warehouse).sorted { $0 ?? "" < $1 ?? "" } == [
                    "A", "A", "A", "B", "B", "B",
                ]
            )
            for line in lines {
                #expect(line.protocol == "tcp" && line.listener == site.listen.description)
                let number = line.warehouse == "A" ? 1 : 2
                #expect(line.endpoint == Site.endpoints[number - 1].id)
            }
        }

        @Test("A load balancer's probe is not counted as a client, even without a route")
        func probe() throws {
            let site = try Site()
            for _ in 0..<3 {
                let probe = try Connection(to: site.listen)
                try probe.send(ProxyHeaderV2.local().bytes)
                probe.finishSending()
                let (bytes, ending) = try probe.receiveToEnd()
                #expect(bytes.isEmpty && ending == .endOfStream)
            }
            for connection in try site.session(through: 1, at: site.a) { connection.close() }
            _ = try site.sluice.accessLine { $0.warehouse == "A" }
            let page = try site.sluice.metrics()
            let denied = page.samples.filter { $0.name == "sluice_connections_denied_total" }
            #expect(denied.allSatisfy { $0.value == 0 }, "\(denied)")
        }

        @Test("An endpoint without a route is denied, and is counted at no warehouse")
        func unknown() throws {
            let site = try Site()
            let client = try site.client(through: 3)
            #expect(try client.receiveToEnd().bytes.isEmpty)
            let line = try site.sluice.accessLine()
            #expect(line.warehouse == nil && line.reason == "unknownEndpoint")
            #expect(line.endpoint == Site.endpoints[2].id && line.backend == nil)
            let listeners = try site.sluice.status().listeners
            #expect(listeners.map(\.warehouse) == ["A", "B", nil])
            #expect(listeners.map(\.accepted) == [0, 0, 1])
            let page = try site.sluice.metrics()
            let denied = page.samples.first {
                $0.name == "sluice_connections_denied_total"
                    && $0.labels.contains(#"reason="unknownEndpoint""#)
            }
            #expect(denied?.labels.contains(#"warehouse="""#) == true && denied?.value == 1)
            let list = try runProgram(
                Programs.sluice(),
                ["endpoint", "list", "--management", site.sluice.management.description]
            )
            #expect(list.output.contains(Site.endpoints[2].id), "\(list)")
        }

        @Test("A default route matches them, and its warehouse decides")
        func standard() throws {
            let site = try Site(isDefault: true)
            #expect(try site.client(through: 3).receiveToEnd().bytes.isEmpty)
            let line = try site.sluice.accessLine()
            #expect(line.warehouse == "A" && line.reason == "unknownEndpoint")
        }

        @Test("Counters are labeled with listener and warehouse, and each backend appears once")
        func counters() throws {
            let site = try Site()
            let sessions =
                try site.session(through: 1, at: site.a) + site.session(through: 2, at: site.b)
            let listeners = try site.sluice.status().listeners
            #expect(listeners.map(\.warehouse) == ["A", "B", nil])
            #expect(listeners.map(\.admitted) == [1, 1, 0])
            #expect(listeners.map(\.accepted) == [1, 1, 0])
            #expect(listeners.map(\.activeConnections) == [1, 1, 0])
            #expect(listeners[0].routes == ["endpoint: aws:\(Site.endpoints[0].id)"])
            let page = try site.sluice.metrics()
            let backends = page.samples.filter { $0.name == "sluice_backend_connections" }
            #expect(backends.count == 3)
            #expect(backends.allSatisfy { $0.labels.contains(#"service="tcp""#) })
            #expect(backends.map(\.value).reduce(0, +) == 2)
            for session in sessions { session.close() }
        }

        @Test("A policy change only closes sessions of its own warehouse")
        func revocation() throws {
            let site = try Site()
            let first = try site.session(through: 1, at: site.a)
            let second = try site.session(through: 2, at: site.b)
            try site.reload(stateOfB: "rejected")
            #expect(try second[0].receiveToEnd().bytes.isEmpty)
            let line = try site.sluice.accessLine()
            #expect(line.warehouse == "B" && line.end == "revoked")
            #expect(line.reason == "endpointRejected")
            try first[0].send("x")
            #expect(try first[1].receiveText(byteCount: 1) == "x")
            #expect(try site.client(through: 2).receiveToEnd().bytes.isEmpty)
        }

        @Test("When routes change, new clients follow them and running sessions stay")
        func changedRoutes() throws {
            let site = try Site()
            let before = try site.session(through: 2, at: site.b)
            // B's endpoint is led to A, which does not know it.
            try site.reload(owners: ("A", "A"))
            #expect(try site.client(through: 2).receiveToEnd().bytes.isEmpty)
            #expect(try site.sluice.accessLine().warehouse == "A")
            try before[0].send("x")
            #expect(try before[1].receiveText(byteCount: 1) == "x")
        }

        @Test("A service's limit counts its own connections")
        func limit() throws {
            let site = try Site()
            try site.reload(limitOfB: 1)
            let one = try site.session(through: 2, at: site.b)
            #expect(try site.client(through: 2).receiveToEnd().bytes.isEmpty)
            #expect(try site.sluice.accessLine().reason == "serviceConnectionLimit")
            let other = try site.session(through: 1, at: site.a)
            for connection in one + other { connection.close() }
        }

        @Test("explain shows where a client is routed")
        func explain() throws {
            let site = try Site()
            func explain(_ warehouse: String, _ number: Int) throws -> String {
                try runProgram(
                    Programs.sluice(),
                    [
                        "explain", "--warehouse", warehouse, "--source", "10.1.0.9", "--endpoint",
                        Site.endpoints[number - 1].id, "--management",
                        site.sluice.management.description,
                    ]
                ).output
            }
            #expect(try explain("A", 1).hasPrefix("allow"))
            #expect(try explain("A", 2).contains("routed to warehouse B"))
            #expect(try explain("B", 2).hasPrefix("allow"))
        }
    }
}
