import Addresses
import CIDRTrie
import Configurations
import Operations
import Policy
import Settings
import Testing
import Time
import Traffic

@Suite("Unknown endpoints that connections name")
struct SeenEndpointsTests {
    private func record(_ seen: inout SeenEndpoints, _ id: String, from client: UInt32, at: Int64) {
        seen.record(
            EndpointName(.aws, id),
            of: "W",
            client: .v4(IPv4Address(bits: client)),
            at: UnixTime(seconds: at)
        )
    }

    @Test("Each is kept with its first and last time, its count and its last few clients")
    func kept() {
        var seen = SeenEndpoints()
        for time in 0..<20 { record(&seen, "vpce-1", from: UInt32(time), at: Int64(time)) }
        record(&seen, "vpce-2", from: 7, at: 5)
        #expect(seen.all.map(\.endpoint.id) == ["vpce-1", "vpce-2"])
        let first = seen.all[0]
        #expect(first.firstSeen.seconds == 0 && first.lastSeen.seconds == 19)
        #expect(first.count == 20)
        #expect(first.clients == (12..<20).map { .v4(IPv4Address(bits: $0)) })
    }

    @Test("A client that returns is listed once, as the latest")
    func again() {
        var seen = SeenEndpoints()
        for client in [1, 2, 1] as [UInt32] { record(&seen, "vpce-1", from: client, at: 1) }
        #expect(seen.all[0].clients == [2, 1].map { .v4(IPv4Address(bits: $0)) })
    }

    @Test("Made-up ids evict the oldest, and memory stays bounded")
    func bounded() {
        var seen = SeenEndpoints(capacity: 10)
        for number in 0..<1_000 {
            record(&seen, "vpce-\(number)", from: 1, at: Int64(number))
        }
        #expect(seen.all.map(\.endpoint.id) == (990..<1_000).reversed().map { "vpce-\($0)" })
    }

    @Test("Endpoints that are registered, or whose warehouse is gone, are forgotten")
    func forgotten() {
        var seen = SeenEndpoints()
        for id in ["vpce-1", "vpce-2"] { record(&seen, id, from: 1, at: 1) }
        let warehouse = GuardedWarehouse(
            id: "W",
            whitelist: .openToAll,
            endpoints: [Endpoint(id: "vpce-1", cloud: .aws, state: .rejected)]
        )
        seen.forget(where: GatewayConfiguration(warehouses: [warehouse]).knows)
        #expect(seen.all.map(\.endpoint.id) == ["vpce-2"])
        seen.forget(where: GatewayConfiguration(warehouses: []).knows)
        #expect(seen.all == [])
    }

    @Test("One that matches no route is remembered until a route matches it")
    func shared() {
        func configuration(routes: [String]) -> GatewayConfiguration {
            let service = Service(Service.ID(warehouse: "W", protocol: .mysql), backends: [])
            let address = SocketAddress(.v4(IPv4Address(10, 0, 0, 1)), port: 9040)
            return GatewayConfiguration(
                listeners: [
                    Listener(
                        protocol: .mysql,
                        address: address,
                        link: .private,
                        routes: routes.map {
                            Route(.endpoint(EndpointName(.aws, $0)), to: service)
                        }
                    )
                ],
                warehouses: [GuardedWarehouse(id: "W", whitelist: .openToAll)]
            )
        }
        var seen = SeenEndpoints()
        let client = IPAddress.v4(IPv4Address(192, 0, 2, 1))
        seen.record(EndpointName(.aws, "vpce-2"), of: nil, client: client, at: UnixTime(seconds: 1))
        seen.forget(where: configuration(routes: ["vpce-1"]).knows)
        #expect(seen.all.map(\.endpoint.id) == ["vpce-2"])
        seen.forget(where: configuration(routes: ["vpce-1", "vpce-2"]).knows)
        #expect(seen.all == [])
    }
}
