import Addresses
import Settings
import Testing

@Suite("Egress addresses of a configuration")
struct EgressSettingsTests {
    @Test("Both the gateway and a warehouse declare addresses, blocks and ranges")
    func read() throws {
        let decoded =
            SampleTree.public
            .setting("egressAddresses", to: ["203.0.113.7", "198.51.100.0/30"])
            .setting("warehouses[0].egressAddresses", to: ["203.0.113.8-203.0.113.9"])
            .decoded()
        #expect(decoded.findings == [])
        let topology = try #require(decoded.configuration?.topology)
        #expect(
            topology.egressAddresses.map(\.description) == ["203.0.113.7/32", "198.51.100.0/30"]
        )
        #expect(topology.warehouses[0].egressAddresses?.map(\.description) == ["203.0.113.8/31"])
    }
}
