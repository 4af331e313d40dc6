import Addresses
import CIDRTrie
import Policy
import SeededRandom
import Testing
import Time

@Suite("A list of entries")
struct EntryListTests {
    private let now = UnixTime(seconds: 1_795_428_000)

    private func entry(_ block: String, _ action: Action = .allow) throws -> WhitelistEntry {
        WhitelistEntry(Rule(block: try CIDRBlock(parsing: block), action: action))
    }

    @Test("An entry keeps its text, its editor and its identity, whatever else changes")
    func notes() throws {
        let office = WhitelistEntry(
            Rule(block: try CIDRBlock(parsing: "203.0.113.7/32"), description: "office"),
            text: "203.0.113.7",
            editor: "alice",
            editedAt: now
        )
        var list = EntryList(.entries, [office, try entry("10.0.0.0/8")])
        let id = list.id(at: 0)
        list = try list.applying([.remove(list.id(at: 1)), .add(try entry("11.0.0.0/8"))]).list
        let index = try #require(list.index(of: id))
        #expect(list[index] == office)
        #expect(list.entries.map(\.entry.text) == ["11.0.0.0/8", "203.0.113.7"])
    }

    @Test("The identity of a removed entry is not given to another one")
    func identities() throws {
        var list = EntryList(.entries, [try entry("10.0.0.0/8"), try entry("11.0.0.0/8")])
        var seen: Set<EntryID> = [list.id(at: 0), list.id(at: 1)]
        for number in 12..<40 {
            let first = try #require(list.entries.first { _ in true }).id
            let (edited, added) = try list.applying([
                .remove(first), .add(try entry("\(number).0.0.0/8")),
            ])
            #expect(added.count == 1 && seen.insert(added[0]).inserted)
            #expect(edited.index(of: first) == nil)
            #expect(throws: EntryEditError.noSuchEntry(first)) {
                try edited.applying([.remove(first)])
            }
            list = edited
        }
        #expect(list.count == 2)
    }

    @Test("A list restored from saved identities has the same ones, and gives out none again")
    func restored() throws {
        var generator = SeededGenerator(seed: 11)
        var list = EntryList(.service(.mysql), [WhitelistEntry]())
        var seen: Set<EntryID> = []
        for round in 0..<60 {
            var edits: [EntryEdit] = [.add(try entry("10.\(round).0.0/16"))]
            if round > 3, let entry = Array(list.entries).randomElement(using: &generator) {
                edits.append(.remove(entry.id))
            }
            let number = list.nextNumber
            let (edited, added) = try list.applying(edits)
            #expect(added == [EntryID(number: number)])
            #expect(seen.insert(added[0]).inserted)
            list = edited
            guard round % 5 == 4 else { continue }
            // In the order of the blocks and in that of the identities.
            let saved = Array(list.entries)
            for entries in [saved, saved.sorted { $0.id.number < $1.id.number }] {
                let restored = EntryList(
                    list.name,
                    identified: entries,
                    nextNumber: list.nextNumber
                )
                #expect(Array(restored.entries).map(\.id) == saved.map(\.id))
                #expect(Array(restored.entries).map(\.entry) == saved.map(\.entry))
                #expect(restored.nextNumber == list.nextNumber)
                for (id, entry) in saved {
                    #expect(restored.index(of: id).map { restored[$0] } == entry)
                    #expect(restored.id(of: entry.rule.block) == id)
                }
                let gone = seen.subtracting(saved.map(\.id))
                #expect(gone.allSatisfy { restored.index(of: $0) == nil })
                list = restored
            }
        }
        let empty = EntryList(.entries, identified: [], nextNumber: 7)
        #expect(try empty.applying([.add(try entry("10.0.0.0/8"))]).added == [EntryID(number: 7)])
    }

    @Test("The entries of a page are those at its places in the order of the blocks")
    func pages() throws {
        let blocks = (0..<10).shuffled().map { "10.\($0).0.0/16" }
        let list = EntryList(.entries, try blocks.map { try entry($0) })
        let page = list.entries(in: 3..<5)
        #expect(page.map(\.entry.text) == ["10.3.0.0/16", "10.4.0.0/16"])
        #expect(page.allSatisfy { list.id(of: $0.entry.rule.block) == $0.id })
        #expect(list.entries(in: 8..<20).count == 2)
        #expect(list.entries(in: 20..<30).isEmpty)
        #expect(list.id(of: try CIDRBlock(parsing: "10.0.0.0/8")) == nil)
    }

    @Test("Lists are ordered by their kind: entries, services, groups, files")
    func order() {
        let names: [EntryList.Name] = [
            .entries, .service(.mysql), .service(.http), .service(.tcp), .group("a"), .group("b"),
            .file("a"),
        ]
        #expect(names.shuffled().sorted() == names)
    }

    @Test("A block occurs once in a list; the error names the entry that has it")
    func duplicates() throws {
        let list = EntryList(.entries, [try entry("10.0.0.0/8")])
        let block = try CIDRBlock(parsing: "10.0.0.0/8")
        #expect(throws: EntryEditError.duplicate(block, of: list.id(at: 0))) {
            try list.applying([.add(try entry("10.0.0.0/8", .deny))])
        }
        let twice = try entry("11.0.0.0/8")
        #expect(throws: EntryEditError.duplicate(twice.rule.block, of: nil)) {
            try list.applying([.add(twice), .add(twice)])
        }
        // Removed in the same edit, it may be added again.
        let replaced = try list.applying([
            .remove(list.id(at: 0)), .add(try entry("10.0.0.0/8", .deny)),
        ]).list
        #expect(replaced.entries.map(\.entry.rule.action) == [.deny])
    }

    @Test("Edits of one entry in one batch are applied in order")
    func sameEntry() throws {
        let list = EntryList(.entries, [try entry("10.0.0.0/8")])
        let id = list.id(at: 0)
        var moved = try entry("11.0.0.0/8")
        moved.editor = "alice"
        let batch: [EntryEdit] = [
            .change(id, to: moved), .setEnabled(id, false, editor: "bob", at: now),
            .add(try entry("10.0.0.0/8", .deny)),
        ]
        let edited = try list.applying(batch).list
        let entry = edited[try #require(edited.index(of: id))]
        #expect(entry.text == "11.0.0.0/8" && !entry.isEnabled && entry.editor == "bob")
        // Moved back in the same batch, its first block is taken again.
        let back = try self.entry("10.0.0.0/8")
        #expect(throws: EntryEditError.self) {
            try list.applying([.change(id, to: moved), .change(id, to: back), .add(back)])
        }
    }

    @Test("A disabled entry is in the list and does not decide")
    func disabled() throws {
        let list = EntryList(.entries, [try entry("10.0.0.0/8"), try entry("10.1.0.0/16", .deny)])
        let address = try IPAddress(parsing: "10.1.2.3")
        let id = list.id(at: 1)
        let edit = EntryEdit.setEnabled(id, false, editor: "bob", at: now)
        let edited = try list.applying([edit]).list
        let (before, after) = (
            Whitelist(mode: .specific, lists: [list]), Whitelist(mode: .specific, lists: [edited])
        )
        #expect(before.match(for: address, at: now)?.action == .deny)
        #expect(after.match(for: address, at: now)?.action == .allow)
        #expect(edited.count == 2)
        let entry = edited[try #require(edited.index(of: id))]
        #expect(!entry.isEnabled && entry.editor == "bob" && entry.editedAt == now)
    }

    @Test("A list that is saved and read again has the same entries")
    func saved() throws {
        var generator = SeededGenerator(seed: 5)
        var list = EntryList(.file("a.cidrs"), [WhitelistEntry]())
        for round in 0..<200 {
            let bits = UInt32.random(in: 0...(.max), using: &generator)
            let block = CIDRBlock(
                containing: .v4(IPv4Address(bits: bits)),
                prefixLength: UInt8.random(in: 20...32, using: &generator)
            )
            var edits: [EntryEdit] = []
            if list.trie.indices(of: block).isEmpty {
                let text = round % 3 == 0 ? "range \(round)" : nil
                let editor = round % 2 == 0 ? "alice" : ""
                edits.append(.add(WhitelistEntry(Rule(block: block), text: text, editor: editor)))
            }
            if round % 4 == 3, let first = list.entries.first(where: { _ in true }) {
                edits.append(.remove(first.id))
            }
            list = try list.applying(edits).list
        }
        let (image, notes) = list.saved
        let read = try EntryList(list.name, image: image, notes: notes)
        #expect(read.entries.map(\.entry) == list.entries.map(\.entry))
        #expect(read.entries.map(\.id) == list.entries.map(\.id))
        let short = EntryList(.entries, [try entry("10.0.0.0/8"), try entry("11.0.0.0/8")])
        #expect(throws: EntryListError.self) {
            try EntryList(
                .entries,
                image: short.saved.image,
                notes: EntryList(.entries, rules: []).saved.notes
            )
        }
    }
}

