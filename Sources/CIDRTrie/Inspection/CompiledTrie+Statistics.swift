public import Addresses

extension CompiledTrie {
    /// How large the compiled form is.
    public struct Statistics: Hashable, Sendable, Codable {
        /// The rules of both families.
        public var ruleCount: Int
        /// The bytes that lookups read: tables and nodes.
        public var byteCount: Int
        /// Those of ``byteCount`` that edits have left unused.
        public var freeByteCount: Int
        /// The bytes of the rules, which are read to explain a decision.
        public var ruleByteCount: Int
    }

    /// - Complexity: O(1)
    public var statistics: Statistics {
        Statistics(
            ruleCount: rules.count,
            byteCount: (v4.words.count + v6.words.count) * 4,
            freeByteCount: (history.v4Space.wordCount + history.v6Space.wordCount) * 4,
            ruleByteCount: rules.byteCount + order.indices.count * 4
        )
    }
}

extension CompiledTrie {
    /// How many nodes of each kind the trie of `family` has.
    ///
    /// - Complexity: O(*n*) for *n* bytes.
    /// - Throws: what ``checkInvariants()`` throws.
    public func nodeCounts(of family: IPFamily) throws(TrieError) -> NodeCounts {
        try inspect(family)
    }
}

/// How many nodes a trie has.
public struct NodeCounts: Hashable, Sendable, Codable {
    /// The slots of the root table.
    public var rootSlots = 0
    /// Nodes for one byte of the key.
    public var branches = 0
    /// Nodes for two bytes.
    public var wideBranches = 0
    /// Nodes that compare the key with a few boundaries.
    public var buckets = 0
    /// IPv6 networks of 64 bits with boundaries inside.
    public var lowHalves = 0
    /// The most nodes that a lookup reads.
    public var depth = 0
}

extension RuleTable {
    fileprivate var byteCount: Int {
        heads.count * 2 + positions.count * 4 + networks.count * 8 + descriptions.count * 4
            + expiries.count * 8 + texts.byteCount
    }
}
