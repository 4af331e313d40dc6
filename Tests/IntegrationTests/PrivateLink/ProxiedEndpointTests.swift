import Testing

extension IntegrationTests {
    /// A stock HAProxy between a cloud's load balancer and the gateway. (2.6 cannot write a cloud's
    /// TLV itself; `set-proxy-v2-tlv-fmt` came with 2.9.)
    @Suite("Endpoints behind HAProxy", .onlyWithNetworks)
    struct ProxiedEndpointTests {
        private static let clouds = AttestedEndpoint.Cloud.allCases

        private func proxy(
            to gate: CloudGate,
            bind: String = "",
            server: String = ""
        ) throws -> HAProxyServer {
            try gate.site.cloud.inside {
                try HAProxyServer(
                    to: gate.listen,
                    host: CloudNetwork.proxy,
                    bind: bind,
                    server: "source \(CloudNetwork.proxy) \(server)"
                )
            }
        }

        @Test("A proxy that passes bytes on passes the endpoint on", arguments: clouds)
        func plain(cloud: AttestedEndpoint.Cloud) throws {
            let gate = try CloudGate(trusting: [CloudNetwork.proxy])
            let proxy = try proxy(to: gate)
            try expectPassage(of: cloud, through: proxy, at: gate)
        }

        @Test("A proxy may put its own header before the load balancer's", arguments: clouds)
        func twoHeaders(cloud: AttestedEndpoint.Cloud) throws {
            let gate = try CloudGate(trusting: [CloudNetwork.proxy, CloudNetwork.balancer])
            let proxy = try proxy(to: gate, server: "send-proxy-v2")
            try expectPassage(of: cloud, through: proxy, at: gate)
        }

        @Test("The load balancer's header may come later than the proxy's", arguments: clouds)
        func laterHeader(cloud: AttestedEndpoint.Cloud) throws {
            let gate = try CloudGate(trusting: [CloudNetwork.proxy, CloudNetwork.balancer])
            let proxy = try gate.site.cloud.inside {
                try Connection(to: gate.listen, from: CloudNetwork.proxy)
            }
            try proxy.send(ProxyHeaderV2.tcp4(from: CloudNetwork.balancer).bytes)
            #expect(try proxy.isSilent(for: .milliseconds(200)))
            let endpoint = CloudGate.endpoint(of: cloud, in: "available")
            let header = ProxyHeaderV2.tcp4(from: ConsumerNetwork.client, tlvs: endpoint.tlvs)
            try proxy.send(header.bytes)
            // MariaDB's greeting.
            #expect(try proxy.receive(exactly: 5)[4] == 10)
            proxy.close()
            let line = try gate.sluice.accessLine()
            #expect(line.endpoint == endpoint.id)
            #expect(line.clientHost == ConsumerNetwork.client)
        }

        @Test("If it does not arrive, no client is admitted")
        func missingHeader() throws {
            let gate = try CloudGate(
                trusting: [CloudNetwork.proxy, CloudNetwork.balancer],
                timeout: "5s"
            )
            let proxy = try gate.site.cloud.inside {
                try Connection(to: gate.listen, from: CloudNetwork.proxy)
            }
            try proxy.send(ProxyHeaderV2.tcp4(from: CloudNetwork.balancer).bytes)
            let words = String(decoding: try proxy.receiveToEnd().bytes, as: UTF8.self)
            #expect(words.contains("does not identify a private endpoint"), "\(words)")
            proxy.close()
            #expect(try gate.sluice.accessLine().reason == "noEndpoint")
        }

        private func expectPassage(
            of cloud: AttestedEndpoint.Cloud,
            through proxy: HAProxyServer,
            at gate: CloudGate
        ) throws {
            let endpoint = CloudGate.endpoint(of: cloud, in: "available")
            let admitted = try gate.query(endpoint.tlvs, by: proxy.endpoint)
            #expect(admitted.output == "42\n", "\(admitted.errorOutput)")
            let line = try gate.sluice.accessLine()
            #expect(line.endpoint == endpoint.id)
            #expect(line.clientHost == ConsumerNetwork.client)
            #expect(line.peerHost == CloudNetwork.proxy)

            let rejected = CloudGate.endpoint(of: cloud, in: "rejected")
            let denied = try gate.query(rejected.tlvs, by: proxy.endpoint)
            #expect(denied.errorOutput.contains("1130"), "\(denied.errorOutput)")
            #expect(try gate.sluice.accessLines(count: 2)[1].reason == "endpointRejected")
        }

        @Test("A load balancer behind a proxy is not believed unless it is trusted itself")
        func untrustedBalancer() throws {
            let gate = try CloudGate(trusting: [CloudNetwork.proxy])
            let proxy = try proxy(to: gate, server: "send-proxy-v2")
            let endpoint = CloudGate.endpoint(of: .aws, in: "available")
            let result = try gate.query(endpoint.tlvs, by: proxy.endpoint)
            #expect(result.errorOutput.contains("1130"), "\(result.errorOutput)")
            let line = try gate.sluice.accessLine()
            #expect(line.reason == "noEndpoint")
            #expect(line.clientHost == CloudNetwork.balancer)
        }

        @Test("A proxy that rewrites the header omits the endpoint: no client is admitted")
        func rewritten() throws {
            let gate = try CloudGate(trusting: [CloudNetwork.proxy, CloudNetwork.balancer])
            let proxy = try proxy(to: gate, bind: "accept-proxy", server: "send-proxy-v2")
            let endpoint = CloudGate.endpoint(of: .aws, in: "available")
            let result = try gate.query(endpoint.tlvs, by: proxy.endpoint)
            #expect(result.errorOutput.contains("1130"), "\(result.errorOutput)")
            let line = try gate.sluice.accessLine()
            #expect(line.reason == "noEndpoint")
            #expect(line.clientHost == ConsumerNetwork.client)
        }
    }
}
