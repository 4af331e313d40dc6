import DomainNames
import Policy
import Settings
import Testing

@Suite("Names of warehouses and endpoints in the gateway's domain")
struct WarehouseNameTests {
    private let tree = SampleTree.private.setting("domain", to: "GW.example.")

    private func findings(_ tree: ConfigurationNode) -> [String] {
        tree.decoded().findings.map { "\($0.path): \($0.message) (\($0.remedy ?? "-"))" }
    }

    private func names(_ tree: ConfigurationNode) throws -> WarehouseNames {
        let topology = try #require(tree.decoded().configuration?.topology)
        let warehouse = try #require(topology.warehouses.first)
        return try #require(topology.names(of: warehouse))
    }

    @Test("A warehouse is called by its id, in lower case")
    func warehouse() throws {
        #expect(try names(tree).name.text == "awva7cm7.gw.example")
    }

    @Test("A label replaces the id")
    func label() throws {
        let tree = tree.setting("warehouses[0].label", to: "Sales")
        #expect(try names(tree).name.text == "sales.gw.example")
    }

    @Test("Without a domain there are no names, and any id will do")
    func noDomain() {
        let tree = SampleTree.private.setting("warehouses[0].id", to: "SALES_EU")
        let topology = tree.decoded().configuration?.topology
        #expect(tree.decoded().findings == [])
        #expect(topology?.warehouses.first.flatMap { topology?.names(of: $0) } == nil)
    }

    @Test("An id that is not a label needs one, and the error has a suggestion")
    func invalidID() {
        let found = findings(tree.setting("warehouses[0].id", to: "SALES_EU"))
        #expect(
            found == [
                "warehouses[0]: the id \"SALES_EU\" cannot be part of a DNS name: only letters, digits"
                    + " and hyphens are allowed (add label: sales-eu, for the name"
                    + " sales-eu.gw.example)"
            ]
        )
        let long = ConfigurationNode(stringLiteral: String(repeating: "x", count: 64))
        #expect(findings(tree.setting("warehouses[0].id", to: long)).count == 1)
        let labeled = tree.setting("warehouses[0].id", to: "SALES_EU")
            .setting("warehouses[0].label", to: "sales-eu")
        #expect(findings(labeled) == [])
        #expect(findings(tree.setting("warehouses[0].label", to: "a_b")).count == 1)
    }

    @Test("Two warehouses cannot have the same name")
    func duplicate() {
        let found = findings(
            tree.setting(
                "warehouses",
                to: [["id": "SALES", "listeners": []], ["id": "sales", "listeners": []]]
            )
        )
        #expect(
            found.contains {
                $0.hasPrefix("warehouses[1]: duplicate DNS name sales.gw.example, first used by")
                    && $0.hasSuffix("(give one of the two warehouses a label: label: sales-2)")
            },
            "\(found)"
        )
    }

    @Test("A name that would be too long is an error")
    func tooLong() {
        let part = String(repeating: "d", count: 60)
        let domain = [part, part, part, String(part.prefix(64))].joined(separator: ".")
        let label = ConfigurationNode(stringLiteral: String(repeating: "x", count: 63))
        let found = findings(
            tree.setting("domain", to: ConfigurationNode(stringLiteral: domain))
                .setting("warehouses[0].label", to: label)
        )
        #expect(found.first?.contains("has more than 253 characters") == true)
    }

    @Test("A domain is the name of a host", arguments: ["a_b.example", "10.0.0.1", "-a", "*.a"])
    func domain(text: ConfigurationNode) {
        let found = findings(tree.setting("domain", to: text))
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("domain: expected a DNS name") == true)
    }

    @Test("Endpoints are called by their ids, those of a zoned service by zone too")
    func endpoints() throws {
        let names = try names(tree)
        let service = EndpointService(
            id: "vpce-svc-1",
            cloud: .aws,
            region: "us-east-1",
            zones: ["us-east-1a", "USE1-az2", "odd_zone"]
        )
        let endpoint = Endpoint(id: "vpce-0123456789abcdef0", cloud: .aws, state: .available)
        #expect(
            names.name(of: endpoint)?.text == "vpce-0123456789abcdef0.awva7cm7.gw.example"
        )
        let zonal = names.zonalNames(of: endpoint, among: [service])
        #expect(zonal.map(\.zone) == ["us-east-1a", "USE1-az2"])
        #expect(
            zonal.map(\.name.text) == [
                "vpce-0123456789abcdef0-us-east-1a.awva7cm7.gw.example",
                "vpce-0123456789abcdef0-use1-az2.awva7cm7.gw.example",
            ]
        )
        let azure = Endpoint(id: "553665793", cloud: .azure, state: .available)
        #expect(names.name(of: azure)?.text == "553665793.awva7cm7.gw.example")
        #expect(names.zonalNames(of: azure, among: [service]) == [])
        let odd = Endpoint(id: "ep-a_b", cloud: .alibaba, state: .available)
        #expect(names.name(of: odd) == nil)
    }

    @Test("An endpoint of two possible services has zones only if it names its own")
    func ambiguousService() throws {
        let names = try names(tree)
        let services = ["a", "b"].map {
            EndpointService(id: "vpce-svc-\($0)", cloud: .aws, region: "r", zones: ["z\($0)"])
        }
        var endpoint = Endpoint(id: "vpce-1", cloud: .aws, state: .available)
        #expect(names.zonalNames(of: endpoint, among: services) == [])
        endpoint.service = "vpce-svc-b"
        #expect(names.zonalNames(of: endpoint, among: services).map(\.zone) == ["zb"])
    }
}
