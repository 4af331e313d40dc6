import Addresses

extension CompiledTrie {
    /// How large the compiled form is.
    public struct Statistics: Hashable, Sendable, Codable {
        /// The rules of both families.
        public var ruleCount: Int
        /// The bytes that lookups read: tables and nodes.
        public var byteCount: Int
        /// The bytes of the rules, which are read to explain a decision.
        public var ruleByteCount: Int
    }

    /// - Complexity: O(1)
    public var statistics: Statistics {
        Statistics(
            ruleCount: rules.count,
            byteCount: (v4.words.count + v6.words.count) * 4,
            ruleByteCount: rules.byteCount + enclosing.count * 4
        )
    }
}

extension CompiledTrie {
    /// How many nodes of each kind the trie of `family` has.
    ///
    /// - Complexity: O(*n*) for *n* bytes.
    /// - Throws: what ``checkInvariants()`` throws.
    public func nodeCounts(of family: IPFamily) throws(TrieFault) -> NodeCounts {
        try inspect(family == .v4 ? v4 : v6, of: family)
    }
}

extension RuleTable {
    fileprivate var byteCount: Int {
        heads.count * 2 + positions.count * 4 + networks.count * 8 + descriptions.count * 4
            + expiries.count * 8 + texts.ends.count * 4 + texts.utf8.count
    }
}
