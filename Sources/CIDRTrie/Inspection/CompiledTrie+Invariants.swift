import Addresses

extension CompiledTrie {
    /// Checks everything that lookups rely on.
    ///
    /// What the compiler makes always passes; an image passes once, when it is loaded.
    ///
    /// - Complexity: O(*n*) for *n* bytes.
    public func checkInvariants() throws(TrieFault) {
        try rules.checkInvariants(enclosing: enclosing)
        _ = try inspect(v4, of: .v4)
        _ = try inspect(v6, of: .v6)
    }

    /// How many nodes of each kind there are.
    func inspect(_ trie: RadixTrie, of family: IPFamily) throws(TrieFault) -> NodeCounts {
        var inspector = TrieInspector(trie, of: family, rules: rules)
        try inspector.inspect()
        return inspector.counts
    }
}

extension RuleTable {
    func checkInvariants(enclosing: [UInt32]) throws(TrieFault) {
        guard isEachColumn(enclosing) else {
            throw TrieFault(reason: .ruleColumns, place: "rules")
        }
        for index in indices {
            if let reason = fault(of: index, enclosing: enclosing) {
                throw TrieFault(reason: reason, place: "rule \(index + 1)")
            }
        }
        if let reason = texts.fault { throw TrieFault(reason: reason, place: "descriptions") }
    }

    private func isEachColumn(_ enclosing: [UInt32]) -> Bool {
        let anyExpires = heads.contains(where: \.expires)
        return count < Slot.ruleLimit && positions.count == count
            && (descriptions.isEmpty || descriptions.count == count)
            && expiries.count == (anyExpires ? count : 0)
            && enclosing.count == (anyExpires ? count : 0)
            && networks.count.isMultiple(of: 2) && texts.isValid
    }

    private func fault(of index: Int, enclosing: [UInt32]) -> TrieFault.Reason? {
        guard heads[index].isValid else { return .ruleHead }
        if heads[index].family == .v6, Int(positions[index]) >= networks.count / 2 {
            return .ruleNetwork
        }
        if !descriptions.isEmpty, Int(descriptions[index]) >= texts.ends.count { return .ruleText }
        guard !enclosing.isEmpty, enclosing[index] != 0 else { return nil }
        // Only a shorter prefix may lie around a rule, so that no chain of them is a circle.
        let outer = Int(enclosing[index]) - 1
        let isLarger = outer < count && heads[outer].prefixLength < heads[index].prefixLength
        return isLarger ? nil : .enclosingRule
    }
}

extension TextTable {
    fileprivate var fault: TrieFault.Reason? {
        if utf8.contains(where: { $0 < 0x20 && $0 != UInt8(ascii: "\t") || $0 == 0x7f }) {
            return .controlCharacter
        }
        // `try?`: where the bytes are no UTF-8 does not matter, as nobody wrote them by hand.
        return (try? UTF8Span(validating: utf8.span)) == nil ? .invalidUTF8 : nil
    }
}
