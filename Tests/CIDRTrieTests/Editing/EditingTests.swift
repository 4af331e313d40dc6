import Addresses
import SeededRandom
import Testing
import Time

@testable import CIDRTrie

@Suite("Edits of a list")
struct EditingTests {
    private let address = IPAddress.v4(IPv4Address(10, 1, 2, 3))

    private func rule(
        _ block: String,
        _ action: Action = .allow,
        _ description: String = "",
        expires: Int64? = nil
    ) throws -> Rule {
        Rule(
            block: try CIDRBlock(parsing: block),
            action: action,
            description: description,
            expiry: expires.map { UnixTime(seconds: $0) }
        )
    }

    @Test("A rule keeps its index while others come and go; a removed rule's index is reused")
    func indices() throws {
        var trie = CompiledTrie.empty
        let block = "10.0.0.0/8"
        #expect(
            try trie.apply([
                .insert(rule(block)), .insert(rule("10.1.0.0/16", .deny)),
                .insert(rule("::/0")),
            ]) == [0, 1, 2]
        )
        try trie.apply([.remove(1)])
        #expect(Array(trie.rules.indices) == [0, 2])
        #expect(trie.rules.count == 2 && trie.rules.endIndex == 3)
        #expect(!trie.rules.contains(index: 1) && trie.rules.contains(index: 2))
        #expect(trie.match(for: address) == 0)
        #expect(try trie.apply([.insert(rule("10.1.2.0/24", .deny))]) == [1])
        #expect(trie.match(for: address) == 1)
        #expect(
            Array(trie.rules) == [
                try rule(block), try rule("10.1.2.0/24", .deny), try rule("::/0"),
            ]
        )
    }

    @Test("If a rule is removed, the next one with the same block takes effect")
    func sameBlock() throws {
        let block = "10.0.0.0/8"
        let rules = try [
            rule(block, expires: 50), rule(block), rule(block, .deny, expires: 20), rule(block),
        ]
        var trie = CompiledTrie(RuleTable(rules))
        #expect(trie.match(for: address) == 2)
        #expect(trie.match(for: address, at: UnixTime(seconds: 20)) == 1)
        #expect(trie.index(of: rules[0].block) == 2)
        #expect(Array(trie.indices(of: rules[0].block)) == [0, 1, 2, 3])
        try trie.apply([.setEnabled(2, false)])
        #expect(trie.match(for: address) == 1 && trie.takesEffect(1) && !trie.takesEffect(2))
        try trie.apply([.remove(1)])
        #expect(trie.match(for: address) == 3)
        try trie.apply([.remove(3)])
        #expect(trie.match(for: address) == 0)
        #expect(trie.match(for: address, at: UnixTime(seconds: 50)) == nil)
        try trie.apply([.setEnabled(2, true)])
        #expect(trie.match(for: address) == 2)
    }

    @Test("If one edit cannot be applied, none is", arguments: [1, 2_000])
    func atomicity(count: Int) throws {
        var trie = CompiledTrie(RuleTable([try rule("10.0.0.0/8")]))
        let before = trie
        let edits = try (0..<count).map { _ in RuleEdit.insert(try rule("10.1.0.0/16")) }
        #expect(throws: RuleEditError.noSuchRule(index: 5_000)) {
            try trie.apply(edits + [.remove(5_000)])
        }
        #expect(throws: RuleEditError.noSuchRule(index: -1)) { try trie.apply([.remove(-1)]) }
        try trie.apply([.remove(0)])
        #expect(throws: RuleEditError.noSuchRule(index: 0)) { try trie.apply([.remove(0)]) }
        trie = before
        #expect(trie == before && trie.match(for: address) == 0)
        #expect("\(RuleEditError.noSuchRule(index: 3))" == "the list has no rule at index 3")
    }

    @Test("The list before an edit decides as before")
    func oldVersion() throws {
        let old = CompiledTrie(RuleTable(try (0..<400).map { try rule("10.1.\($0 % 256).0/24") }))
        var new = old
        try new.apply([.insert(try rule("10.1.2.3/32", .deny))])
        #expect(old.verdict(for: address) == .allow && new.verdict(for: address) == .deny)
        try old.checkInvariants()
    }

    @Test("Pages of a list are ordered by block, including gaps and disabled rules")
    func pages() throws {
        var trie = CompiledTrie(
            RuleTable(try ["::/0", "10.0.0.0/8", "9.0.0.0/8", "10.0.0.0/24"].map { try rule($0) })
        )
        try trie.apply([.setEnabled(1, false), .remove(0), .insert(try rule("2001:db8::/32"))])
        #expect(Array(trie.ascending) == [2, 1, 3, 0])
        let block = try CIDRBlock(parsing: "10.0.0.0/9")
        #expect(Array(trie.ascending.starting(at: block).prefix(1)) == [3])
        #expect(trie.ascending.starting(at: try CIDRBlock(parsing: "ffff::/16")).isEmpty)
        #expect(trie.indices(of: block).isEmpty && trie.index(of: block) == nil)
    }

    @Test(
        "Many edits together have the same effect as one by one",
        arguments: [ListShape.mixed, .duplicates]
    )
    func batch(_ shape: ListShape) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let table = RuleTable((0..<600).map { _ in Rule(block: shape.block(&random)) })
        let edits = (0..<600).map { index -> RuleEdit in
            let rule = Rule(block: shape.block(&random), action: .deny)
            return switch index % 3 {
            case 0: .insert(rule)
            case 1: .replace(index, with: rule)
            default: .remove(index)
            }
        }
        let compiled = CompiledTrie(table)
        var (one, other) = (compiled, compiled)
        let indices = try one.apply(edits, by: .inPlace)
        #expect(try other.apply(edits, by: .compiling) == indices)
        #expect(one == other && one.order == other.order, "seed \(seed)")
        try one.checkInvariants()
        try other.checkInvariants()
        for address in one.rules.flatMap(\.block.edges) {
            #expect(one.match(for: address) == other.match(for: address), "seed \(seed)")
        }
    }

    @Test("A list that grows and shrinks by one rule at a time stays as small as a compiled one")
    func growth() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        var trie = CompiledTrie.empty
        for _ in 0..<700 {
            try trie.apply([.insert(Rule(block: ListShape.routes.block(&random)))])
        }
        try expectCompact(trie, "seed \(seed)")
        for _ in 0..<1_200 {
            let index = trie.rules.indices.randomElement(using: &random) ?? 0
            let rule = Rule(block: ListShape.routes.block(&random), description: "\(index)")
            try trie.apply([.replace(index, with: rule)])
        }
        try expectCompact(trie, "seed \(seed)")
        for index in 0..<690 { try trie.apply([.remove(index)]) }
        try expectCompact(trie, "seed \(seed)")
        #expect(trie.rules.count == 10)
    }

    private func expectCompact(_ trie: CompiledTrie, _ comment: Comment) throws {
        try trie.checkInvariants()
        let compiled = CompiledTrie(RuleTable(Array(trie.rules)))
        let (edited, new) = (trie.statistics, compiled.statistics)
        #expect(edited.byteCount <= 2 * new.byteCount + 32_768, comment)
        // An index takes up to 18 bytes with a description; 700 were in use at once.
        #expect(edited.ruleByteCount <= 2 * new.ruleByteCount + 50_000, comment)
    }

    @Test("Unused descriptions are eventually removed; the others stay")
    func descriptions() throws {
        var trie = CompiledTrie(
            RuleTable(try (0..<300).map { try rule("10.0.\($0 % 256).0/24", .allow, "rule \($0)") })
        )
        let text = String(repeating: "ü", count: 100)
        for number in 0..<2_000 {
            try trie.apply([.replace(7, with: try rule("10.0.7.0/24", .allow, "\(text)\(number)"))])
        }
        #expect(trie.rules.description(of: 7) == "\(text)1999")
        #expect(trie.rules.description(of: 299) == "rule 299")
        #expect(trie.rules.texts.byteCount < 40_000)
        try trie.checkInvariants()
    }

    @Test("Rules that all have the same description share it")
    func sharedDescription() throws {
        let table = RuleTable(
            (0..<1_000).map {
                Rule(block: CIDRBlock(.v4(IPv4Address(bits: $0))), description: "the same for all")
            }
        )
        #expect(table.texts.byteCount < 32)
        #expect(table.description(of: 999) == "the same for all")
    }
}

@Suite("Images of edited lists")
struct EditedImageTests {
    @Test(
        "An edited list can be written, read again, and edited",
        arguments: ListShape.allCases
    )
    func roundTrip(_ shape: ListShape) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var list = EditedList(shape, seed: seed)
        for _ in 0..<60 { try list.edit(by: .inPlace) }
        var read = try CompiledTrie(image: list.trie.image())
        #expect(read == list.trie, "seed \(seed)")
        #expect(read.order == list.trie.order, "seed \(seed)")
        #expect(try CompiledTrie(image: read.image()) == read)
        for address in list.trie.rules.flatMap(\.block.edges) {
            #expect(read.match(for: address) == list.trie.match(for: address), "seed \(seed)")
        }
        let index = try read.apply([.insert(Rule(block: CIDRBlock(.v4(IPv4Address(1, 2, 3, 4)))))])
        #expect(read.match(for: IPv4Address(1, 2, 3, 4)) == index[0], "seed \(seed)")
        try read.checkInvariants()
    }
}
