import Foundation
import GRDB
import Policy
import Testing

@testable import Store

@Suite("A store that takes the place of a later one")
struct MarkTests {
    private let place: TestStore
    private let before: Snapshot

    init() throws {
        place = try TestStore()
        before = try place.fill(entryCount: 4)
    }

    /// Makes a write and ends as a crash would: without a release.
    ///
    /// - Returns: the files before it, and what is stored after it.
    private func crash(
        after body: (inout StoreTransaction) throws -> Void
    ) throws -> (old: [String: Data], new: Snapshot) {
        let old = place.files
        let store = try place.open(.open)
        try store.write(body)
        return (old, try Snapshot(store))
    }

    private func expectDamage(
        _ words: String,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let error = try #require(throws: StoreError.self, sourceLocation: location) {
            try place.open(.open)
        }
        guard case .damaged(_, let reason) = error else {
            Issue.record("\(error)", sourceLocation: location)
            return
        }
        #expect(reason.contains(words), "\(reason)", sourceLocation: location)
    }

    @Test("An older copy is refused, however soon after the last write")
    func olderCopy() throws {
        let (old, new) = try crash { try $0.setMode(.nowhere, of: "W2") }
        let files = place.files
        try place.replaceFiles(by: old)
        try expectDamage("it has lost changes: it is at revision \(before.revision)")
        #expect(PolicyStore.lastRevision(place.path) == new.revision)
        // It is refused for good, and the later one is not.
        try expectDamage("it has lost changes")
        try place.replaceFiles(by: files)
        #expect(try Snapshot(place.open(.open)) == new)
    }

    @Test("So is one from before a change of keys alone, which has the same revision")
    func olderKeys() throws {
        let (old, new) = try crash { transaction in
            try transaction.removeKey(try #require(transaction.keyring.keys.keys.min()))
        }
        #expect(new.revision == before.revision && new.keys.count == before.keys.count - 1)
        try place.replaceFiles(by: old)
        try expectDamage("it has lost changes")
    }

    @Test("A copy that went its own way is refused, even if it has come further")
    func fork() throws {
        let other = try TestStore()
        try other.replaceFiles(by: place.files)
        _ = try crash { try $0.setMode(.nowhere, of: "W2") }
        let copy = try other.open(.open)
        for mode in [Whitelist.Mode.nowhere, .anywhere, .nowhere] {
            try copy.write { try $0.setMode(mode, of: "W1") }
        }
        copy.release()
        try place.replaceFiles(by: other.files)
        try expectDamage("it is not the store that was here")
    }

    @Test("A process that ended after a commit and before the mark has lost nothing")
    func unmarked() throws {
        let mark = try Data(contentsOf: URL(fileURLWithPath: place.mark))
        let (_, new) = try crash { try $0.setMode(.nowhere, of: "W2") }
        try mark.write(to: URL(fileURLWithPath: place.mark))
        #expect(PolicyStore.lastRevision(place.path) == before.revision)
        #expect(try Snapshot(place.open(.open)) == new)
        #expect(PolicyStore.lastRevision(place.path) == new.revision)
    }

    @Test("A record that was being written when the machine failed leaves the one before it")
    func tornRecord() throws {
        let store = try place.open(.open)
        try store.write { try $0.setMode(.nowhere, of: "W2") }
        let second = store.policy.revision
        try store.write { try $0.setMode(.anywhere, of: "W2") }
        let third = store.policy.revision
        store.release()
        let whole = try Data(contentsOf: URL(fileURLWithPath: place.mark))
        var found: Set<PolicyRevision?> = []
        for start in [0, 4_096] {
            var torn = whole
            torn[start + 20] ^= 1
            try torn.write(to: URL(fileURLWithPath: place.mark))
            found.insert(PolicyStore.lastRevision(place.path))
            _ = try place.open(.open)
        }
        #expect(found == [second, third])
        try Data(count: 8_192).write(to: URL(fileURLWithPath: place.mark))
        try expectDamage("sluice.db.mark cannot be read")
    }

    @Test("A store of a version without marks gets one; a store that is made anew, another one")
    func withoutMark() throws {
        try FileManager.default.removeItem(atPath: place.mark)
        #expect(try Snapshot(place.open(.open)) == before)
        #expect(PolicyStore.lastRevision(place.path) == before.revision)
        // As the error about a missing store advises.
        try place.replaceFiles(by: [:])
        try FileManager.default.removeItem(atPath: place.path + ".created")
        #expect(try place.open().policy.warehouses.isEmpty)
    }

    @Test("A store that is overwritten while it is open accepts no writes, and says so")
    func overwritten() throws {
        let old = place.folder.path + "/old.db"
        let store = try place.open(.open)
        try store.backUp(to: old)
        try store.write { try $0.setMode(.nowhere, of: "W2") }
        let new = try Snapshot(store)
        #expect(store.loss == nil)
        let (source, target) = (try DatabaseQueue(path: old), try DatabaseQueue(path: place.path))
        try source.backup(to: target)
        try target.close()
        for _ in 0..<2 {
            let error = #expect(throws: StoreError.self) {
                try store.write { try $0.setMode(.anywhere, of: "W1") }
            }
            #expect(error?.description.contains("overwritten while it was in use") == true)
            #expect(store.loss == error)
        }
        #expect(try Snapshot(store).revision == new.revision)
        store.release()
        try expectDamage("it has lost changes")
    }

    @Test("Without its files a store is lost, before anything is written")
    func removed() throws {
        let store = try place.open(.open)
        #expect(store.loss == nil)
        try FileManager.default.removeItem(atPath: place.path)
        #expect(store.loss == .missing(path: place.path))
        store.release()
        // A successor writes to it now.
        #expect(store.loss == nil)
    }

    @Test("A restore of an older backup counts from then on")
    func restore() throws {
        let backup = place.folder.path + "/backup.db"
        try place.open(.open).backUp(to: backup)
        let (old, new) = try crash { try $0.setMode(.nowhere, of: "W2") }
        try place.replaceFiles(by: old)
        let restored = try place.restore(backup)
        // What was removed since is not known, so no key is trusted.
        #expect(restored.movedAside != nil && restored.keyCount == 0)
        let store = try place.open(.open)
        #expect(store.policy.revision > new.revision)
        #expect(PolicyStore.lastRevision(place.path) == store.policy.revision)
        try store.write { try $0.setMode(.nowhere, of: "W1") }
        store.release()
        #expect(try place.open(.open).policy.warehouses["W1"]?.mode == .nowhere)
        try place.replaceFiles(by: old)
        try expectDamage("it has lost changes")
    }

    @Test("After a release, all of the store is in its one file")
    func oneFile() throws {
        let store = try place.open(.open)
        for number in 0..<20 {
            try store.write { transaction in
                _ = try transaction.add([WhitelistEntry("192.0.2.\(number)/32")], to: .first)
            }
        }
        let last = try Snapshot(store)
        #expect(place.files["-wal"]?.isEmpty == false)
        store.release()
        #expect(place.files["-wal"]?.isEmpty == true)
        let copy = try TestStore()
        try copy.replaceFiles(by: ["": try #require(place.files[""])])
        #expect(try Snapshot(copy.open(.open)) == last)
    }

    @Test("What a write waits for: the figure in the decision record", .enabled(if: isMeasured))
    func cost() throws {
        let store = try place.open(.open)
        let start = ContinuousClock.now
        for number in 0..<1_000 {
            try store.write {
                try $0.setMode(number.isMultiple(of: 2) ? .nowhere : .specific, of: "W1")
            }
        }
        let total = (ContinuousClock.now - start) / 1_000
        let mark = try StoreMark(
            place.folder.path + "/other",
            at: .init(
                revision: PolicyRevision(0),
                auditNumber: 0,
                auditHash: String(repeating: "0", count: 64)
            )
        )
        let second = ContinuousClock.now
        for number in 1...1_000 {
            try mark.advance(
                to: .init(
                    revision: PolicyRevision(UInt64(number)),
                    auditNumber: Int64(number),
                    auditHash: String(repeating: "0", count: 64)
                )
            )
        }
        print("write \(total), of it mark \((ContinuousClock.now - second) / 1_000)")
    }

    private static let isMeasured = ProcessInfo.processInfo.environment["SLUICE_MEASURE"] != nil
}
