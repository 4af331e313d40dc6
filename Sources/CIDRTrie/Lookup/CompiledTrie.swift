public import Addresses
public import Time

/// A list of rules in the form that answers: immutable, contiguous, shared without locks.
///
/// A changed list is another value: ``apply(_:)`` makes it from a copy, while others go on reading
/// this one.
@frozen
public struct CompiledTrie: Sendable {
    /// The rules; all indices refer to this table.
    public let rules: RuleTable
    @usableFromInline let v4: RadixTrie
    @usableFromInline let v6: RadixTrie
    /// All rules of ``rules``, by block.
    @usableFromInline let order: RuleOrder
    @usableFromInline let history: EditHistory

    init(
        rules: RuleTable,
        order: RuleOrder,
        v4: RadixTrie,
        v6: RadixTrie,
        history: EditHistory
    ) {
        self.rules = rules
        self.order = order
        self.v4 = v4
        self.v6 = v6
        self.history = history
    }

    /// Denies every address.
    public static let empty = CompiledTrie(RuleTable.empty)
}

extension CompiledTrie: Hashable {
    /// Whether both have the same rules at the same indices, and so decide the same.
    public static func == (a: CompiledTrie, b: CompiledTrie) -> Bool { a.rules == b.rules }

    public func hash(into hasher: inout Hasher) { hasher.combine(rules) }
}

// Lookups are compiled into their callers: a call would copy the trie, and count references of
// each of its arrays.
extension CompiledTrie {
    /// The action for `address`, disregarding expiries; denial if no rule matches.
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

    /// The index of the rule with the longest prefix that matches `address`, disregarding expiries.
    ///
    /// - Complexity: as ``verdict(for:)``.
    @inlinable
    @inline(__always)
    public func match(for address: IPAddress) -> Int? {
        leaf(for: address).rule
    }

    /// The index of the rule with the longest prefix that matches `address` and applies at `now`.
    ///
    /// An expired rule yields to the next one with the same block, then to those around it.
    ///
    /// - Complexity: as ``verdict(for:)``, and a few binary searches if the rule has expired.
    @inlinable
    @inline(__always)
    public func match(for address: IPAddress, at now: UnixTime) -> Int? {
        let leaf = leaf(for: address)
        return leaf.expires ? unexpired(leaf.rule, at: now) : leaf.rule
    }

    /// The action for `address` at `now`, and the rule that decides it.
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

    /// `rule` if it has not expired; else the rule that decides in its place.
    @usableFromInline
    func unexpired(_ rule: Int?, at now: UnixTime) -> Int? {
        guard let rule, rules.hasExpired(rule, at: now) else { return rule }
        return order.decider(around: rules.key(rule), includingItself: true, in: rules, at: now)
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
