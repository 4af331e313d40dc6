import Addresses
import Operations
import Policy
import Settings
import Store
import Testing
import Time
import Traffic

@testable import Control

@Suite("The listeners of outbound endpoints")
struct OutboundListenersTests {
    private static let listen = IPAddress.v4(IPv4Address(10, 0, 1, 1))

    private let topology = Topology(
        warehouses: [
            Warehouse(
                id: "W1",
                outbound: OutboundNetwork(
                    listen: listen,
                    ports: 15_000...15_001,
                    sources: [CIDRBlock(containing: listen, prefixLength: 24)]
                )
            ),
            Warehouse(id: "W2"),
        ]
    )

    private func endpoint(
        _ name: String,
        port: UInt16 = 15_000,
        address: String? = "db.example:5432",
        state: OutboundEndpoint.State = .pendingAcceptance
    ) -> OutboundEndpoint {
        OutboundEndpoint(
            id: "oe-\(name)",
            name: name,
            service: "vpce-svc-1",
            port: port,
            address: address,
            state: state,
            createdAt: UnixTime(seconds: 0)
        )
    }

    private func policy(_ endpoints: OutboundEndpoint..., of id: String = "W1") -> StoredPolicy {
        var policy = StoredPolicy()
        var warehouse = StoredWarehouse(mode: .nowhere, version: 1)
        warehouse.outboundEndpoints = endpoints
        policy.warehouses[id] = warehouse
        return policy
    }

    /// The listener of an endpoint, as the gateway reports it.
    private func status(_ health: BackendStatus.Health, name: String = "db.example:5432")
        -> ListenerStatus
    {
        var backend = BackendStatus()
        backend.name = name
        backend.health = health
        var status = ListenerStatus()
        status.warehouse = "W1"
        status.address = "10.0.1.1:15000"
        status.link = .outbound
        status.backends = [backend]
        return status
    }

    @Test("An endpoint with an address has a listener for the warehouse's own network")
    func listener() throws {
        let listeners = topology.outboundListeners(of: policy(endpoint("a")))
        let listener = try #require(listeners.first)
        #expect(listeners.count == 1)
        #expect("\(listener.address)" == "10.0.1.1:15000" && listener.link == .outbound)
        #expect(listener.sources?.map(\.description) == ["10.0.1.0/24"])
        #expect(listener.onlyWarehouse == "W1")
        let backends = listener.routes[0].service.backends
        #expect(backends.map(\.address.description) == ["db.example:5432"])
        #expect(topology.withListeners(ofOutboundEndpointsIn: nil) == topology)
    }

    @Test("Without an address, or with a port that is not configured, it has none")
    func noListener() {
        #expect(topology.outboundListeners(of: policy(endpoint("a", address: nil))).isEmpty)
        let other = policy(endpoint("a", port: 15_002))
        #expect(topology.outboundListeners(of: other).isEmpty)
        #expect(topology.outboundListeners(of: policy(endpoint("a"), of: "W2")).isEmpty)
        #expect(topology.outboundEndpointsWithoutPort(in: other).count == 1)
        #expect(topology.outboundEndpointsWithoutPort(in: policy(endpoint("a"))).isEmpty)
        #expect(
            topology.outboundEndpointsWithoutPort(in: policy(endpoint("a"), of: "W2")).count == 1
        )
    }

    @Test("A pending endpoint is reached once its own backend is healthy")
    func reached() {
        let pending = policy(endpoint("a"))
        let found = pending.pendingEndpoints(reachedBy: [status(.healthy)], in: topology)
        #expect(
            found == [ReachedEndpoint(warehouse: "W1", id: "oe-a", address: "db.example:5432")]
        )
        for status in [
            status(.unhealthy), status(.notChecked), status(.unresolved),
            // Of the address that it had before.
            status(.healthy, name: "old.example:5432"),
        ] {
            #expect(pending.pendingEndpoints(reachedBy: [status], in: topology).isEmpty)
        }
        let available = policy(endpoint("a", state: .available))
        #expect(available.pendingEndpoints(reachedBy: [status(.healthy)], in: topology).isEmpty)
    }

    @Test(
        "An address in the gateway's own machine, or of a cloud's metadata, is refused",
        arguments: [
            "127.0.0.1:80", "localhost:80", "LOCALHOST.:80", "[::1]:80", "0.0.0.0:80",
            "169.254.169.254:80", "[fe80::1]:80", "224.0.0.1:80", "[::ffff:127.0.0.1]:80",
            "[64:ff9b::7f00:1]:80", "db.example", "db.example:0", "db.example:70000", "", ":80",
            "http://db.example:80", "db example:80", "[fd00:ec2::254]:80",
        ]
    )
    func forbidden(address: String) {
        #expect(throws: RequestError.self) { try OutboundEndpointField.address(address) }
    }

    @Test("Others are kept as they were written", arguments: ["db.example:5432", "10.9.8.7:1"])
    func allowed(address: String) throws {
        #expect(try OutboundEndpointField.address(address) == address)
    }
}
