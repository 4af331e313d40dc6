import Policy
import Testing

@testable import Store

@Suite("Refused changes")
struct RefusalTests {
    private let place: TestStore
    private let store: PolicyStore

    init() throws {
        place = try TestStore()
        try place.fill(entryCount: 3)
        store = try place.open(.open)
    }

    private func expect(
        _ refusal: StoreRefusal,
        _ body: (inout StoreTransaction) throws -> Void,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let before = try Snapshot(store)
        #expect(throws: refusal, sourceLocation: location) { try store.write(body) }
        #expect(try Snapshot(store) == before, sourceLocation: location)
    }

    @Test("What does not exist cannot be changed")
    func unknown() throws {
        let entry = try WhitelistEntry("192.0.2.0/24")
        let nowhere = ListReference.warehouse("W9", service: nil)
        try expect(.unknownWarehouse("W9")) { try $0.setMode(.anywhere, of: "W9") }
        try expect(.unknownWarehouse("W9")) { _ = try $0.add([entry], to: nowhere) }
        try expect(.unknownGroup("g")) { _ = try $0.add([entry], to: .group("g")) }
        try expect(.unknownGroup("g")) { try $0.setGroups(["offices", "g"], of: "W2") }
        try expect(.unknownGroup("g")) { try $0.removeGroup("g") }
        try expect(.unknownGroup("g")) { try $0.describeGroup("g", "") }
        let gone = EntryReference(service: .mysql, id: EntryID(number: 1))
        try expect(.unknownEntry(gone)) {
            try $0.remove(gone.id, from: .warehouse("W1", service: .mysql))
        }
        try expect(.unknownEntry(EntryReference(service: nil, id: EntryID(number: 9)))) {
            try $0.change(EntryID(number: 9), in: .first, to: entry)
        }
        try expect(.unknownEndpoint("aws:vpce-77", warehouse: "W1")) {
            try $0.removeEndpoint(EndpointName(.aws, "vpce-77"), of: "W1")
        }
        try expect(.unknownEndpointService("x")) { try $0.removeEndpointService("x", of: "W2") }
        try expect(.unknownEndpointService("x")) { try $0.removeOutboundService("x") }
        try expect(.unknownKey("x")) { try $0.removeKey("x") }
    }

    @Test("A list has each block once")
    func duplicates() throws {
        let known = try WhitelistEntry("10.0.0.0/32")
        try expect(
            .duplicateEntry("10.0.0.0/32", of: EntryReference(service: nil, id: EntryID(number: 0)))
        ) { _ = try $0.add([known], to: .first) }
        let new = try WhitelistEntry("192.0.2.0/24")
        try expect(.duplicateEntry("192.0.2.0/24", of: nil)) {
            _ = try $0.add([new, new], to: .first)
        }
        try expect(.duplicateEntry("192.0.2.0/24", of: nil)) {
            _ = try $0.replace(in: .first, where: { _ in true }, by: [new, new])
        }
        let many = try (0..<100).map { try WhitelistEntry("10.9.\($0).0/24") }
        try expect(.duplicateEntry("10.9.7.0/24", of: nil)) {
            _ = try $0.add(many + [many[7]], to: .warehouse("W2", service: .http))
        }
    }

    @Test("Names are unique, and have a form")
    func names() throws {
        try expect(.exists("group offices")) { try $0.createGroup("offices", description: "") }
        try expect(.exists("a key named \"key 1\"")) {
            _ = try $0.createKey(.init(name: "key 1", role: .read))
        }
        let form = "expected up to 64 letters, digits, - and _"
        for name in ["", "a b", "ä", String(repeating: "a", count: 65)] {
            try expect(.invalid(field: "name", reason: form)) {
                try $0.createGroup(name, description: "")
            }
        }
        for name in ["", "line\nbreak", String(repeating: "a", count: 129)] {
            let form = "expected 1 to 128 bytes of printable text"
            try expect(.invalid(field: "name", reason: form)) {
                _ = try $0.createKey(.init(name: name, role: .read))
            }
        }
    }

    @Test("A description has at most 1,024 bytes and no NUL, at which SQLite would end it")
    func descriptions() throws {
        for (text, reason) in [
            (String(repeating: "a", count: 1_025), "longer than 1024 bytes"),
            ("a\0b", "contains a NUL character"),
        ] {
            let refusal = StoreRefusal.invalid(field: "description", reason: reason)
            let entry = try WhitelistEntry("192.0.2.0/24", description: text)
            try expect(refusal) { _ = try $0.add([entry], to: .first) }
            try expect(refusal) { try $0.change(EntryID(number: 0), in: .first, to: entry) }
            try expect(refusal) { try $0.createGroup("new", description: text) }
            try expect(refusal) { try $0.describeGroup("offices", text) }
            try expect(refusal) {
                let service = OutboundService(id: "new", description: text)
                try $0.setOutboundService(service, action: "outboundService.add")
            }
        }
    }

    @Test("A group that a warehouse uses cannot be removed")
    func usedGroup() throws {
        try expect(
            .conflict("group offices is used by W1, W2 (detach it there first)")
        ) { try $0.removeGroup("offices") }
        try expect(.conflict("group partners is used by W1 (detach it there first)")) {
            try $0.removeGroup("partners")
        }
    }

    @Test("A key is limited to known warehouses, and to at least one of them")
    func warehousesOfKeys() throws {
        try expect(.unknownWarehouse("W9")) {
            _ = try $0.createKey(.init(name: "new", role: .read, warehouses: ["W1", "W9"]))
        }
        try expect(
            .invalid(field: "warehouses", reason: "is empty (leave it out for all warehouses)")
        ) { _ = try $0.createKey(.init(name: "new", role: .read, warehouses: [])) }
    }

    @Test("There are at most 1,000 groups and 1,000 outbound services")
    func limits() throws {
        try store.write { transaction in
            for number in transaction.policy.groups.count..<1_000 {
                try transaction.createGroup("g\(number)", description: "")
            }
            for number in transaction.policy.outboundServices.count..<1_000 {
                let service = OutboundService(id: "s\(number)")
                try transaction.setOutboundService(service, action: "outboundService.add")
            }
        }
        try expect(.tooMany("there are at most 1000 groups")) {
            try $0.createGroup("new", description: "")
        }
        try expect(.tooMany("there are at most 1000 outbound services")) {
            let service = OutboundService(id: "new")
            try $0.setOutboundService(service, action: "outboundService.add")
        }
    }
}
