/// A change of a list; see ``CompiledTrie/apply(_:)``.
public enum RuleEdit: Hashable, Sendable {
    /// Adds a rule.
    case insert(Rule, isEnabled: Bool = true)
    /// Removes the rule at an index, which a later rule may be given.
    case remove(Int)
    /// Puts another rule in the place of the one at an index; it stays enabled, or disabled.
    case replace(Int, with: Rule)
    /// Makes the rule at an index count, or leaves it in the list without effect.
    case setEnabled(Int, Bool)
}

/// Why a list was not changed.
public enum RuleEditError: Error, Hashable, Sendable {
    /// No rule of the list has this index.
    case noSuchRule(index: Int)
    /// The list has as many rules as a compiled one can have.
    case tooManyRules(limit: Int)
}

extension RuleEditError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noSuchRule(let index): "the list has no rule at index \(index)"
        case .tooManyRules(let limit): "a list can have at most \(limit) rules"
        }
    }
}
