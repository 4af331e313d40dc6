public import Addresses

extension CompiledTrie {
    /// The indices of all rules in ascending order of their blocks, a block before those inside it.
    public var ascending: AscendingIndices { AscendingIndices(self, 0..<order.indices.count) }

    /// The rules with exactly this block, enabled or not, in ascending order of their indices.
    ///
    /// - Complexity: O(log *n*)
    public func indices(of block: CIDRBlock) -> AscendingIndices {
        AscendingIndices(self, order.positions(of: BlockKey(block), in: rules))
    }

    /// The rule that decides for exactly this block, disregarding expiries: of its enabled rules the
    /// one that denies, then the one that lasts longer, then the one with the lowest index. `nil` if
    /// no enabled rule has this block.
    ///
    /// - Complexity: O(log *n*)
    public func index(of block: CIDRBlock) -> Int? {
        order.decider(of: BlockKey(block), in: rules)
    }

    /// Whether the rule at `index` decides for some address: it is enabled, and no other rule with
    /// its block outranks it. Blocks inside it may cover all of it.
    public func takesEffect(_ index: Int) -> Bool {
        rules.contains(index: index)
            && order.decider(of: rules.key(index), in: rules) == index
    }

    /// Indices of rules, in the order of their blocks; for pages of a list.
    ///
    ///     let page = trie.ascending.starting(at: block).prefix(100)
    public struct AscendingIndices: RandomAccessCollection, Sendable {
        private let trie: CompiledTrie
        public let startIndex: Int
        public let endIndex: Int

        init(_ trie: CompiledTrie, _ positions: Range<Int>) {
            self.trie = trie
            startIndex = positions.lowerBound
            endIndex = positions.upperBound
        }

        public subscript(position: Int) -> Int { Int(trie.order.indices[position]) }

        /// Those of `block` and of all blocks after it.
        ///
        /// - Complexity: O(log *n*)
        public func starting(at block: CIDRBlock) -> AscendingIndices {
            let position = trie.order.lowerBound(of: BlockKey(block), in: trie.rules)
            return AscendingIndices(trie, Swift.max(position, startIndex)..<endIndex)
        }
    }
}
