import Addresses
public import Time

/// A rule set in the form that answers: immutable, contiguous, shared without locks.
@frozen
public struct CompiledTrie: Hashable, Sendable {
    /// As in the ``RuleSet`` it was compiled from; all indices count in this collection.
    public let rules: RuleTable
    @usableFromInline let v4: RadixTrie
    @usableFromInline let v6: RadixTrie
    /// For each rule, one more than the index of the smallest rule around it; 0 where none is.
    /// Empty where no rule expires.
    let enclosing: [UInt32]

    init(rules: RuleTable, v4: RadixTrie, v6: RadixTrie, enclosing: [UInt32]) {
        self.rules = rules
        self.v4 = v4
        self.v6 = v6
        self.enclosing = enclosing
    }

    /// Denies every address.
    public static let empty = CompiledTrie(
        rules: .empty,
        v4: RadixTrie(RangeTable<UInt64>()),
        v6: RadixTrie(RangeTable<UInt128>()),
        enclosing: []
    )
}

// Lookups are compiled into their callers: a call would copy the trie, and count references of
// each of its arrays.
extension CompiledTrie {
    /// What becomes of `address`, expiries left aside; denial where no rule matches.
    ///
    /// An IPv4-mapped address is looked up as the IPv6 address it is: see
    /// ``/Addresses/IPAddress/unmapped``.
    ///
    /// - Complexity: one table, then at most one node for each byte of the address; in a full
    ///   routing table of IPv4 one node, of IPv6 one to three. Allocates, retains and locks nothing.
    @inlinable
    @inline(__always)
    public func verdict(for address: IPAddress) -> Action {
        leaf(for: address).action
    }

    /// The index of the rule with the longest prefix that matches `address`, expiries left aside.
    ///
    /// - Complexity: as ``verdict(for:)``.
    @inlinable
    @inline(__always)
    public func match(for address: IPAddress) -> Int? {
        leaf(for: address).rule
    }

    /// The index of the rule with the longest prefix that matches `address` and counts at `now`.
    ///
    /// An expired rule yields to the next shorter one around it.
    ///
    /// - Complexity: as ``verdict(for:)``, and one step for each rule that has expired.
    @inlinable
    @inline(__always)
    public func match(for address: IPAddress, at now: UnixTime) -> Int? {
        let leaf = leaf(for: address)
        return leaf.expires ? unexpired(leaf.rule, at: now) : leaf.rule
    }

    /// What becomes of `address` at `now`, and by which rule.
    ///
    /// - Complexity: as ``match(for:at:)``; makes the rule.
    @inlinable
    public func decision(for address: IPAddress, at now: UnixTime) -> Decision {
        Decision(by: match(for: address, at: now).map { rules.rule($0, around: address) })
    }

    @inlinable
    @inline(__always)
    func leaf(for address: IPAddress) -> Slot {
        switch address {
        case .v4(let address): leaf(for: address)
        case .v6(let address): leaf(for: address)
        }
    }

    @inlinable
    @inline(__always)
    func leaf(for address: IPv4Address) -> Slot {
        v4.leaf(for: UInt64(address.bits) &<< 32)
    }

    @inlinable
    @inline(__always)
    func leaf(for address: IPv6Address) -> Slot {
        v6.leaf(forHigh: address.high, low: address.low)
    }

    /// The first of `rule` and those around it that has not expired.
    @usableFromInline
    func unexpired(_ rule: Int?, at now: UnixTime) -> Int? {
        var match = rule
        while let rule = match, let expiry = rules.expiry(rule), expiry <= now {
            match = enclosing[rule] == 0 ? nil : Int(enclosing[rule]) - 1
        }
        return match
    }
}

// Where the family is known.
extension CompiledTrie {
    /// As ``verdict(for:)-(IPAddress)``.
    @inlinable
    @inline(__always)
    public func verdict(for address: IPv4Address) -> Action { leaf(for: address).action }

    /// As ``verdict(for:)-(IPAddress)``.
    @inlinable
    @inline(__always)
    public func verdict(for address: IPv6Address) -> Action { leaf(for: address).action }

    /// As ``match(for:)-(IPAddress)``.
    @inlinable
    @inline(__always)
    public func match(for address: IPv4Address) -> Int? { leaf(for: address).rule }

    /// As ``match(for:)-(IPAddress)``.
    @inlinable
    @inline(__always)
    public func match(for address: IPv6Address) -> Int? { leaf(for: address).rule }
}
