import Testing

extension IntegrationTests {
    /// Two VPCs whose addresses overlap, and a gateway with no routing of its own: the listener's
    /// interface alone tells them apart, on the way in and on the way back.
    @Suite("A listener on one interface", .onlyWithNetworks)
    struct InterfaceTests {
        private let gateway: NetworkNamespace
        private let consumers: [NetworkNamespace]

        init() throws {
            gateway = try NetworkNamespace()
            // What comes over the wrong cable is to reach the gateway's sockets.
            try gateway.set("conf/all/rp_filter", to: 0)
            consumers = try (1...2).map { _ in try NetworkNamespace() }
            for (number, consumer) in consumers.enumerated() {
                let cable = "vpc\(number + 1)"
                try gateway.connect(cable, to: consumer, "eth0")
                try gateway.set("conf/\(cable)/rp_filter", to: 0)
                try gateway.configure("address add 10.1.0.\(101 + number)/24 dev \(cable)")
                try consumer.configure("address add 10.1.0.10/24 dev eth0")
            }
        }

        /// A gateway that is the endpoint of each consumer, and echoes.
        private func start(_ echo: ThreadedServer, bindsInterfaces: Bool)
            throws -> (sluice: SluiceProcess, endpoints: [Endpoint])
        {
            let listeners = try (1...2).map { number in
                var listener = try gateway.inside {
                    try ListenerFile(
                        "tcp",
                        at: .free("10.1.0.\(100 + number)"),
                        to: echo.endpoint,
                        settings: ["endpoint: consumer-\(number)"]
                            + (bindsInterfaces ? ["interface: vpc\(number)"] : [])
                    )
                }
                listener.link = "private"
                return listener
            }
            var file = GatewayFile(listeners[0], listeners[1])
            let endpoints = (1...2).map { number in
                "{ id: consumer-\(number), cloud: embedded, state: available }"
            }
            file.warehouse = ["endpoints: [ \(endpoints.joined(separator: ", ")) ]"]
            let sluice = try gateway.inside { [file] in try SluiceProcess(file) }
            return (sluice, listeners.map(\.listen))
        }

        @Test("Consumers with the same address each come through their own endpoint, and no other")
        func ownEndpoint() throws {
            let echo = try gateway.inside { try ThreadedServer.echo() }
            let (sluice, endpoints) = try start(echo, bindsInterfaces: true)
            for (consumer, endpoint) in zip(consumers, endpoints) {
                let isServed = try consumer.inside {
                    try Connection(to: endpoint).exchange("through \(endpoint)")
                }
                #expect(isServed)
            }
            let lines = try sluice.accessLines(count: 2)
            #expect(lines.compactMap(\.endpoint).sorted() == ["consumer-1", "consumer-2"])
            #expect(lines.allSatisfy { $0.clientHost == "10.1.0.10" })

            for (consumer, endpoint) in zip(consumers, endpoints.reversed()) {
                // One of the two is not answered at all.
                let isRefused = try consumer.inside {
                    (try? Connection(to: endpoint, within: .seconds(20))) == nil
                }
                #expect(isRefused)
            }
            #expect(try sluice.accessLog().count == 2)
        }

        @Test("A missing interface is an error, not a listener on all of them")
        func missing() throws {
            let folder = try TemporaryFolder()
            let listener = try ListenerFile("tcp", to: .free(), settings: ["interface: vpc9"])
            let path = try folder.write(
                GatewayFile(listener).text(management: .free()),
                to: "sluice.yaml"
            )
            let result = try runProgram(Programs.sluice(), ["serve", "--config", path])
            #expect(result.status == 1)
            #expect(result.errorOutput.contains("no such device"), "\(result)")
            #expect(result.errorOutput.contains(listener.listen.description))
        }
    }
}
