/// A change of a list; see ``CompiledTrie/apply(_:)``.
public enum RuleEdit: Hashable, Sendable {
    /// Adds a rule.
    case insert(Rule, isEnabled: Bool = true)
    /// Removes the rule at an index, which a later rule may be given.
    case remove(Int)
    /// Replaces the rule at an index; it stays enabled or disabled.
    case replace(Int, with: Rule)
    /// Enables the rule at an index, or keeps it in the list without effect.
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

extension CompiledTrie {
    /// Makes `edits` in order, without compiling the whole list.
    ///
    ///     let indices = try trie.apply([.insert(Rule(block: block)), .remove(7)])
    ///
    /// The result decides as if its rules had been compiled. Copies of `self` are not affected, so
    /// that other threads may continue to look up addresses in them.
    ///
    /// - Returns: for each edit the index of its rule; an inserted one keeps it until it is removed.
    /// - Throws: ``RuleEditError`` if one of `edits` cannot be applied; then nothing has changed.
    /// - Complexity: for a few edits a copy of the compiled form, and for each edit a binary search
    ///   and what is inside its block. For many edits, or after many, the list is compiled: O(*n*)
    ///   for *n* rules.
    @discardableResult
    public mutating func apply(_ edits: some Sequence<RuleEdit>) throws(RuleEditError) -> [Int] {
        try apply(Array(edits), by: nil)
    }

    enum EditMethod {
        case inPlace
        case compiling
    }

    /// - Parameter method: `nil` for the faster one.
    mutating func apply(
        _ edits: [RuleEdit],
        by method: EditMethod?
    ) throws(RuleEditError) -> [Int] {
        var editor = ListEditor(self)
        switch method ?? fasterMethod(for: edits.count) {
        case .inPlace:
            var indices: [Int] = []
            for edit in edits { indices.append(try editor.apply(edit)) }
            self = editor.finish(mayCompile: method == nil)
            return indices
        case .compiling:
            var indices: [Int] = []
            for edit in edits { indices.append(try editor.applyToRules(edit)) }
            self = editor.compile()
            return indices
        }
    }

    private func fasterMethod(for editCount: Int) -> EditMethod {
        let isWorthIt =
            rules.count >= ListEditor.leastRuleCount
            && editCount <= max(8, rules.count / ListEditor.rulesPerEdit)
        return isWorthIt && history.isCompiledHere ? .inPlace : .compiling
    }
}

/// What edits need to know about a compiled form's history.
@usableFromInline
struct EditHistory: Sendable {
    /// How many rules there were when the list was last compiled, and its root tables chosen.
    var compiledRuleCount: Int
    /// The words of each arena that nodes no longer use.
    var v4Space = FreeSpace()
    var v6Space = FreeSpace()
    /// Whether the arenas were written by this process. Those of an image are safe to read, but
    /// need not be what the compiler writes; they are compiled before they are edited.
    var isCompiledHere = true
    var isEdited = false
}
