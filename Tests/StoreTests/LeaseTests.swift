import Addresses
import CIDRTrie
import Foundation
import Policy
import Testing
import Time

@testable import Store

@Suite("Leases")
struct LeaseTests {
    private let place: TestStore
    private let store: PolicyStore
    private let address: IPAddress
    private let ci = LeaseHolder(keyID: "k2m4p6r8t2", keyName: "ci")
    private let other = LeaseHolder(keyID: "a2b3c4d5e6", keyName: "nightly")

    init() throws {
        place = try TestStore()
        store = try place.open()
        address = try IPAddress(parsing: "203.0.113.7")
        try store.write { try $0.importNew(from: .pair) }
    }

    private func take(
        _ seconds: Int64,
        of holder: LeaseHolder? = nil,
        address: IPAddress? = nil,
        warehouse: String = "W1",
        service: ServiceProtocol? = nil,
        after delay: Int64 = 0,
        files: [EntryList] = []
    ) throws -> Lease {
        let request = LeaseRequest(
            holder: holder ?? ci,
            address: address ?? self.address,
            duration: .seconds(seconds),
            warehouse: warehouse,
            service: service
        )
        let now = UnixTime(seconds: TestStore.now.seconds + delay)
        return try store.write(by: TestStore.alice, at: now) {
            try $0.lease(request, files: files)
        }.value
    }

    private func add(_ entry: WhitelistEntry, to list: ListReference = .first) throws {
        try store.write { _ = try $0.add([entry], to: list) }
    }

    private func refusal(_ body: () throws -> Void) -> StoreRefusal? {
        do {
            try body()
            return nil
        } catch {
            return error as? StoreRefusal
        }
    }

    private func entries(_ warehouse: String = "W1") -> [WhitelistEntry] {
        store.policy.warehouses[warehouse]?.list(for: nil)?.list.entries.map(\.entry) ?? []
    }

    @Test("A lease is an entry of the address with an expiry, and names its key")
    func create() throws {
        let lease = try take(900)
        #expect(lease.outcome == .created)
        let entry = try #require(entries().first)
        #expect(entry == lease.entry && entry.text == "203.0.113.7")
        #expect(entry.rule.expiry == UnixTime(seconds: TestStore.now.seconds + 900))
        #expect(entry.editor == "ci (lease of key k2m4p6r8t2)")
        let records = try store.audit(after: 0, matching: AuditFilter(), limit: 10)
        #expect(records.last?.record.action == "whitelist.lease.create")
        #expect(store.policy.leases(of: "W1", at: TestStore.now, heldBy: ci).count == 1)
        #expect(store.policy.leases(of: "W1", at: TestStore.now, heldBy: other).isEmpty)
    }

    @Test("Renewing extends the lease, and never shortens it")
    func renew() throws {
        let first = try take(900)
        let later = try take(900, after: 600)
        #expect(later.outcome == .extended && later.reference == first.reference)
        #expect(later.entry.rule.expiry == UnixTime(seconds: TestStore.now.seconds + 1_500))
        let shorter = try take(10, after: 600)
        #expect(shorter.outcome == .alreadyAllowed && shorter.entry == later.entry)
        #expect(entries().count == 1)
    }

    @Test("An IPv4-mapped address is the IPv4 address")
    func mapped() throws {
        _ = try take(900)
        let lease = try take(1_000, address: IPAddress(parsing: "::ffff:203.0.113.7"))
        #expect(lease.outcome == .extended && entries().count == 1)
    }

    @Test(
        "A lease lasts from a second to a day",
        arguments: [Int64.min, -1, 0, 86_401, 1 << 40, Int64.max]
    )
    func duration(_ seconds: Int64) throws {
        let refusal = refusal { _ = try take(seconds) }
        guard case .invalid(field: "ttl", _)? = refusal else {
            Issue.record("\(seconds): \(String(describing: refusal))")
            return
        }
        #expect(entries().isEmpty)
    }

