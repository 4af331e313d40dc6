import Foundation
import GRDB
import Policy
import Testing

@testable import Store

@Suite("The files of the store")
struct DurabilityTests {
    private let place: TestStore

    init() throws {
        place = try TestStore()
    }

    @Test("A commit is on disk before it is acknowledged: WAL with synchronous FULL")
    func pragmas() throws {
        let store = try place.open()
        try store.write { try $0.importNew(from: .pair) }
        let values = try store.pool.writeWithoutTransaction { database in
            try ["synchronous", "journal_mode", "foreign_keys"].map {
                try String.fetchOne(database, sql: "PRAGMA \($0)")
            }
        }
        // 2 is FULL.
        #expect(values == ["2", "wal", "1"])
    }

    @Test("Only their owner can read the files of the store and its backup")
    func modes() throws {
        let store = try place.open()
        try store.write { try $0.importNew(from: .pair) }
        try store.backUp(to: place.path + ".backup")
        for suffix in ["", "-wal", "-shm", ".lock", ".created", ".mark", ".backup"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: place.path + suffix)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(suffix)")
        }
    }

    @Test("A missing store is an error if there was one, and made if there was none")
    func missing() throws {
        #expect(throws: StoreError.missing(path: place.path)) { try place.open(.open) }
        #expect(!PolicyStore.hasExisted(place.path))
        try place.fill(entryCount: 2)
        try place.replaceFiles(by: [:])
        #expect(PolicyStore.hasExisted(place.path))
        for mode in [PolicyStore.Mode.open, .create] {
            #expect(throws: StoreError.missing(path: place.path)) { try place.open(mode) }
        }
        try FileManager.default.removeItem(atPath: place.path + ".created")
        #expect(try place.open().policy.warehouses.isEmpty)
    }

    @Test("One process writes at a time; after a release another one does, and it is seen")
    func locking() throws {
        let first = try place.open()
        try first.write { try $0.importNew(from: .pair) }
        #expect(throws: StoreError.locked(path: place.path)) { try place.open(.open) }
        #expect(first.isWritable)
        first.release()
        #expect(!first.isWritable)
        let second = try place.open(.open)
        #expect(throws: StoreError.locked(path: place.path)) {
            try first.write { try $0.setMode(.nowhere, of: "W1") }
        }
        #expect(try !first.refresh())
        try second.write { try $0.setMode(.nowhere, of: "W1") }
        #expect(first.policy.warehouses["W1"]?.mode == .specific)
        #expect(try first.refresh())
        #expect(try Snapshot(first) == Snapshot(second))
        try second.write { _ = try $0.createKey(.init(name: "a", role: .read)) }
        // The keys have changed, the policy has not.
        #expect(try !first.refresh())
        #expect(first.keyring.keys == second.keyring.keys)
        #expect(throws: StoreError.self) {
            try PolicyStore.restore(
                place.path,
                to: place.path,
                by: TestStore.alice,
                at: TestStore.now
            )
        }
    }

    @Test("The lock is released with the store")
    func lockEnds() throws {
        for _ in 0..<20 { _ = try place.open() }
    }

    @Test("A store that a later version wrote is not opened")
    func newer() throws {
        try place.fill(entryCount: 2)
        try place.execute("INSERT INTO grdb_migrations (identifier) VALUES ('9 later')")
        #expect(throws: StoreError.newer(path: place.path)) { try place.open(.open) }
    }

    @Test("A full disk fails the write, changes nothing, and is over once there is room")
    func fullDisk() throws {
        let before = try place.fill()
        let store = try place.open(.open)
        try store.pool.writeWithoutTransaction { database in
            let count = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            try database.execute(sql: "PRAGMA max_page_count = \(count + 2)")
        }
        let entries = try (0..<2_000).map { number in
            try WhitelistEntry("10.77.\(number / 250).\(number % 250)/32", description: "\(number)")
        }
        #expect(throws: StoreError.self) { try store.write { try $0.add(entries, to: .second) } }
        #expect(try Snapshot(store) == before)
        try store.pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA max_page_count = 100000")
        }
        try store.write { try $0.add(entries, to: .second) }
        let after = try Snapshot(store)
        store.release()
        #expect(try Snapshot(place.open(.open)) == after)
        #expect(after.revision.number == before.revision.number + 1)
    }
}
