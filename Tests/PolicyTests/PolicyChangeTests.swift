import Addresses
import CIDRTrie
import Policy
import Testing
import Time

@Suite("Changes of a policy")
struct PolicyChangeTests {
    private func rule(_ block: String) throws -> Rule {
        Rule(block: try CIDRBlock(parsing: block))
    }

    private func policy() throws -> Policy {
        let list = EntryList(.entries, rules: [try rule("10.0.0.0/8")])
        let other = EntryList(.file("a.cidrs"), rules: [try rule("11.0.0.0/8")])
        return Policy([
            "A": WarehousePolicy(whitelist: Whitelist(mode: .specific, lists: [list, other])),
            "B": WarehousePolicy(endpoints: [
                Endpoint(id: "vpce-1", cloud: .aws, state: .pending)
            ]),
        ])
    }

    @Test("An edit changes its own list, and every other one stays the same object")
    func sharing() throws {
        let before = try policy()
        var after = before
        let entry = WhitelistEntry(try rule("12.0.0.0/8"))
        try after.apply([.edit([.add(entry)], in: .entries, of: "A")])
        #expect(after["A"].whitelist.lists[0] !== before["A"].whitelist.lists[0])
        #expect(after["A"].whitelist.lists[1] === before["A"].whitelist.lists[1])
        #expect(after["A"].whitelist.entryCount == 3)
        #expect(after["A"].whitelist.lists[0].series == before["A"].whitelist.lists[0].series)
    }

    @Test("If one change is rejected, none is made")
    func atomic() throws {
        let before = try policy()
        var after = before
        let known = EndpointName(.aws, "vpce-2")
        #expect(throws: PolicyChangeError.noSuchEndpoint(known, of: "B")) {
            try after.apply([.setMode(.nowhere, of: "A"), .removeEndpoint(known, of: "B")])
        }
        #expect(after == before)
        for (change, error) in [
            (.setMode(.nowhere, of: "C"), .noSuchWarehouse("C")),
            (.edit([], in: .file("b"), of: "A"), .noSuchList(.file("b"), of: "A")),
            (.edit([], in: .group("b"), of: "A"), .noSuchList(.group("b"), of: "A")),
            (
                .removeEndpointService(.aws, id: "s", of: "B"),
                .noSuchEndpointService(.aws, id: "s", of: "B")
            ),
        ] as [(PolicyChange, PolicyChangeError)] {
            #expect(throws: error) { try after.apply([change]) }
            #expect(!error.description.isEmpty)
        }
    }

    @Test("Endpoints and services are added, changed and removed by their names")
    func privateLinks() throws {
        var policy = try policy()
        let endpoint = Endpoint(id: "vpce-1", cloud: .aws, state: .available)
        let service = EndpointService(id: "vpce-svc-1", cloud: .aws, region: "us-east-1")
        try policy.apply([.setEndpoint(endpoint, of: "B"), .setEndpointService(service, of: "B")])
        #expect(policy["B"].endpoints == [endpoint])
        #expect(policy["B"].endpointServices == [service])
        try policy.apply([
            .removeEndpoint(endpoint.name, of: "B"),
            .removeEndpointService(.aws, id: "vpce-svc-1", of: "B"),
        ])
        #expect(policy["B"] == WarehousePolicy())
    }

    @Test("Entries can be added to a whitelist without any")
    func firstEntry() throws {
        var policy = Policy(["A": WarehousePolicy(whitelist: Whitelist(mode: .specific))])
        let entry = WhitelistEntry(try rule("10.0.0.0/8"))
        try policy.apply([.edit([.add(entry)], in: .entries, of: "A")])
        let address = try IPAddress(parsing: "10.0.0.1")
        let match = policy["A"].whitelist.match(for: address, at: UnixTime(seconds: 0))
        #expect(match?.action == .allow)
    }

    @Test("A service's list is created by its first entry, before groups and files")
    func firstEntryOfService() throws {
        var policy = try policy()
        let entry = WhitelistEntry(try rule("12.0.0.0/8"))
        let group = EntryList(.group("a"), rules: [])
        policy.warehouses["A"]?.whitelist.lists.insert(group, at: 1)
        for service in [ServiceProtocol.http, .mysql] {
            try policy.apply([.edit([.add(entry)], in: .service(service), of: "A")])
        }
        #expect(
            policy["A"].whitelist.lists.map(\.name)
                == [.entries, .service(.mysql), .service(.http), .group("a"), .file("a.cidrs")]
        )
        let names = policy["A"].whitelist.narrowed(to: .mysql).lists.map(\.name)
        #expect(names == [.entries, .service(.mysql), .group("a"), .file("a.cidrs")])
    }

    /// A policy of two warehouses that share a group.
    private func twoWarehouses(sharing rules: Rule...) -> Policy {
        let group = EntryList(.group("offices"), rules: rules)
        let policy = WarehousePolicy(whitelist: Whitelist(mode: .specific, lists: [group]))
        return Policy(["A": policy, "B": policy, "C": WarehousePolicy()])
    }

    @Test("An edit of a group changes it in all warehouses that share it")
    func groupEdit() throws {
        var policy = twoWarehouses()
        let entry = WhitelistEntry(try rule("12.0.0.0/8"))
        try policy.apply([.edit([.add(entry)], in: .group("offices"), of: "A")])
        #expect(policy["A"].whitelist.lists[0].count == 1)
        #expect(policy["B"].whitelist.lists[0] === policy["A"].whitelist.lists[0])
    }

    @Test("A group that was read again stays one list in all warehouses, and continues the old one")
    func continuedGroup() throws {
        let before = twoWarehouses(sharing: try rule("12.0.0.0/8"))
        let old = before["A"].whitelist.lists[0]
        var same = twoWarehouses(sharing: try rule("12.0.0.0/8"))
        same.continueSeries(of: before)
        #expect(same["A"].whitelist.lists[0] === old && same["B"].whitelist.lists[0] === old)
        var changed = twoWarehouses(sharing: try rule("13.0.0.0/8"))
        changed.warehouses["C"] = changed["A"]
        changed.continueSeries(of: before)
        let new = changed["A"].whitelist.lists[0]
        #expect(new.series == old.series && new !== old)
        #expect(["B", "C"].allSatisfy { changed[$0].whitelist.lists[0] === new })
    }

    @Test("A policy that was read again continues its lists, and keeps those that are the same")
    func continued() throws {
        let before = try policy()
        var same = try policy()
        same.continueSeries(of: before)
        #expect(same["A"].whitelist.lists[0] === before["A"].whitelist.lists[0])
        var changed = try policy()
        let list = EntryList(.entries, rules: [try rule("13.0.0.0/8")])
        changed.warehouses["A"]?.whitelist.lists[0] = list
        changed.continueSeries(of: before)
        #expect(changed["A"].whitelist.lists[0] !== before["A"].whitelist.lists[0])
        #expect(changed["A"].whitelist.lists[0].series == before["A"].whitelist.lists[0].series)
        #expect(changed["A"].whitelist.lists[0] == list)
    }
}
