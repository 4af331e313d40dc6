import Testing

extension IntegrationTests {
    /// The warehouse reads from a data service in a user's network.
    @Suite("Outbound links", .onlyWithNetworks)
    struct OutboundLinkTests {
        /// A listener in the warehouse's network, for its machines only.
        private struct Gate {
            let site: PrivateLinkSite
            let sluice: SluiceProcess
            let listen: Endpoint

            init() throws {
                site = try PrivateLinkSite.shared.get()
                var listener = try site.listener(
                    "http",
                    at: WarehouseNetwork.gateway,
                    to: site.user.service.endpoint,
                    settings: ["sources: [ 10.2.0.0/24 ]", "sendProxyProtocol: v2"]
                )
                listener.link = "outbound"
                listen = listener.listen
                sluice = try site.start(GatewayFile(listener, whitelist: "{ mode: nowhere }"))
            }
        }

        @Test("The warehouse reaches the user's service, which sees who connects")
        func warehouse() throws {
            let gate = try Gate()
            let answer = try gate.site.warehouse.inside { try Curl.get(at: gate.listen) }
            #expect(answer.status == 200)
            #expect(answer.body == "read by \(WarehouseNetwork.server)")
            let line = try gate.sluice.accessLine()
            #expect(line.link == "outbound")
            #expect(line.backend == gate.site.user.service.endpoint.description)
        }

        @Test("Other clients in the warehouse's network do not")
        func stranger() throws {
            let gate = try Gate()
            let answer = try gate.site.warehouse.inside {
                try Curl.get(at: gate.listen, from: WarehouseNetwork.stranger)
            }
            #expect(answer.status == 403)
            let line = try gate.sluice.accessLine()
            #expect(line.clientHost == WarehouseNetwork.stranger)
            #expect(line.reason == "notASource")
            #expect(line.backend == nil)
        }
    }
}
