import Addresses
import CIDRTrie
import Testing
import Time

@Suite("Rules without effect")
struct RuleDiagnosisTests {
    private func diagnosis(_ lines: String...) throws -> RuleDiagnosis {
        let list = CIDRList(parsing: Array(lines.joined(separator: "\n").utf8).span)
        #expect(list.errors.isEmpty)
        return RuleDiagnosis(of: try RuleSet(list.rules), at: UnixTime(seconds: 0))
    }

    @Test("A rule inside one with the same action is redundant")
    func redundant() throws {
        let idle = try diagnosis("10.0.0.0/8", "10.1.0.0/16", "!10.2.0.0/16", "10.2.3.0/24")
            .idleRules
        #expect(idle == [.init(rule: 1, reason: .covered(by: 0))])
    }

    @Test("A rule that longer ones cover is shadowed, regardless of their actions")
    func shadowed() throws {
        let idle = try diagnosis("10.0.0.0/8", "10.0.0.0/9", "!10.128.0.0/9").idleRules
        #expect(idle.contains(.init(rule: 0, reason: .shadowed)))
    }

    @Test("A deny rule where nothing is admitted has no effect")
    func denied() throws {
        let idle = try diagnosis("!192.0.2.0/24", "10.0.0.0/8", "!10.1.0.0/16").idleRules
        #expect(idle == [.init(rule: 0, reason: .alreadyDenied)])
    }

    @Test("Removing a redundant rule changes no verdict", arguments: IPFamily.allCases)
    func random(family: IPFamily) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = RandomRules(seed: seed)
        var foundCount = 0
        for _ in 0..<40 {
            let rules = random.rules(count: 30, family: family)
            let trie = CompiledTrie(try RuleSet(rules))
            for idle in RuleDiagnosis(of: try RuleSet(rules), at: UnixTime(seconds: 0)).idleRules {
                var rest = rules
                rest.remove(at: idle.rule)
                let without = CompiledTrie(try RuleSet(rest))
                for address in rules[idle.rule].block.edges {
                    #expect(
                        without.verdict(for: address) == trie.verdict(for: address),
                        "\(idle), seed \(seed)"
                    )
                }
                foundCount += 1
            }
        }
        #expect(foundCount > 0)
    }

    @Test("Rules inside others are counted, regardless of their actions")
    func nested() throws {
        let lines = ["10.0.0.0/8", "!10.1.0.0/16", "10.1.1.0/24", "11.0.0.0/8", "2001:db8::/32"]
        #expect(try diagnosis(lines[0], lines[1], lines[2], lines[3], lines[4]).nestedCount == 2)
        #expect(try diagnosis("10.0.0.0/9", "10.128.0.0/9").nestedCount == 0)
    }

    @Test("A list that admits all of one family is detected, also by halves")
    func wholeFamily() throws {
        #expect(try diagnosis("0.0.0.0/0").admitsAllOfOneFamily)
        #expect(try diagnosis("0.0.0.0/1", "128.0.0.0/1").admitsAllIPv4)
        #expect(try !diagnosis("0.0.0.0/0", "::/0").admitsAllOfOneFamily)
        #expect(try !diagnosis("10.0.0.0/8").admitsAllIPv4)
    }
}
