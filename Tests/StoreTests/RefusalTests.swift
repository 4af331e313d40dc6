import Addresses
import Policy
import Testing
import Time

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
        let gone = EntryReference(service: .mysql, id: EntryID(number: 2))
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
            .duplicateEntry("10.0.0.0/32", of: EntryReference(service: nil, id: EntryID(number: 1)))
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
            try expect(refusal) { try $0.change(EntryID(number: 1), in: .first, to: entry) }
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

    @Test("An outbound service that endpoints use cannot be removed")
    func usedService() throws {
        try expect(
            .conflict(
                "endpoint service svc-0 has the outbound endpoint out-0 of W1 (remove it first)"
            )
        ) { try $0.removeOutboundService("svc-0") }
    }

    @Test("An outbound endpoint needs a service, and a name of its own in its warehouse")
    func outboundEndpoints() throws {
        func set(_ endpoint: OutboundEndpoint, in transaction: inout StoreTransaction) throws {
            try transaction.setOutboundEndpoint(endpoint, of: "W1", action: "x")
        }
        try expect(.unknownEndpointService("svc-9")) {
            try set(OutboundEndpoint(named: "new", on: "svc-9"), in: &$0)
        }
        var taken = OutboundEndpoint(named: "new", on: "svc-0")
        taken.name = "out-2"
        try expect(.exists("outbound endpoint out-2")) { try set(taken, in: &$0) }
        try expect(.unknownEndpoint("oe-out-1", warehouse: "W1")) {
            try $0.removeOutboundEndpoint("oe-out-1", of: "W1")
        }
        let form = "expected up to 128 letters, digits, - and _"
        for name in ["", "a b", "ä", String(repeating: "a", count: 129)] {
            try expect(.invalid(field: "name", reason: form)) {
                try set(OutboundEndpoint(named: name, on: "svc-0"), in: &$0)
            }
        }
    }

    @Test("Shadow mode lasts at most 7 days, and ends in the future", arguments: [-1, 0, 604_801])
    func shadow(seconds: Int64) throws {
        let end = UnixTime(seconds: TestStore.now.seconds + seconds)
        let listener = SocketAddress(.v4(IPv4Address(bits: 0)), port: 9031)
        try expect(
            .invalid(
                field: "until",
                reason: "expected a time within the next 7 days, found \(end.rfc3339)"
            )
        ) { try $0.setShadow(of: listener, until: end, of: "W1") }
    }

    @Test("A key is limited to known warehouses, and to at least one of them")
    func warehousesOfKeys() throws {
        try expect(.unknownWarehouse("W9", meant: "W1")) {
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