@Suite("Hits of entries")
struct EntryHitTests {
    @Test("The counts of several tables are added up; the latest hit is kept")
    func merged() throws {
        let key = EntryHitTable.Key(list: 1, block: try CIDRBlock(parsing: "10.0.0.0/8"))
        var (one, other) = (EntryHitTable(), EntryHitTable())
        one.record(key, at: UnixTime(seconds: 9))
        one.record(key, at: UnixTime(seconds: 7))
        other.record(key, at: UnixTime(seconds: 8))
        one.merge(other)
        #expect(one[key]?.count == 3)
        #expect(one[key]?.lastHit == UnixTime(seconds: 8))
    }

    @Test("Removed lists are forgotten once there are many")
    func pruned() {
        var table = EntryHitTable()
        for number in 0..<2_000 {
            let block = CIDRBlock(.v4(IPv4Address(bits: UInt32(number))))
            table.record(.init(list: UInt32(number % 2), block: block), at: UnixTime(seconds: 1))
        }
        table.prune { [0] }
        #expect(table.count == 1_000)
        table.prune { [] }
        #expect(table.count == 1_000, "not before it has doubled")
    }
}

extension EntryListTests {
    @Test("Many entries are changed at once like one after another")
    func manyChanges() throws {
        var generator = SeededGenerator(seed: 5)
        for round in 0..<20 {
            var list = EntryList(.entries, [WhitelistEntry]())
            let blocks = try (0..<80).map { try CIDRBlock(parsing: "10.\($0).0.0/16") }
            list = try list.applying(blocks.map { .add(WhitelistEntry(Rule(block: $0))) }).list
            // Places that are used again make the numbers of the entries unordered.
            for index in 0..<(round % 3) * 10 {
                let id = try #require(list.id(of: blocks[index]))
                list = try list.applying([
                    .remove(id), .add(WhitelistEntry(Rule(block: blocks[index]))),
                ])
                .list
            }
            let ids = list.entries.map(\.id).shuffled(using: &generator).prefix(40)
            let edits = ids.enumerated().map { place, id -> EntryEdit in
                place.isMultiple(of: 2) ? .remove(id) : .setEnabled(id, false, editor: "a", at: now)
            }
            let expected = try edits.reduce(list) { try $0.applying([$1]).list }
            let edited = try list.applying(edits).list
            #expect(edited.entries.map(\.id) == expected.entries.map(\.id))
            #expect(edited.entries.map(\.entry) == expected.entries.map(\.entry))
            let gone = try #require(ids.first)
            #expect(throws: EntryEditError.noSuchEntry(gone)) { try edited.applying(edits) }
        }
    }
}