    @Test("An operator's entry of the same address is left as it is")
    func alreadyAllowed() throws {
        try add(WhitelistEntry("203.0.113.7/32", description: "office"))
        let lease = try take(900)
        #expect(lease.outcome == .alreadyAllowed && lease.entry.rule.expiry == nil)
        #expect(entries() == [try WhitelistEntry("203.0.113.7/32", description: "office")])
        let v6 = try IPAddress(parsing: "2001:db8::7")
        let soon = UnixTime(seconds: TestStore.now.seconds + 60)
        try add(WhitelistEntry("2001:db8::7/128", expiry: soon))
        let bounded = try take(900, address: v6)
        #expect(bounded.outcome == .alreadyAllowed && bounded.entry.rule.expiry == soon)
        // Once it has expired, the lease takes its place.
        #expect(try take(900, address: v6, after: 61).outcome == .extended)
    }

    @Test("A larger block that admits the address does not make the lease superfluous")
    func nested() throws {
        try add(WhitelistEntry("203.0.113.0/24"))
        #expect(try take(900).outcome == .created)
    }

    @Test("A lease lifts no denial, of whatever list and length")
    func denials() throws {
        try add(WhitelistEntry("203.0.113.0/24", .deny))
        #expect(refusal { _ = try take(900) }?.description.contains("203.0.113.0/24") == true)
        // An allow entry inside the denied block already lifts it for this address.
        try add(WhitelistEntry("203.0.113.0/28"))
        #expect(try take(900).outcome == .created)
        let exact = try IPAddress(parsing: "198.51.100.9")
        try add(WhitelistEntry("198.51.100.9/32", .deny))
        #expect(refusal { _ = try take(900, address: exact) } != nil)
    }

