import Addresses
import CIDRTrie
import Policy
import Testing
import Time

@testable import Store

@Suite("When entries decided last, as the store remembers it")
struct EntryUseTests {
    private let place: TestStore
    private let store: PolicyStore
    private let ids: [EntryID]
    private let row: Int64

    init() throws {
        place = try TestStore()
        store = try place.open()
        try store.write { try $0.importNew(from: .pair) }
        ids = try store.write { transaction in
            try transaction.add(
                try (1...3).map { try WhitelistEntry("10.0.\($0).0/24") },
                to: .first
            )
        }.value
        row = try #require(store.policy.warehouses["W1"]?.list(for: nil)?.row)
    }

    private func entry(_ index: Int) -> EntryPlace {
        EntryPlace(list: row, number: ids[index].number)
    }

    private func time(_ seconds: Int64) -> UnixTime {
        UnixTime(seconds: TestStore.now.seconds + seconds)
    }

    @Test("It survives a restart, and is no change of the policy or the audit")
    func survives() throws {
        let before = try Snapshot(store)
        try store.startRecordingEntryUses(at: TestStore.now)
        try store.recordEntryUses([entry(0): time(10), entry(1): time(20)])
        try store.recordEntryUses([entry(0): time(5)])
        try store.startRecordingEntryUses(at: time(1_000))
        #expect(try Snapshot(store) == before)
        store.release()
        let again = try place.open()
        #expect(try Snapshot(again) == before)
        let uses = try again.entryUses(of: [row])
        #expect(uses.since == TestStore.now)
        // The latest that was counted, even if the clock has been set back.
        #expect(uses.last == [entry(0): time(5), entry(1): time(20)])
    }

    @Test("It goes with its entry, and is not recorded for one that is gone")
    func removed() throws {
        try store.recordEntryUses([entry(0): time(10), entry(1): time(20)])
        try store.write { try $0.remove(ids[0], from: .first) }
        try store.recordEntryUses([entry(0): time(30), EntryPlace(list: 99, number: 1): time(1)])
        #expect(try store.entryUses(of: [row, 99]).last == [entry(1): time(20)])
        // An entry that is changed is the same one.
        try store.write {
            try $0.change(ids[1], in: .first, to: try WhitelistEntry("10.9.0.0/16"))
        }
        #expect(try store.entryUses(of: [row]).last == [entry(1): time(20)])
    }

    @Test("A backup has it, and can be restored with it")
    func backup() throws {
        try store.recordEntryUses([entry(2): time(10)])
        let file = place.folder.path + "/copy.db"
        try store.backUp(to: file)
        store.release()
        _ = try place.restore(file, by: .gateway)
        #expect(try place.open().policy.warehouses["W1"]?.list(for: nil)?.list.count == 3)
    }

    @Test("A store that another process writes takes nothing")
    func released() throws {
        store.release()
        #expect(throws: StoreError.self) { try store.recordEntryUses([entry(0): time(1)]) }
    }

    @Test("What was never recorded is not known")
    func unknown() {
        let uses = EntryUses()
        #expect(uses.idleSince(entry(0), hit: nil) == nil)
        #expect(uses.idleSince(entry(0), hit: time(1)) == time(1))
        let known = EntryUses(since: time(-10), last: [entry(0): time(-5)])
        #expect(known.idleSince(entry(0), hit: nil) == time(-5))
        #expect(known.idleSince(entry(0), hit: time(-7)) == time(-5))
        #expect(known.idleSince(entry(1), hit: nil) == time(-10))
    }
}
