import CIDRTrie
import Policy
import Testing

@testable import Store

@Suite("Import from the configuration file")
struct ImportTests {
    private let place: TestStore
    private let store: PolicyStore

    init() throws {
        place = try TestStore()
        store = try place.open()
    }

    private func configured(_ entries: [WhitelistEntry], mode: Whitelist.Mode = .specific) -> Policy
    {
        Policy([
            "W1": WarehousePolicy(
                whitelist: Whitelist(mode: mode, lists: [EntryList(.entries, entries)]),
                endpointServices: [EndpointService(id: "svc-1", cloud: .aws, region: "eu")],
                endpoints: [
                    Endpoint(id: "vpce-2", cloud: .aws, state: .available),
                    Endpoint(id: "vpce-1", cloud: .aws, state: .rejected),
                ]
            )
        ])
    }

    @Test("The policy of a warehouse is imported once; afterwards the store counts")
    func once() throws {
        let file = configured([try WhitelistEntry("10.0.0.0/8", .deny, description: "ten")])
        #expect(try store.write { try $0.importNew(from: file) }.value == ["W1"])
        let before = try Snapshot(store)
        let warehouse = try #require(store.policy.warehouses["W1"])
        #expect(warehouse.endpoints.map(\.id) == ["vpce-1", "vpce-2"])
        #expect(warehouse.endpoints.allSatisfy { $0.createdAt == TestStore.now })
        #expect(warehouse.endpointServices.map(\.id) == ["svc-1"])
        #expect(store.policy.differences(from: file).isEmpty)
        let other = configured([try WhitelistEntry("11.0.0.0/8")], mode: .anywhere)
        let again = try store.write { try $0.importNew(from: other) }
        #expect(again.value.isEmpty && !again.changesPolicy)
        store.release()
        #expect(try Snapshot(place.open(.open)) == before)
        let enforced = store.policy.policy(with: other)["W1"]
        #expect(enforced.whitelist.mode == .specific)
        #expect(enforced.whitelist.lists.flatMap { $0.entries.map(\.entry.text) } == ["10.0.0.0/8"])
    }

    @Test("A warehouse that was not imported admits no client")
    func unknown() throws {
        let file = configured([], mode: .anywhere)
        #expect(store.policy.policy(with: file)["W1"] == WarehousePolicy())
    }

    @Test("What the file says and the store does not is named")
    func differences() throws {
        try store.write { transaction in
            _ = try transaction.importNew(from: configured([WhitelistEntry("10.0.0.0/8")]))
        }
        let added = try (1...6).map { try WhitelistEntry("\($0).0.0.0/8") }
        var file = configured([try WhitelistEntry("10.0.0.0/8", .deny)] + added, mode: .anywhere)
        file.warehouses["W1"]?.endpoints[0].state = .rejected
        file.warehouses["W1"]?.endpointServices[0].id = "svc-2"
        let found = store.policy.differences(from: file)
        #expect(found.map(\.warehouse) == ["W1"] && found.first?.count == 10)
        #expect(
            found.first?.names == [
                "mode anywhere", "entry 10.0.0.0/8", "entry 1.0.0.0/8", "entry 2.0.0.0/8",
                "entry 3.0.0.0/8",
            ]
        )
        #expect(found.first?.description.contains("and 5 more") == true)
    }

    @Test("Of two entries for one block, the stricter one is imported")
    func duplicates() throws {
        let file = configured([
            try WhitelistEntry("10.0.0.0/8"), try WhitelistEntry("10.0.0.0/8", .deny),
        ])
        try store.write { try $0.importNew(from: file) }
        let list = try #require(store.policy.warehouses["W1"]?.list(for: nil)?.list)
        #expect(list.entries.map(\.entry.rule.action) == [.deny])
    }
}
