import Addresses
import CIDRTrie
import Configurations
import Policy
import Testing
import Time

@Suite("Entries that expire")
struct EntryExpiriesTests {
    private func rule(_ number: Int, expires seconds: Int64?) -> Rule {
        let address = IPAddress.v4(IPv4Address(10, 0, UInt8(number), 0))
        return Rule(
            block: CIDRBlock(containing: address, prefixLength: 24),
            expiry: seconds.map { UnixTime(seconds: $0) }
        )
    }

    @Test("Each entry is reported once when it expires, including those of compiled lists")
    func once() throws {
        let list = CompiledTrie(try RuleSet([rule(3, expires: 300)]))
        let rules = [rule(1, expires: 200), rule(2, expires: nil), rule(4, expires: 50)]
        let whitelist = Whitelist(mode: .specific, rules: rules, lists: [list])
        var expiries = EntryExpiries(
            of: Policy(["A": WarehousePolicy(whitelist: whitelist)]),
            after: UnixTime(seconds: 100)
        )
        #expect(expiries.next == UnixTime(seconds: 200))
        #expect(expiries.takeExpired(at: UnixTime(seconds: 199)) == [])
        let first = expiries.takeExpired(at: UnixTime(seconds: 200))
        #expect(first.map(\.description) == ["warehouse A: 10.0.1.0/24"])
        let second = expiries.takeExpired(at: UnixTime(seconds: 999))
        #expect(second.map(\.description) == ["warehouse A: 10.0.3.0/24"])
        #expect(expiries.next == nil)
    }

    @Test("If many expire together, the first are named and all are counted")
    func many() {
        let rules = (0..<200).map { rule($0, expires: 200) }
        let whitelists: [String: Whitelist] = [
            "B": Whitelist(mode: .specific, rules: [rule(9, expires: 150)]),
            "A": Whitelist(mode: .specific, rules: rules),
            "C": Whitelist(mode: .anywhere, rules: rules),
            "D": Whitelist(mode: .nowhere, rules: rules),
        ]
        var expiries = EntryExpiries(
            of: Policy(whitelists.mapValues { WarehousePolicy(whitelist: $0) }),
            after: UnixTime(seconds: 100)
        )
        let expired = expiries.takeExpired(at: UnixTime(seconds: 200))
        #expect(expired.map(\.warehouse) == ["A", "B"], "the rules of an open link do not count")
        #expect(expired.map(\.count) == [200, 1])
        #expect(expired[0].blocks.count == 3)
        #expect(expired[0].description.hasSuffix(" and 197 more"))
    }

    @Test("Under anywhere, entries that deny are reported when they expire")
    func denials() {
        var denial = rule(7, expires: 200)
        denial.action = .deny
        let whitelist = Whitelist(mode: .anywhere, rules: [rule(1, expires: 150), denial])
        var expiries = EntryExpiries(
            of: Policy(["A": WarehousePolicy(whitelist: whitelist)]),
            after: UnixTime(seconds: 100)
        )
        let expired = expiries.takeExpired(at: UnixTime(seconds: 200))
        #expect(expired.map(\.description) == ["warehouse A: 10.0.7.0/24"])
    }
}
