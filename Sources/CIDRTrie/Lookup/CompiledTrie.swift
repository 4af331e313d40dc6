/// A rule set in the form that answers: immutable, contiguous, shared without locks.
public struct CompiledTrie: Sendable {
    /// As in the ``RuleSet`` it was compiled from; all indices count in this array.
    public let rules: [Rule]
    private let v4: RangeTable<UInt32>
    private let v6: RangeTable<UInt128>
    /// For each rule, one more than the index of the smallest rule around it; 0 where none is.
    /// Empty where no rule expires.
    private let enclosing: [UInt32]

    /// Denies every address.
    public static let empty = CompiledTrie()

    private init() {
        rules = []
        v4 = RangeTable()
        v6 = RangeTable()
        enclosing = []
    }

    /// Compiles `ruleSet`.
    public init(_ ruleSet: RuleSet) {
        var v4 = RangeSweep<UInt32>()
        var v6 = RangeSweep<UInt128>()
        var enclosing = [UInt32](repeating: 0, count: ruleSet.rules.count)
        for index in ruleSet.order {
            let block = ruleSet.rules[index].block
            let value = UInt32(index) + 1
            switch (block.first, block.last) {
            case (.v4(let first), .v4(let last)):
                v4.advance(to: first.bits)
                enclosing[index] = v4.enclosingValue ?? 0
                v4.enter(from: first.bits, through: last.bits, value: value)
            case (let first, let last):
                v6.advance(to: first.bits)
                enclosing[index] = v6.enclosingValue ?? 0
                v6.enter(from: first.bits, through: last.bits, value: value)
            }
        }
        rules = ruleSet.rules
        self.v4 = v4.finish()
        self.v6 = v6.finish()
        self.enclosing = rules.contains { $0.expiry != nil } ? enclosing : []
    }

    /// What becomes of `address`, expiries left aside; denial where no rule matches.
    ///
    /// An IPv4-mapped address is looked up as the IPv6 address it is: see
    /// ``/Addresses/IPAddress/unmapped``.
    public func verdict(for address: IPAddress) -> Action {
        match(for: address).map { rules[$0].action } ?? .deny
    }

    /// The index of the rule with the longest prefix that matches `address`, expiries left aside.
    public func match(for address: IPAddress) -> Int? {
        let value =
            switch address {
            case .v4(let v4): self.v4.value(at: v4.bits)
            case .v6(let v6): self.v6.value(at: v6.bits)
            }
        return value == 0 ? nil : Int(value) - 1
    }

    /// The index of the rule with the longest prefix that matches `address` and counts at `now`.
    ///
    /// An expired rule yields to the next shorter one around it.
    public func match(for address: IPAddress, at now: UnixTime) -> Int? {
        var match = match(for: address)
        while let rule = match, rules[rule].hasExpired(at: now) {
            match = enclosing[rule] == 0 ? nil : Int(enclosing[rule]) - 1
        }
        return match
    }

    /// What becomes of `address` at `now`, and by which rule.
    public func decision(for address: IPAddress, at now: UnixTime) -> Decision {
        Decision(by: match(for: address, at: now).map { rules[$0] })
    }
}
