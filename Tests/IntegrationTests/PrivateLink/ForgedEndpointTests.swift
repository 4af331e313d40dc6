import Testing

extension IntegrationTests {
    /// A client behind a cloud's load balancer that writes a header of its own.
    @Suite("Forged endpoints", .onlyWithNetworks)
    struct ForgedEndpointTests {
        private static func header(naming endpoint: AttestedEndpoint) -> [UInt8] {
            ProxyHeaderV2.tcp4(from: ConsumerNetwork.client, tlvs: endpoint.tlvs).bytes
        }

        private let available = CloudGate.endpoint(of: .aws, in: "available")
        private let rejected = CloudGate.endpoint(of: .azure, in: "rejected")

        @Test("A rejected consumer cannot name another's endpoint")
        func borrowed() throws {
            let gate = try CloudGate()
            let balancer = try gate.site.cloud.balancer(to: gate.listen, sending: rejected.tlvs)
            let client = try gate.site.cloud.consumer.inside {
                try Connection(to: balancer.endpoint)
            }
            try client.send(Self.header(naming: available))
            _ = try client.receiveToEnd()
            client.close()
            let line = try gate.sluice.accessLine()
            #expect(line.endpoint == rejected.id)
            #expect(line.reason == "endpointRejected")
            #expect(line.backend == nil)
        }

        @Test("A header after the load balancer's changes nothing, and is rejected")
        func refused() throws {
            let gate = try CloudGate()
            let connection = try gate.site.cloud.inside {
                try Connection(to: gate.listen, from: CloudNetwork.balancer)
            }
            // In one segment: of one that comes later the next test tells.
            try connection.send(
                Self.header(naming: available) + Self.header(naming: rejected)
            )
            connection.finishSending()
            _ = try connection.receiveToEnd()
            let line = try gate.sluice.accessLine()
            #expect(line.endpoint == available.id)
            #expect(line.reason == "unexpectedProxyHeader")
            #expect(line.backend == nil)
        }

        @Test("One that comes later is rejected, whatever it names")
        func late() throws {
            let gate = try CloudGate()
            let balancer = try gate.site.cloud.balancer(to: gate.listen, sending: available.tlvs)
            let client = try gate.site.cloud.consumer.inside {
                try Connection(to: balancer.endpoint)
            }
            _ = try client.receive(exactly: 5)
            try client.send(Self.header(naming: available))
            _ = try client.receiveToEnd()
            client.close()
            let line = try gate.sluice.accessLine()
            #expect(line.reason == "unexpectedProxyHeader")
            #expect(line.bytesIn == 0)
        }
    }
}
