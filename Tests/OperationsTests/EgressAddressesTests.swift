import Addresses
import Policy
import Settings
import Testing

@testable import Operations

@Suite("Egress addresses")
struct EgressAddressesTests {
    private static let warehouse = Warehouse(id: "W")

    private func backends(_ addresses: [String?], of warehouse: String = "W") -> BackendList {
        BackendList(
            backends: addresses.map { address in
                var status = BackendStatus()
                status.name = "fe.internal:9030"
                status.address = address
                return BackendList.Entry(
                    warehouse: warehouse,
                    protocol: .mysql,
                    backend: status
                )
            }
        )
    }

    /// The kernel of a machine with two networks.
    private func kernel(_ destination: SocketAddress) -> IPAddress? {
        switch "\(destination.ip)" {
        case let text where text.hasPrefix("10.0."): .v4(IPv4Address(10, 0, 0, 2))
        case let text where text.hasPrefix("10.1."): .v4(IPv4Address(10, 1, 0, 2))
        default: nil
        }
    }

    @Test("Without a declaration, they are what the kernel chooses for each backend")
    func observed() {
        let answer = EgressAddresses(
            Topology(warehouses: [Self.warehouse]),
            backends(["10.0.9.1:1", "10.0.9.2:1", "10.0.9.2:1", "10.1.9.1:1", "192.0.2.1:1", nil]),
            observe: kernel
        ).warehouses[0]
        #expect(
            answer.addresses == [
                .init(
                    address: "10.0.0.2",
                    source: .observed,
                    backends: ["10.0.9.1:1", "10.0.9.2:1"]
                ), .init(address: "10.1.0.2", source: .observed, backends: ["10.1.9.1:1"]),
            ]
        )
        #expect(answer.unknown == ["192.0.2.1:1", "fe.internal:9030"])
    }

    @Test("What is declared counts, a warehouse's own before the gateway's")
    func declared() throws {
        var topology = Topology(warehouses: [Self.warehouse, Warehouse(id: "OWN")])
        topology.egressAddresses = [try CIDRBlock(parsing: "203.0.113.7/32")]
        topology.warehouses[1].egressAddresses = [try CIDRBlock(parsing: "198.51.100.0/30")]
        let answer = EgressAddresses(topology, backends(["10.0.9.1:1"])) { _ in
            Issue.record("observed what is declared")
            return nil
        }
        #expect(
            answer.warehouses.map(\.addresses) == [
                [.init(address: "203.0.113.7", source: .declared, backends: [])],
                [.init(address: "198.51.100.0/30", source: .declared, backends: [])],
            ]
        )
    }

    @Test("A warehouse that its reader may not see is not in the answer")
    func visibility() {
        let topology = Topology(warehouses: [Self.warehouse, Warehouse(id: "OTHER")])
        let answer = EgressAddresses(topology, backends([]), isVisible: { $0 == "W" }) { _ in nil }
        #expect(answer.warehouses.map(\.warehouseId) == ["W"])
    }
}
