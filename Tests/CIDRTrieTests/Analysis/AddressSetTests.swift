import Addresses
import CIDRTrie
import Testing
import Time

@Suite("What a list admits, and how two lists differ")
struct AddressSetTests {
    private func admitted(_ lines: String..., family: IPFamily = .v4, at seconds: Int64 = 0) throws
        -> AddressSet
    {
        let list = CIDRList(parsing: Array(lines.joined(separator: "\n").utf8).span)
        #expect(list.errors.isEmpty)
        return AddressSet(
            admittedBy: try RuleSet(list.rules),
            family: family,
            at: UnixTime(seconds: seconds)
        )
    }

    private func blocks(_ set: AddressSet) -> [String] { set.blocks.map { "\($0)" } }

    @Test("Neighbors become one block, and a denied part is cut out")
    func blocks() throws {
        #expect(blocks(try admitted("10.0.0.0/9", "10.128.0.0/9")) == ["10.0.0.0/8"])
        let cut = try admitted("10.0.0.0/30", "!10.0.0.1")
        #expect(blocks(cut) == ["10.0.0.0/32", "10.0.0.2/31"])
        #expect(cut.count == 3)
        #expect(try admitted("!10.0.0.0/8").isEmpty)
        #expect(try admitted("::/0").isEmpty)
    }

    @Test("All addresses are all addresses, as one block or as halves")
    func everything() throws {
        #expect(try admitted("0.0.0.0/0").isEverything)
        #expect(try admitted("0.0.0.0/1", "128.0.0.0/1").isEverything)
        #expect(try !admitted("0.0.0.0/0", "!255.255.255.255").isEverything)
        #expect(try admitted("0.0.0.0/0").count == 1 << 32)
        let v6 = try admitted("::/1", "8000::/1", family: .v6)
        #expect(v6.isEverything)
        #expect(v6.count == .max)
        #expect(blocks(v6) == ["::/0"])
    }

    @Test("A hand-checked difference")
    func difference() throws {
        let old = try admitted("10.0.0.0/24", "192.0.2.0/24")
        let new = try admitted("10.0.0.0/25", "10.0.1.0/24", "192.0.2.0/24")
        #expect(blocks(old.subtracting(new)) == ["10.0.0.128/25"])
        #expect(blocks(new.subtracting(old)) == ["10.0.1.0/24"])
        #expect(old.subtracting(old).isEmpty)
        let all = try admitted("0.0.0.0/0")
        #expect(blocks(all.subtracting(try admitted("128.0.0.0/1"))) == ["0.0.0.0/1"])
        #expect(all.subtracting(all).isEmpty)
    }

    @Test("Random lists differ exactly where their verdicts do", arguments: IPFamily.allCases)
    func random(family: IPFamily) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = RandomRules(seed: seed)
        for _ in 0..<60 {
            let (a, b) = (
                random.rules(count: 12, family: family), random.rules(count: 12, family: family)
            )
            let sets = try (RuleSet(a), RuleSet(b))
            let old = AddressSet(admittedBy: sets.0, family: family, at: UnixTime(seconds: 0))
            let new = AddressSet(admittedBy: sets.1, family: family, at: UnixTime(seconds: 0))
            let gained = new.subtracting(old).blocks
            let (oldTrie, newTrie) = (CompiledTrie(sets.0), CompiledTrie(sets.1))
            for address in random.addresses(for: a + b, family: family) {
                let isGained =
                    oldTrie.verdict(for: address) == .deny
                    && newTrie.verdict(for: address) == .allow
                #expect(
                    gained.contains { $0.contains(address) } == isGained,
                    "\(address), seed \(seed)"
                )
            }
        }
    }

    @Test("An expired rule admits no address")
    func expiry() throws {
        var rules = Array(CIDRList(parsing: Array("10.0.0.0/8\n10.1.0.0/16".utf8).span).rules)
        rules[0].expiry = UnixTime(seconds: 10)
        let set = try RuleSet(rules)
        #expect(AddressSet(admittedBy: set, family: .v4, at: UnixTime(seconds: 9)).count == 1 << 24)
        #expect(
            AddressSet(admittedBy: set, family: .v4, at: UnixTime(seconds: 10)).count == 1 << 16
        )
    }
}
