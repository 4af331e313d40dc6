import Addresses
import CIDRTrie
import Policy
import SeededRandom
import Testing
import Time

@testable import Store

@Suite("Transactions of the store")
struct TransactionTests {
    private let place: TestStore

    init() throws {
        place = try TestStore()
    }

    @Test("A store that is opened again holds what it held")
    func reopening() throws {
        let before = try place.fill()
        #expect(try Snapshot(place.open(.open)) == before)
        #expect(before.lists.count == 5 && before.keys.count == 6)
        #expect(before.lists.allSatisfy { $0.entries.count == 39 && $0.nextNumber == 41 })
    }

    @Test("After any changes the store holds the same in memory and on disk", arguments: 0..<6)
    func random(seed: Int) throws {
        try place.fill(entryCount: 6)
        var random = RandomChanges(seed: UInt64(seed))
        for _ in 0..<4 {
            let before = try changed(&random)
            let store = try place.open(.open)
            #expect(try Snapshot(store) == before, "seed \(seed)")
            #expect(try store.verifyAudit().valid)
        }
        #expect(random.madeCount > 60)
    }

    private func changed(_ random: inout RandomChanges) throws -> Snapshot {
        let store = try place.open(.open)
        for _ in 0..<30 { try random.change(store) }
        return try Snapshot(store)
    }

    @Test("A number is not given to a second entry, even after the store was opened again")
    func identities() throws {
        try place.fill(entryCount: 5)
        var seen: Set<EntryID> = []
        for round in 0..<12 {
            let store = try place.open(.open)
            let entry = try WhitelistEntry("192.0.2.\(round)/32")
            let id = try store.write { try $0.add([entry], to: .first)[0] }.value
            #expect(seen.insert(id).inserted)
            #expect(id.number == 6 + round)
            guard !round.isMultiple(of: 3) else { continue }
            try store.write { try $0.remove(id, from: .first) }
        }
        let list = try place.open(.open).policy.warehouses["W1"]?.list(for: nil)?.list
        #expect(list?.nextNumber == 18)
        #expect(list?.index(of: EntryID(number: 6)) != nil)
        #expect(list?.index(of: EntryID(number: 7)) == nil)
    }

    @Test("A change of the policy increases its revision by one, a change of keys does not")
    func revisions() throws {
        let store = try place.open()
        #expect(store.policy.revision.number == 0)
        let imported = try store.write { try $0.importNew(from: .pair) }
        #expect(imported.changesPolicy && imported.policy.revision.number == 1)
        let several = try store.write { transaction in
            try transaction.setMode(.nowhere, of: "W1")
            _ = try transaction.add([WhitelistEntry("10.0.0.0/8")], to: .second)
        }
        #expect(several.policy.revision.number == 2)
        let key = try store.write { try $0.createKey(.init(name: "a", role: .read)).key.id }
        #expect(!key.changesPolicy && key.policy.revision.number == 2)
        let same = try store.write { try $0.setMode(.nowhere, of: "W1") }
        #expect(!same.changesPolicy && same.policy.revision.number == 2)
    }

