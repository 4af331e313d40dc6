import Addresses

extension CompiledTrie {
    /// Compiles `ruleSet`.
    ///
    /// - Precondition: at most 2^29 - 2 rules.
    /// - Complexity: O(*n*) for *n* rules.
    public init(_ ruleSet: RuleSet) {
        self.init(compiling: ruleSet.rules, in: ruleSet.order)
    }

    /// Compiles `rules`; of those that contradict each other, the ones that deny take effect.
    ///
    /// - Precondition: at most 2^29 - 2 rules.
    /// - Complexity: O(*n*) for *n* rules.
    public init(_ rules: RuleTable) {
        self.init(compiling: rules, in: RuleOrder(sorting: rules))
    }

    /// - Parameter order: the order of `rules`.
    init(compiling rules: RuleTable, in order: RuleOrder) {
        precondition(rules.heads.count < Slot.ruleLimit, "too many rules")
        func around(_ family: IPFamily, _ block: KeyBlock) -> Slot {
            rules.slot(around: BlockKey(family, block), in: order)
        }
        let v4 = RadixTrie(.v4(of: rules, in: order)) { around(.v4, $0) }
        let v6 = RadixTrie(.v6(of: rules, in: order)) { around(.v6, $0) }
        self.init(
            rules: rules,
            order: order,
            v4: v4,
            v6: v6,
            history: EditHistory(compiledRuleCount: rules.count)
        )
    }
}

extension RuleTable {
    /// What decides in `key`, leaving aside the blocks inside it.
    func slot(around key: BlockKey, in order: RuleOrder) -> Slot {
        order.decider(around: key, includingItself: true, in: self).map { slot($0) } ?? .none
    }
}

extension BlockKey {
    /// The block of the addresses whose first 64 bits are in `block`.
    init(_ family: IPFamily, _ block: KeyBlock) {
        self.init(
            family: family,
            bits: UInt128(block.first) << 64,
            length: UInt8(clamping: block.depth)
        )
    }
}

extension RangeTable<UInt64> {
    /// The ranges of IPv4 addresses, as keys of 64 bits.
    fileprivate static func v4(of rules: RuleTable, in order: RuleOrder) -> RangeTable {
        var sweep = RangeSweep<UInt64>()
        for index in order.deciders(in: rules) where rules.heads[index].family == .v4 {
            let first = UInt64(rules.positions[index]) << 32
            let last = first | ~UInt64.max.prefix(Int(rules.heads[index].prefixLength))
            sweep.open(from: first, through: last, slot: rules.slot(index))
        }
        return sweep.finish()
    }
}

extension RangeTable<UInt128> {
    fileprivate static func v6(of rules: RuleTable, in order: RuleOrder) -> RangeTable {
        var sweep = RangeSweep<UInt128>()
        for index in order.deciders(in: rules) where rules.heads[index].family == .v6 {
            let key = rules.key(index)
            let hostMask: UInt128 = key.length == 128 ? 0 : .max >> UInt128(key.length)
            sweep.open(from: key.bits, through: key.bits | hostMask, slot: rules.slot(index))
        }
        return sweep.finish()
    }
}