    @Test("Nor one of a group, a file or a single service")
    func otherLists() throws {
        try store.write { transaction in
            try transaction.createGroup("blocked", description: "")
            _ = try transaction.add(
                [try WhitelistEntry("192.0.2.0/24", .deny)],
                to: .group("blocked")
            )
            try transaction.setGroups(["blocked"], of: "W1")
        }
        #expect(
            refusal { _ = try take(900, address: IPAddress(parsing: "192.0.2.1")) }?.description
                .contains("group:blocked") == true
        )
        let file = EntryList(
            .file("deny.cidrs"),
            rules: [Rule(block: try CIDRBlock(parsing: "2001:db8::/32"), action: .deny)]
        )
        #expect(
            refusal { _ = try take(900, address: IPAddress(parsing: "2001:db8::1"), files: [file]) }
                != nil
        )
        try add(
            WhitelistEntry("203.0.113.7/32", .deny),
            to: .warehouse("W1", service: .mysql)
        )
        #expect(refusal { _ = try take(900) } != nil)
        #expect(refusal { _ = try take(900, service: .mysql) } != nil)
        #expect(try take(900, service: .http).reference.service == .http)
    }

    @Test("A denial that was added later is not lifted by renewing")
    func laterDenial() throws {
        _ = try take(900)
        try add(WhitelistEntry("203.0.113.0/24", .deny))
        #expect(refusal { _ = try take(900) } != nil)
    }

    @Test("An expired or disabled denial denies nothing, and a disabled entry stays disabled")
    func inactive() throws {
        var disabled = try WhitelistEntry("203.0.113.0/24", .deny)
        disabled.isEnabled = false
        try add(disabled)
        try add(
            WhitelistEntry(
                "203.0.113.0/25",
                .deny,
                expiry: UnixTime(seconds: TestStore.now.seconds - 1)
            )
        )
        #expect(try take(900).outcome == .created)
        var entry = try WhitelistEntry("198.51.100.1/32")
        entry.isEnabled = false
        try add(entry)
        #expect(
            refusal { _ = try take(900, address: IPAddress(parsing: "198.51.100.1")) }?.description
                .contains("disabled") == true
        )
    }

    @Test("A key holds at most 20 leases, over all warehouses; expired ones do not count")
    func perKey() throws {
        for number in 0..<LeaseLimits.perKey {
            _ = try take(
                100,
                address: IPAddress(parsing: "203.0.113.\(number)"),
                warehouse: number.isMultiple(of: 2) ? "W1" : "W2"
            )
        }
        let next = try IPAddress(parsing: "203.0.113.200")
        guard case .tooMany? = refusal({ _ = try take(100, address: next) }) else {
            Issue.record("the 21st lease")
            return
        }
        // Renewing one is not a new one, and another key has its own.
        _ = try take(200, address: IPAddress(parsing: "203.0.113.0"))
        #expect(try take(100, of: other, address: next).outcome == .created)
        #expect(
            try take(100, address: IPAddress(parsing: "203.0.113.201"), after: 101).outcome
                == .created
        )
        // What has expired in the warehouse is gone.
        #expect(entries("W1").count == 2)
    }

    @Test("A warehouse has at most 1,000 leases")
    func perWarehouse() throws {
        let leases = try (0..<LeaseLimits.perWarehouse).map { number in
            var entry = try WhitelistEntry(
                "10.0.\(number / 250).\(number % 250)/32",
                expiry: UnixTime(seconds: TestStore.now.seconds + 100)
            )
            entry.editor = LeaseHolder(keyID: "k\(number / 20)", keyName: "ci").editor
            return entry
        }
        try store.write { _ = try $0.add(leases, to: .first) }
        guard case .tooMany? = refusal({ _ = try take(100) }) else {
            Issue.record("one more lease")
            return
        }
        #expect(try take(100, after: 100).outcome == .created)
        #expect(entries().count == 1)
    }

    @Test("A key releases its own leases and nothing else")
    func release() throws {
        let lease = try take(900)
        try add(WhitelistEntry("203.0.113.0/24"))
        let operatorEntry = try #require(
            EntryReference(service: nil, id: EntryID(number: lease.reference.id.number + 1))
        )
        for reference in [lease.reference, operatorEntry] {
            #expect(
                refusal {
                    try store.write { _ = try $0.releaseLease(reference, of: other, in: "W1") }
                } == .unknownEntry(reference)
            )
        }
        #expect(
            refusal {
                try store.write { _ = try $0.releaseLease(operatorEntry, of: ci, in: "W1") }
            } == .unknownEntry(operatorEntry)
        )
        try store.write { _ = try $0.releaseLease(lease.reference, of: ci, in: "W1") }
        #expect(entries().count == 1)
    }

    @Test("What an operator has changed is no lease any more")
    func takenOver() throws {
        let lease = try take(900)
        var entry = lease.entry
        entry.rule.expiry = nil
        entry.editor = "alice"
        let changed = entry
        try store.write { try $0.change(lease.reference.id, in: .first, to: changed) }
        #expect(try take(900).outcome == .alreadyAllowed)
        #expect(
            refusal {
                try store.write { _ = try $0.releaseLease(lease.reference, of: ci, in: "W1") }
            } != nil
        )
    }

    @Test("A lease of another key for the same address becomes this key's once it lasts longer")
    func shared() throws {
        let lease = try take(900)
        #expect(try take(600, of: other).outcome == .alreadyAllowed)
        #expect(store.policy.leases(of: "W1", at: TestStore.now, heldBy: ci).count == 1)
        let longer = try take(1_200, of: other)
        #expect(longer.outcome == .extended && longer.reference == lease.reference)
        #expect(store.policy.leases(of: "W1", at: TestStore.now, heldBy: other).count == 1)
        #expect(entries().count == 1)
    }

    @Test("No key can have a name that makes its entries look like leases")
    func names() throws {
        for name in ["ci (lease of key k2m4p6r8t2)", "x (lease of key ", "a (lease of key b) c"] {
            #expect(
                refusal {
                    try store.write { _ = try $0.createKey(.init(name: name, role: .operate)) }
                } != nil
            )
        }
    }

    @Test("A key for leases may identify itself and take leases, and nothing else")
    func role() {
        let permissions = Permission.allCases.filter { Role.lease.allows($0) }
        #expect(permissions == [.identify, .lease])
        #expect(!Role.read.allows(.lease) && Role.read.allows(.identify))
        #expect(Role.operate.allows(.lease) && Role.administer.allows(.lease))
    }
}