    @Test("The version of a whitelist is the revision of its last change")
    func versions() throws {
        let store = try place.open()
        try store.write { try $0.importNew(from: .pair) }
        let id = try store.write { try $0.add([WhitelistEntry("10.0.0.0/8")], to: .first)[0] }.value
        #expect(store.policy.warehouses["W1"]?.version == 2)
        #expect(store.policy.warehouses["W2"]?.version == 1)
        try store.write { transaction in
            try transaction.checkVersion(2, of: .first)
            try transaction.checkVersion(nil, of: .first)
            try transaction.remove(id, from: .first)
        }
        #expect(throws: StoreRefusal.stale(seen: 2, current: 3)) {
            try store.write { transaction in
                try transaction.checkVersion(2, of: .first)
                try transaction.setMode(.anywhere, of: "W1")
            }
        }
        #expect(store.policy.warehouses["W1"]?.mode == .specific)
        let endpoint = Endpoint(id: "vpce-1", cloud: .aws, state: .available)
        try store.write { try $0.setEndpoint(endpoint, of: "W1", action: "endpoint.add") }
        // Endpoints are not in the whitelist.
        #expect(store.policy.warehouses["W1"]?.version == 3)
    }

    @Test("A write that throws changes nothing, whatever it did before")
    func rollback() throws {
        let before = try place.fill()
        let store = try place.open(.open)
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try store.write { transaction in
                _ = try transaction.add([WhitelistEntry("192.0.2.0/24")], to: .first)
                try transaction.setMode(.nowhere, of: "W2")
                _ = try transaction.createKey(.init(name: "new", role: .administer))
                try transaction.createGroup("new", description: "")
                try transaction.removeOutboundService("svc-5")
                throw Stop()
            }
        }
        #expect(try Snapshot(store) == before)
        try store.write { try $0.setMode(.nowhere, of: "W2") }
        #expect(store.policy.revision.number == before.revision.number + 1)
    }

    @Test("A refusal that the writer handles leaves the rest of the write as it was")
    func handledRefusal() throws {
        let store = try place.open()
        try store.write { try $0.importNew(from: .pair) }
        let service = ListReference.warehouse("W1", service: .http)
        let entry = try WhitelistEntry("10.0.0.0/8")
        try store.write { transaction in
            #expect(throws: StoreRefusal.self) { try transaction.add([entry, entry], to: service) }
            try transaction.setMode(.nowhere, of: "W1")
        }
        let before = try Snapshot(store)
        store.release()
        #expect(try Snapshot(place.open(.open)) == before)
    }

    @Test("A dry run shows the result, and changes nothing in memory or on disk")
    func dryRun() throws {
        let before = try place.fill()
        let store = try place.open(.open)
        let result = try store.write(
            by: TestStore.alice,
            isDryRun: true,
            at: TestStore.now
        ) { transaction in
            try transaction.setMode(.nowhere, of: "W1")
            try transaction.createGroup("new", description: "")
            _ = try transaction.add([WhitelistEntry("192.0.2.0/24")], to: .group("new"))
            _ = try transaction.add(
                [WhitelistEntry("192.0.2.0/24")],
                to: .warehouse("W2", service: .http)
            )
            return try transaction.add([WhitelistEntry("192.0.2.0/24")], to: .first)
        }
        #expect(result.value == [EntryID(number: 41)])
        #expect(result.changesPolicy && result.policy.revision.number == before.revision.number + 1)
        #expect(result.policy.warehouses["W1"]?.mode == .nowhere)
        #expect(result.policy.groups["new"]?.list.list.count == 1)
        #expect(try Snapshot(store) == before)
        store.release()
        #expect(try Snapshot(place.open(.open)) == before)
    }

    @Test("Replaced entries keep their identities if they stay, and the result is counted")
    func replacing() throws {
        let store = try place.open()
        try store.write { try $0.importNew(from: .pair) }
        let ids = try store.write { transaction in
            try transaction.add(
                ["10.0.0.0/8", "11.0.0.0/8", "12.0.0.0/8", "13.0.0.0/8"].map { block in
                    try WhitelistEntry(block)
                },
                to: .first
            )
        }.value
        let change = try store.write { transaction in
            try transaction.replace(
                in: .first,
                where: { $0.text != "13.0.0.0/8" },
                by: [
                    WhitelistEntry("10.0.0.0/8"), WhitelistEntry("11.0.0.0/8", .deny),
                    WhitelistEntry("14.0.0.0/8"),
                ]
            )
        }.value
        #expect((change.added, change.changed, change.removed, change.unchanged) == (1, 1, 1, 1))
        let list = try #require(store.policy.warehouses["W1"]?.list(for: nil)?.list)
        #expect(
            list.entries.map(\.entry.text) == [
                "10.0.0.0/8", "11.0.0.0/8", "13.0.0.0/8", "14.0.0.0/8",
            ]
        )
        #expect(list.entries.map(\.id).prefix(3) == [ids[0], ids[1], ids[3]])
        let same = try store.write { transaction in
            try transaction.replace(in: .first, where: { _ in false }, by: [])
        }
        #expect(!same.changesPolicy)
    }
}

/// Random changes of all kinds.
private struct RandomChanges {
    private var generator: SeededGenerator
    private(set) var madeCount = 0

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    /// Makes a few changes in one write. Some of them are refused, and with them the write.
    mutating func change(_ store: PolicyStore) throws {
        do {
            try store.write { transaction in
                for _ in 0..<Int.random(in: 1...4, using: &generator) { try step(&transaction) }
            }
            madeCount += 1
        } catch is StoreRefusal {
            return
        }
    }

    private mutating func number(_ limit: Int) -> Int {
        Int.random(in: 0..<limit, using: &generator)
    }

    private mutating func entry() throws -> WhitelistEntry {
        var entry = try WhitelistEntry(
            number(4) == 0 ? "2001:db8:\(number(40))::/48" : "10.0.\(number(40)).0/24",
            number(3) == 0 ? .deny : .allow,
            description: ["", "office", "büro", "line\nbreak", "\"'; --"][number(5)],
            expiry: [nil, UnixTime(seconds: 1_900_000_000), UnixTime(seconds: -5)][number(3)]
        )
        entry.isEnabled = number(4) > 0
        entry.editor = ["", "alice", "bob"][number(3)]
        entry.editedAt = [nil, UnixTime(seconds: 0), TestStore.now][number(3)]
        if number(5) == 0 { entry.text = "10.0.0.0-10.0.0.99" }
        return entry
    }

