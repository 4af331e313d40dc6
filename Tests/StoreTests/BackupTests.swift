import Dispatch
import Foundation
import GRDB
import Policy
import Testing
import Time

@testable import Store

@Suite("Backup and restore")
struct BackupTests {
    private let place: TestStore
    private let backup: String

    init() throws {
        place = try TestStore()
        backup = place.folder.path + "/backup.db"
    }

    private func restore() throws -> PolicyStore.Restored {
        try place.restore(backup)
    }

    private func backUp() throws -> Snapshot {
        let store = try place.open(.open)
        try store.backUp(to: backup)
        return try Snapshot(store)
    }

    @Test("A backup is a store with the same content, in one file")
    func copy() throws {
        let before = try place.fill()
        _ = try backUp()
        #expect(!FileManager.default.fileExists(atPath: backup + "-wal"))
        #expect(try Snapshot(PolicyStore(path: backup, mode: .open)) == before)
        #expect(throws: StoreError.unusable(path: backup, reason: "the file exists")) {
            try place.open(.open).backUp(to: backup)
        }
    }

    @Test("A backup that cannot be written leaves no file behind")
    func failedBackup() throws {
        try place.fill(entryCount: 2)
        let store = try place.open(.open)
        #expect(throws: StoreError.self) { try store.backUp(to: "/nowhere/at/all") }
        #expect(throws: StoreError.self) { try store.backUp(to: place.folder.path) }
        #expect(!FileManager.default.fileExists(atPath: "/nowhere/at/all"))
    }

    @Test("A backup made while the store is written holds one state of it")
    func concurrent() throws {
        try place.fill(entryCount: 3)
        let store = try place.open(.open)
        let isDone = Counter()
        let writer = DispatchQueue(label: "writer")
        defer {
            isDone.add(1)
            writer.sync {}
        }
        writer.async {
            var number = 0
            while isDone.value == 0 {
                // `try?`: what fails is missing in the backup, and found there.
                _ = try? store.write { transaction in
                    let entry = try WhitelistEntry("10.8.\(number / 250).\(number % 250)/32")
                    _ = try transaction.add([entry], to: .first)
                    _ = try transaction.add([entry], to: .second)
                }
                number += 1
            }
        }
        for round in 0..<8 {
            try store.backUp(to: "\(backup)\(round)")
            let copy = try PolicyStore(path: "\(backup)\(round)", mode: .open)
            let counts = [ListReference.first, .second].map { reference in
                (try? copy.write { try $0.list(reference)?.list.count }.value) ?? 0
            }
            #expect(counts[0] == counts[1])
            #expect(try copy.verifyAudit().valid)
        }
    }

    @Test("A restore brings back the policy, and continues the audit")
    func restoring() throws {
        try place.fill()
        let saved = try backUp()
        let changed = try place.open(.open)
        try changed.write { transaction in
            try transaction.setMode(.anywhere, of: "W1")
            try transaction.setGroups([], of: "W1")
            try transaction.removeGroup("partners")
            _ = try transaction.replace(in: .first, where: { _ in true }, by: [])
        }
        let before = try Snapshot(changed)
        changed.release()
        let restored = try restore()
        #expect(restored.warehouseCount == 2 && restored.entryCount == 5 * 39)
        #expect(
            restored.movedAside == nil && restored.refusedKeys.count == 0 && restored.keyCount == 5
        )
        let store = try place.open(.open)
        let after = try Snapshot(store)
        #expect(after.revision.number == before.revision.number + 1)
        #expect(after.keys == before.keys)
        #expect(after.audit.dropLast() == before.audit[...])
        #expect(try store.verifyAudit().valid)
        #expect(after.warehouses.mapValues(\.mode) == saved.warehouses.mapValues(\.mode))
        #expect(after.warehouses.mapValues(\.endpoints) == saved.warehouses.mapValues(\.endpoints))
        #expect(
            after.warehouses.mapValues(\.outboundEndpoints)
                == saved.warehouses.mapValues(\.outboundEndpoints)
        )
        // A listener that was opened for a time stays closed.
        #expect(after.warehouses.values.allSatisfy { $0.shadows.isEmpty })
        #expect(after.warehouses.mapValues(\.groups) == saved.warehouses.mapValues(\.groups))
        #expect(after.outboundServices == saved.outboundServices)
        #expect(Set(after.lists.map(\.entries)) == Set(saved.lists.map(\.entries)))
        #expect(store.policy.warehouses.allSatisfy { $0.value.version == after.revision.number })
    }

    @Test("A restore revives no key that was removed or disabled since, and keeps new ones")
    func keys() throws {
        try place.fill(entryCount: 2)
        _ = try backUp()
        let store = try place.open(.open)
        let ids = Dictionary(
            uniqueKeysWithValues: store.keyring.keys.values.map { ($0.name, $0.id) }
        )
        let new = try store.write { transaction in
            try transaction.removeKey(ids["key 0"] ?? "")
            _ = try transaction.changeKey(ids["key 1"] ?? "") { $0.isEnabled = false }
            return try transaction.createKey(.init(name: "new", role: .read)).key
        }.value
        let before = store.keyring.keys
        store.release()
        let restored = try restore()
        #expect(restored.refusedKeys.removed == ["key 0"] && restored.keyCount == 4)
        #expect(restored.refusedKeys.disabled == ["key 1"])
        let after = try place.open(.open).keyring.keys
        #expect(after == before && after[new.id] == new)
    }

    @Test("If all keys were removed since, a restore revives none of them")
    func noKeys() throws {
        try place.fill(entryCount: 2)
        _ = try backUp()
        let store = try place.open(.open)
        try store.write { transaction in
            for id in transaction.keyring.keys.keys { try transaction.removeKey(id) }
        }
        store.release()
        let restored = try restore()
        #expect(restored.refusedKeys.removed.count == 6 && restored.keyCount == 0)
    }

    @Test(
        "A restore onto a damaged or missing store disables every key, and has a higher revision",
        arguments: ["damaged", "empty", "missing", "a folder", "no marker"]
    )
    func lost(how: String) throws {
        try place.fill(entryCount: 10)
        let saved = try backUp()
        let store = try place.open(.open)
        for _ in 0..<30 {
            try store.write { try $0.setMode(.nowhere, of: "W1") }
            try store.write { try $0.setMode(.specific, of: "W1") }
        }
        let last = store.policy.revision
        store.release()
        var files: [String: Data] = [:]
        switch how {
        case "damaged": files[""] = Data(repeating: 7, count: 20_000)
        case "empty": files[""] = Data()
        default: break
        }
        try place.replaceFiles(by: files)
        if how == "a folder" {
            try FileManager.default.createDirectory(
                atPath: place.path,
                withIntermediateDirectories: false
            )
        }
        if how == "no marker" {
            try FileManager.default.removeItem(atPath: place.path + ".created")
        }
        let restored = try restore()
        #expect(restored.keyCount == 0 && restored.refusedKeys.disabled.count == 6)
        #expect((restored.movedAside != nil) == ["damaged", "empty", "a folder"].contains(how))
        let again = try place.open(.open)
        let after = try Snapshot(again)
        #expect(after.keys.values.allSatisfy { !$0.isEnabled } && after.keys.count == 6)
        #expect(Set(after.lists.map(\.entries)) == Set(saved.lists.map(\.entries)))
        #expect(try again.verifyAudit().valid)
        guard how != "no marker" else { return #expect(after.revision > saved.revision) }
        #expect(after.revision > last)
        #expect(after.audit.dropLast() == saved.audit[...])
        #expect(PolicyStore.hasExisted(place.path))
        let left = try FileManager.default.contentsOfDirectory(atPath: place.folder.path)
        #expect(!left.contains { $0.contains("restoring") })
    }

    @Test("A restore onto a store with a lower revision goes above that of the backup")
    func higherBackup() throws {
        let saved = try place.fill()
        _ = try backUp()
        try place.replaceFiles(by: [:])
        try FileManager.default.removeItem(atPath: place.path + ".created")
        _ = try place.open()
        _ = try restore()
        #expect(try place.open(.open).policy.revision > saved.revision)
    }

    @Test("A backup of a later version is refused, and named")
    func newerBackup() throws {
        try place.fill(entryCount: 3)
        _ = try backUp()
        let queue = try DatabaseQueue(path: backup)
        try queue.write { database in
            try database.execute(sql: "INSERT INTO grdb_migrations VALUES ('9 later')")
        }
        try queue.close()
        #expect(throws: StoreError.newer(path: backup)) { try restore() }
    }

    @Test("A backup that is damaged, missing or not a store is refused, and nothing changes")
    func badBackup() throws {
        let before = try place.fill(entryCount: 10)
        #expect(throws: StoreError.self) { try restore() }
        _ = try backUp()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: backup))
        let text = try #require(bytes.range(of: Data("host 3".utf8)))
        bytes[text.lowerBound] ^= 1
        try bytes.write(to: URL(fileURLWithPath: backup))
        #expect(throws: StoreError.self) { try restore() }
        try Data("text".utf8).write(to: URL(fileURLWithPath: backup))
        #expect(throws: StoreError.self) { try restore() }
        try FileManager.default.removeItem(atPath: backup)
        try FileManager.default.createDirectory(atPath: backup, withIntermediateDirectories: false)
        #expect(throws: StoreError.self) { try restore() }
        #expect(try Snapshot(place.open(.open)) == before)
    }
}
