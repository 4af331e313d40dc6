package import Addresses
package import CIDRTrie
package import Time

/// A whitelist in the form that answers: its own rules, and the lists that came compiled.
///
/// Lists that came compiled are not merged with the rules: one of a million entries would have to be
/// compiled again at each start, which its image saves.
package struct CompiledWhitelist: Sendable {
    private let rules: CompiledTrie
    private let lists: [CompiledTrie]

    /// Admits nobody.
    package static let empty = CompiledWhitelist(.empty)

    /// - Parameter lists: asked beside `rules`, as if all had been compiled together.
    package init(_ rules: CompiledTrie, lists: [CompiledTrie] = []) {
        self.rules = rules
        self.lists = lists
    }

    /// Compiles the rules of `whitelist`.
    ///
    /// - Throws: where two of the rules contradict each other.
    package init(_ whitelist: Whitelist) throws(RuleConflict) {
        let rules = try RuleSet(whitelist.rules)
        if rules.rules.isEmpty, let only = whitelist.lists.first, whitelist.lists.count == 1 {
            self.init(only)
        } else {
            self.init(CompiledTrie(rules), lists: whitelist.lists)
        }
    }

    /// What becomes of `address` at `now`, and by which rule: the one with the longest prefix, and
    /// of two lists that name the same block the one that denies.
    ///
    /// - Complexity: a lookup for each list.
    @inline(__always)
    package func decision(for address: IPAddress, at now: UnixTime) -> Decision {
        let decision = rules.decision(for: address, at: now)
        return lists.isEmpty ? decision : strongest(decision, for: address, at: now)
    }

    /// The rule that would decide on `address` if it had not expired by `now`; `nil` where the one
    /// that decides is the strongest anyway. For people who ask, not for connections.
    package func expiredRule(for address: IPAddress, at now: UnixTime) -> Rule? {
        let unexpiring = ([rules] + lists).map { list in
            Decision(by: list.match(for: address).map { list.rules[$0] })
        }
        let strongest = unexpiring.reduce(Decision(by: nil)) { $1.isStronger(than: $0) ? $1 : $0 }
        guard let rule = strongest.rule, let expiry = rule.expiry, expiry <= now else { return nil }
        return rule
    }

    private func strongest(_ first: Decision, for address: IPAddress, at now: UnixTime)
        -> Decision
    {
        lists.reduce(first) { strongest, list in
            let other = list.decision(for: address, at: now)
            return other.isStronger(than: strongest) ? other : strongest
        }
    }
}

extension Decision {
    fileprivate func isStronger(than other: Decision) -> Bool {
        guard let rule else { return false }
        guard let otherRule = other.rule else { return true }
        let (length, otherLength) = (rule.block.prefixLength, otherRule.block.prefixLength)
        return length == otherLength ? action == .deny : length > otherLength
    }
}
