import Addresses
import CIDRTrie
import Policy
import Store
import Testing
import Time

@testable import Control

@Suite("What is doubtful about a whitelist")
struct WhitelistFindingsTests {
    private static let day: Int64 = 86_400
    private let now = UnixTime(seconds: 1_795_428_000)

    private func ago(_ days: Int64) -> UnixTime {
        UnixTime(seconds: now.seconds - days * Self.day)
    }

    private func list(_ name: EntryList.Name, _ entries: (String, editedAt: UnixTime?)...) throws
        -> EntryList
    {
        EntryList(
            name,
            try entries.map {
                WhitelistEntry(Rule(block: try CIDRBlock(parsing: $0.0)), editedAt: $0.editedAt)
            }
        )
    }

    @Test("An entry is unused if it could have decided for so long, and has not")
    func unused() throws {
        let entries = try list(
            .entries,
            ("10.0.0.0/24", nil),
            ("10.0.1.0/24", ago(10)),
            ("10.0.2.0/24", ago(200)),
            ("10.0.3.0/24", ago(200)),
            ("10.0.4.0/24", nil)
        )
        let file = try list(.file("a"), ("10.1.0.0/24", nil))
        let whitelist = Whitelist(mode: .specific, lists: [entries, file])
        var hits = EntryHitTable()
        hits.record(
            .init(list: entries.series, block: try CIDRBlock(parsing: "10.0.3.0/24")),
            at: now
        )
        let uses = EntryUses(
            since: ago(100),
            last: [EntryPlace(list: 7, number: 2): ago(50), EntryPlace(list: 7, number: 4): ago(2)]
        )
        var found = WhitelistFindings(whitelist, limit: 10, at: now)
        #expect(found.total == 0)
        found.addUnused(
            for: 30,
            hits,
            uses,
            stored: [0: StoredList(row: 7, list: entries)],
            at: now
        )
        #expect(found.findings.map(\.cidr) == ["10.0.0.0/24", "10.0.2.0/24"])
        #expect(found.findings.map(\.kind) == ["unused", "unused"])
        #expect(found.findings.map(\.lastHitAt) == [nil, ago(50)])
        #expect(found.findings[1].message.hasPrefix("10.0.2.0/24 (entry 2) has matched nothing"))
    }

    @Test("Nothing is unused for longer than it has been recorded")
    func unknown() throws {
        let entries = try list(.entries, ("10.0.0.0/24", nil))
        let stored = [0: StoredList(row: 7, list: entries)]
        for since in [nil, ago(29)] {
            var found = WhitelistFindings(
                Whitelist(mode: .specific, lists: [entries]),
                limit: 10,
                at: now
            )
            found.addUnused(
                for: 30,
                EntryHitTable(),
                EntryUses(since: since),
                stored: stored,
                at: now
            )
            #expect(found.total == 0)
        }
    }

    @Test("Hits are written once an hour for each entry, and only so many at once")
    func pending() throws {
        let count = PendingHits.limit + 10
        let blocks = (0..<count).map { number in
            CIDRBlock(IPAddress.v4(IPv4Address(bits: 0x0a00_0000 + UInt32(number))))
        }
        let entries = EntryList(.entries, rules: blocks.map { Rule(block: $0) })
        let lists = [entries.series: StoredList(row: 7, list: entries)]
        var hits = EntryHitTable()
        for block in blocks { hits.record(.init(list: entries.series, block: block), at: now) }
        hits.record(.init(list: entries.series + 1_000, block: blocks[0]), at: now)
        var pending = PendingHits()
        #expect(pending.take(from: hits, in: lists).count == PendingHits.limit)
        #expect(pending.take(from: hits, in: lists).count == 10)
        #expect(pending.take(from: hits, in: lists).isEmpty)
        let key = EntryHitTable.Key(list: entries.series, block: blocks[3])
        hits.record(key, at: UnixTime(seconds: now.seconds + 3_599))
        #expect(pending.take(from: hits, in: lists).isEmpty)
        hits.record(key, at: UnixTime(seconds: now.seconds + 3_600))
        #expect(
            pending.take(from: hits, in: lists) == [
                EntryPlace(list: 7, number: 3): UnixTime(seconds: now.seconds + 3_600)
            ]
        )
    }
}
