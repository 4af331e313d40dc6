import CIDRTrie
import GRDB
import Policy
import Testing
import Text
import Time

@testable import Store

@Suite("The audit")
struct AuditTests {
    private let place: TestStore

    init() throws {
        place = try TestStore()
    }

    @Test("Each act is recorded with its actor, its target and the values before and after")
    func records() throws {
        let store = try place.open()
        try store.write { try $0.importNew(from: .pair) }
        let id = try store.write { try $0.add([WhitelistEntry("10.0.0.0/8")], to: .first)[0] }.value
        try store.write { try $0.change(id, in: .first, to: WhitelistEntry("10.0.0.0/8", .deny)) }
        let records = try store.audit(after: 0, matching: AuditFilter(), limit: 9).map(\.record)
        #expect(
            records.map(\.action) == [
                "warehouse.import", "warehouse.import", "whitelist.entry.add",
                "whitelist.entry.change",
            ]
        )
        let last = try #require(records.last)
        #expect(last.number == 4 && last.actor == TestStore.alice && last.at == TestStore.now)
        #expect(last.warehouse == "W1" && last.target == "0")
        #expect(last.before == ["cidr": "10.0.0.0/8", "action": "allow", "enabled": .bool(true)])
        #expect(last.after == ["cidr": "10.0.0.0/8", "action": "deny", "enabled": .bool(true)])
    }

    @Test("The records of a write are told once it is committed, and only then")
    func observer() throws {
        let store = try place.open()
        let told = Counter()
        store.observe { told.add($0.count) }
        try store.write { try $0.importNew(from: .pair) }
        #expect(told.value == 2)
        #expect(throws: StoreRefusal.self) {
            try store.write { transaction in
                try transaction.setMode(.nowhere, of: "W1")
                try transaction.removeKey("none")
            }
        }
        #expect(told.value == 2)
    }

    @Test("A page of the audit is filtered, the newest record first")
    func filters() throws {
        try place.fill(entryCount: 3)
        let store = try place.open(.open)
        func actions(_ change: (inout AuditFilter) -> Void) throws -> (all: [String], total: Int) {
            var filter = AuditFilter()
            change(&filter)
            let page = try store.audit(matching: filter, offset: 0, limit: 2)
            return (page.records.map(\.record.action), page.total)
        }
        #expect(try actions { $0.action = "key." }.total == 7)
        #expect(try actions { $0.warehouse = "W2" }.all.count == 2)
        #expect(try actions { $0.actor = "alice" }.total == actions { _ in }.total)
        #expect(try actions { $0.actor = "bob" }.total == 0)
        #expect(try actions { $0.since = TestStore.now }.total > 0)
        #expect(try actions { $0.until = TestStore.now }.total == 0)
        #expect(try actions { $0.action = "key." }.all == ["key.create", "key.create"])
    }

    @Test("The chain of an audit that nobody has touched is valid")
    func valid() throws {
        let before = try place.fill(entryCount: 3)
        let result = try place.open(.open).verifyAudit()
        #expect(result.valid && result.count == Int64(before.audit.count))
        #expect(before.audit.last?.hasSuffix(result.head) == true)
    }

    @Test(
        "A record that was changed, replaced, inserted or removed is found",
        arguments: [
            ("UPDATE audit SET document = replace(document, 'alice', 'malic') WHERE number = 5", 5),
            (
                "UPDATE audit SET hash = replace(hash, substr(hash, 1, 1), 'f') || '' WHERE number = 6",
                6
            ),
            ("UPDATE audit SET warehouse = 'W3' WHERE number = 5", 5),
            ("UPDATE audit SET actor = 'bob' WHERE number = 5", 5),
            ("UPDATE audit SET at = at + 1 WHERE number = 5", 5),
            ("UPDATE audit SET document = '{' WHERE number = 5", 5),
            ("DELETE FROM audit WHERE number = 7", 8),
            ("DELETE FROM audit WHERE number = 1", 2),
            (
                """
                UPDATE audit SET document = (SELECT document FROM audit WHERE number = 9),
                hash = (SELECT hash FROM audit WHERE number = 9) WHERE number = 8
                """, 8
            ),
        ] as [(String, Int64)]
    )
    func tampering(sql: String, first: Int64) throws {
        try place.fill(entryCount: 3)
        let store = try place.open(.open)
        try store.pool.write { database in
            try database.execute(sql: "DROP TRIGGER auditIsNotChanged")
            try database.execute(sql: "DROP TRIGGER auditIsNotRemoved")
            try database.execute(sql: sql)
        }
        let result = try store.verifyAudit()
        // A digit may have been an f before.
        #expect(result.firstInvalid == first || sql.contains("'f'") && result.valid)
    }

    @Test("Records cannot be changed or removed by SQL, not even by REPLACE")
    func triggers() throws {
        try place.fill(entryCount: 3)
        let before = try Snapshot(place.open(.open))
        for sql in [
            "UPDATE audit SET document = ''", "DELETE FROM audit",
            "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE number = 3",
        ] {
            #expect(throws: DatabaseError.self, "\(sql)") { try place.execute(sql) }
        }
        #expect(try Snapshot(place.open(.open)) == before)
    }

    @Test("A store whose last records are missing is damaged")
    func truncation() throws {
        try place.fill(entryCount: 3)
        try place.execute(
            """
            PRAGMA writable_schema = ON;
            DROP TRIGGER auditIsNotRemoved;
            DELETE FROM audit WHERE number > 9;
            CREATE TRIGGER auditIsNotRemoved BEFORE DELETE ON audit
                BEGIN SELECT RAISE (ABORT, 'the audit is append-only'); END;
            """
        )
        #expect(throws: StoreError.self) { try place.open(.open) }
    }
}
