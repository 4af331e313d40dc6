import Addresses

extension CompiledTrie {
    /// Checks everything that lookups and edits rely on.
    ///
    /// What the compiler makes and edits change always passes; an image passes once, when it is
    /// loaded.
    ///
    /// - Complexity: O(*n*) for *n* bytes.
    public func checkInvariants() throws(TrieError) {
        try rules.checkInvariants()
        guard order.isValid(for: rules) else {
            throw TrieError(reason: .ruleOrder, place: "rules")
        }
        _ = try inspect(.v4)
        _ = try inspect(.v6)
    }

    /// How many nodes of each kind there are.
    func inspect(_ family: IPFamily) throws(TrieError) -> NodeCounts {
        let trie = family == .v4 ? v4 : v6
        var inspector = TrieInspector(trie, of: family, rules: rules)
        try inspector.inspect(free: family == .v4 ? history.v4Space : history.v6Space)
        return inspector.counts
    }
}

extension RuleTable {
    fileprivate func checkInvariants() throws(TrieError) {
        guard hasEqualColumns else { throw TrieError(reason: .ruleColumns, place: "rules") }
        var isUsed = [Bool](repeating: false, count: networks.count / 2)
        for place in spareNetworks where Int(place) < isUsed.count { isUsed[Int(place)] = true }
        for index in heads.indices {
            if let reason = error(of: index, &isUsed) {
                throw TrieError(reason: reason, place: "rule \(index + 1)")
            }
        }
        if let reason = texts.error(at: descriptions) {
            throw TrieError(reason: reason, place: "descriptions")
        }
    }

    private var hasEqualColumns: Bool {
        heads.count < Slot.ruleLimit && positions.count == heads.count
            && (descriptions.isEmpty || descriptions.count == heads.count)
            && (expiries.isEmpty || expiries.count == heads.count)
            && networks.count.isMultiple(of: 2)
            && vacancies.count == heads.count(where: \.isVacant)
            && denialCount == heads.count(where: \.denies)
    }

    private func error(of index: Int, _ isUsed: inout [Bool]) -> TrieError.Reason? {
        let head = heads[index]
        guard head.isValid else { return .ruleHead }
        if head.expires, expiries.isEmpty { return .ruleColumns }
        guard head.family == .v6 else {
            let bits = UInt64(positions[index]) << 32
            return bits.prefix(Int(head.prefixLength)) == bits ? nil : .ruleNetwork
        }
        let place = Int(positions[index])
        guard place < isUsed.count, !isUsed[place] else { return .ruleNetwork }
        isUsed[place] = true
        let key = key(index)
        return key.widened(to: Int(key.length)) == key ? nil : .ruleNetwork
    }
}