    private mutating func id(in list: StoredList?) -> EntryID {
        let entries = list.map { Array($0.list.entries) } ?? []
        return entries.randomElement(using: &generator)?.id ?? EntryID(number: 7)
    }

    private mutating func step(_ transaction: inout StoreTransaction) throws {
        let groups = transaction.policy.groups.keys.sorted()
        let group = groups.randomElement(using: &generator) ?? "g"
        let lists: [ListReference] = [
            .first, .second, .group(group), .warehouse("W2", service: .mysql),
            .warehouse("W1", service: .http),
        ]
        let list = lists[number(lists.count)]
        let warehouse = ["W1", "W2"][number(2)]
        switch number(16) {
        case 0, 1, 2:
            let entries = try (0...number(3)).map { _ in try entry() }
            _ = try transaction.add(entries, to: list)
        case 3, 4:
            try transaction.remove(id(in: transaction.list(list)), from: list)
        case 5, 6:
            try transaction.change(id(in: transaction.list(list)), in: list, to: entry())
        case 7:
            let entries = try (0..<number(5)).map { _ in try entry() }
            let isAll = number(2) == 0
            _ = try transaction.replace(in: list, where: { isAll || $0.isEnabled }, by: entries)
        case 8 where number(3) == 0:
            let listener = SocketAddress(.v4(IPv4Address(bits: 0)), port: UInt16(1 + number(3)))
            let ends = ([nil, 60, 3_600] as [Int64?])[number(3)].map {
                UnixTime(seconds: TestStore.now.seconds + $0)
            }
            try transaction.setShadow(of: listener, until: ends, of: warehouse)
        case 8: try transaction.setMode([.specific, .anywhere, .nowhere][number(3)], of: warehouse)
        case 9:
            let names = groups.filter { _ in number(2) == 0 }
            try transaction.setGroups(names, of: warehouse)
        case 10:
            if number(2) == 0 {
                try transaction.createGroup("g\(number(5))", description: "")
            } else {
                try transaction.removeGroup(group)
            }
        case 11: try transaction.describeGroup(group, "described \(number(9))")
        case 12: try changeEndpoint(&transaction, of: warehouse)
        case 13: try changeServices(&transaction, of: warehouse)
        default: try changeKey(&transaction)
        }
    }

    private mutating func changeEndpoint(_ transaction: inout StoreTransaction, of id: String)
        throws
    {
        let cloud = Cloud.allCases[number(3)]
        let name = "vpce-\(number(6))"
        if number(3) == 0 {
            try transaction.removeEndpoint(EndpointName(cloud, name), of: id)
        } else {
            let endpoint = Endpoint(
                id: name,
                cloud: cloud,
                state: Endpoint.State.allCases[number(4)],
                description: "nr. \(number(5))",
                connectionLimit: number(4)
            )
            try transaction.setEndpoint(endpoint, of: id, action: "endpoint.change")
        }
    }

    private mutating func changeServices(_ transaction: inout StoreTransaction, of id: String)
        throws
    {
        let name = "svc-\(number(6))"
        switch number(6) {
        case 0: try transaction.removeEndpointService(name, of: id)
        case 4:
            let endpoint = OutboundEndpoint(named: "e\(number(3))", on: name)
            try transaction.setOutboundEndpoint(endpoint, of: id, action: "outboundEndpoint.change")
        case 5: try transaction.removeOutboundEndpoint("oe-e\(number(3))", of: id)
        case 1: try transaction.removeOutboundService(name)
        case 2:
            let service = EndpointService(
                id: name,
                cloud: Cloud.allCases[number(3)],
                region: "eu",
                allowedPrincipals: ["*"]
            )
            try transaction.setEndpointService(service, of: id, action: "endpointService.change")
        default:
            let service = OutboundService(id: name, description: "nr. \(number(5))")
            try transaction.setOutboundService(service, action: "outboundService.change")
        }
    }

    private mutating func changeKey(_ transaction: inout StoreTransaction) throws {
        let keys = transaction.keyring.keys.keys.sorted()
        let id = keys.randomElement(using: &generator) ?? "none"
        switch number(3) {
        case 0: _ = try transaction.createKey(.init(name: "key \(number(20))", role: .read))
        case 1: try transaction.removeKey(id)
        default:
            let isEnabled = number(2) == 0
            _ = try transaction.changeKey(id) { $0.isEnabled = isEnabled }
        }
    }
}
