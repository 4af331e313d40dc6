import Addresses

extension CompiledTrie {
    /// Compiles `ruleSet`.
    ///
    /// - Precondition: at most 2^29 - 2 rules.
    /// - Complexity: O(*n*) for *n* rules.
    public init(_ ruleSet: RuleSet) {
        precondition(ruleSet.rules.count < Slot.ruleLimit, "too many rules")
        var compiler = RuleCompiler(ruleSet)
        for index in ruleSet.order { compiler.append(index) }
        self = compiler.finish()
    }
}

/// Sweeps over the rules of each family and builds their tries.
private struct RuleCompiler {
    private let rules: [Rule]
    private let anyExpires: Bool
    private var v4 = RangeSweep<UInt64>()
    private var v6 = RangeSweep<UInt128>()
    private var enclosing: [UInt32]

    init(_ ruleSet: RuleSet) {
        rules = ruleSet.rules
        anyExpires = rules.contains { $0.expiry != nil }
        enclosing = anyExpires ? [UInt32](repeating: 0, count: rules.count) : []
    }

    mutating func append(_ index: Int) {
        let block = rules[index].block
        let expires = rules[index].expiry != nil
        let slot = Slot(rule: index, action: rules[index].action, expires: expires)
        let outer =
            switch block.network {
            case .v4(let network): open(v4: UInt64(network.bits) << 32, block, slot)
            case .v6(let network): v6.open(from: network.bits, through: block.last.bits, slot: slot)
            }
        if anyExpires { enclosing[index] = UInt32((outer.rule ?? -1) + 1) }
    }

    private mutating func open(v4 first: UInt64, _ block: CIDRBlock, _ slot: Slot) -> Slot {
        let last = first | ~UInt64.max.prefix(Int(block.prefixLength))
        return v4.open(from: first, through: last, slot: slot)
    }

    mutating func finish() -> CompiledTrie {
        CompiledTrie(
            rules: RuleTable(rules),
            v4: RadixTrie(v4.finish()),
            v6: RadixTrie(v6.finish()),
            enclosing: enclosing
        )
    }
}
