import Testing

extension IntegrationTests {
    /// The stock MySQL client in a consumer's VPC, a cloud's load balancer, the gateway, MariaDB.
    @Suite("Endpoints of each cloud", .onlyWithNetworks)
    struct CloudEndpointTests {
        @Test(
            "An available endpoint reaches the warehouse, however its header arrives",
            arguments: AttestedEndpoint.Cloud.allCases,
            CloudNetwork.Delivery.allCases
        )
        func available(cloud: AttestedEndpoint.Cloud, delivery: CloudNetwork.Delivery) throws {
            let gate = try CloudGate()
            let endpoint = CloudGate.endpoint(of: cloud, in: "available")
            let result = try gate.query(endpoint.tlvs, delivery)
            #expect(result.output == "42\n", "\(result.errorOutput)")
            let line = try gate.sluice.accessLine()
            #expect(line.verdict == "allow")
            #expect(line.endpoint == endpoint.id)
            #expect(line.clientHost == ConsumerNetwork.client)
            #expect(line.peerHost == CloudNetwork.balancer)
        }

        @Test(
            "In any other state it is denied, for a reason of that state",
            arguments: closedStates
        )
        func denied(state: String) throws {
            let gate = try CloudGate()
            for cloud in AttestedEndpoint.Cloud.allCases {
                let endpoint = CloudGate.endpoint(of: cloud, in: state)
                let reason = try #require(CloudGate.denial(of: cloud, in: state))
                for delivery in CloudNetwork.Delivery.allCases {
                    try expectDenial(reason, of: endpoint.tlvs, delivery, at: gate)
                }
                let lines = try gate.sluice.accessLog().filter { $0.endpoint == endpoint.id }
                #expect(lines.count == 2, "\(cloud)")
            }
        }
        private static let closedStates = CloudGate.states.map(\.state).filter { $0 != "available" }

        @Test(
            "An unregistered endpoint is denied, and shown to the operator",
            arguments: AttestedEndpoint.Cloud.allCases
        )
        func unknown(cloud: AttestedEndpoint.Cloud) throws {
            let gate = try CloudGate()
            let stranger = AttestedEndpoint(cloud: cloud, number: 9)
            try expectDenial("unknownEndpoint", of: stranger.tlvs, at: gate)
            #expect(try gate.sluice.accessLine().endpoint == stranger.id)
            let table = try gate.site.operate(gate.sluice, ["endpoint"]).output
            let row = table.split(separator: "\n").first { $0.contains(stranger.id) }
            #expect(row?.contains(cloud.rawValue) == true, "\(table)")
            #expect(row?.contains(ConsumerNetwork.client) == true, "\(table)")
        }

        @Test(
            "TLVs that are malformed, or name several links, name none",
            arguments: EndpointFault.all
        )
        func faulty(fault: EndpointFault) throws {
            let gate = try CloudGate()
            for delivery in CloudNetwork.Delivery.allCases {
                try expectDenial(fault.reason, of: fault.tlvs, delivery, at: gate)
            }
        }

        @Test(
            "A rejection closes the sessions of that endpoint, and not those of others with the same address"
        )
        func rejection() throws {
            let gate = try CloudGate()
            let (cloud, database) = (gate.site.cloud, gate.site.warehouse.database)
            let (aws, azure) = (
                CloudGate.endpoint(of: .aws, in: "available"),
                CloudGate.endpoint(of: .azure, in: "available")
            )
            let ways = try [aws, azure].map {
                try cloud.balancer(to: gate.listen, sending: $0.tlvs)
            }
            let rejected = try cloud.consumer.inside {
                try RunningQuery("rejected", at: ways[0].endpoint)
            }
            let other = try cloud.consumer.inside {
                try RunningQuery("other", at: ways[1].endpoint)
            }
            try rejected.waitUntilServed(by: database)
            let session = try other.waitUntilServed(by: database)

            try gate.requestRejection(of: aws)
            #expect(try rejected.result().errorOutput.contains("Lost connection"))
            let line = try gate.sluice.accessLine()
            #expect(line.endpoint == aws.id)
            #expect(line.end == "revoked")
            #expect(line.reason == "endpointRejected")
            #expect(try other.session(in: database) == session)
            #expect(other.isRunning)
        }

        /// The client is told, the log has the reason, and nothing is dialled.
        private func expectDenial(
            _ reason: String,
            of tlvs: [ProxyHeaderV2.TLV],
            _ delivery: CloudNetwork.Delivery = .whole,
            at gate: CloudGate
        ) throws {
            let before = try gate.sluice.accessLog().count
            let result = try gate.query(tlvs, delivery)
            #expect(result.output.isEmpty)
            #expect(result.errorOutput.contains("1130"), "\(result.errorOutput)")
            let line = try #require(try gate.sluice.accessLines(count: before + 1).last)
            #expect(line.verdict == "deny")
            #expect(line.reason == reason)
            #expect(line.clientHost == ConsumerNetwork.client)
            #expect(line.backend == nil)
        }
    }
}
