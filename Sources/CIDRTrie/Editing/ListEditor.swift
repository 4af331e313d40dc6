import Addresses

/// Changes a list: its rules, their order and, if that is faster than compiling, its tries.
struct ListEditor {
    /// Shorter lists are compiled faster than they are edited.
    static let leastRuleCount = 256
    /// Compiling a million rules takes as long as some thousand edits.
    static let rulesPerEdit = 1_024

    private var rules: RuleTable
    private var order: RuleOrder
    private let original: CompiledTrie
    /// Each made for the first change of its family.
    private var v4: TrieEditor?
    private var v6: TrieEditor?
    /// Rules whose places in ``order`` are not up to date.
    private var changed: Set<UInt32> = []

    init(_ trie: CompiledTrie) {
        rules = trie.rules
        order = trie.order
        original = trie
    }

    private func check(_ index: Int) throws(RuleEditError) {
        guard rules.contains(index: index) else { throw .noSuchRule(index: index) }
    }

    private func checkRoom() throws(RuleEditError) {
        let limit = Slot.ruleLimit - 1
        guard rules.count < limit else { throw .tooManyRules(limit: limit) }
    }
}

// MARK: - In place

extension ListEditor {
    /// - Returns: the rule's index.
    mutating func apply(_ edit: RuleEdit) throws(RuleEditError) -> Int {
        switch edit {
        case .insert(let rule, let isEnabled):
            try checkRoom()
            return change(BlockKey(rule.block)) { editor in
                let index = editor.rules.insert(rule, isEnabled: isEnabled)
                editor.order.insert(index, in: editor.rules)
                return index
            }
        case .remove(let index):
            try check(index)
            change(rules.key(index)) { $0.order.remove(index, in: $0.rules) }
            rules.remove(index)
            return index
        case .setEnabled(let index, let isEnabled):
            try check(index)
            change(rules.key(index)) { $0.rules.setEnabled(isEnabled, at: index) }
            return index
        case .replace(let index, let rule):
            try check(index)
            replace(index, with: rule)
            return index
        }
    }

    private mutating func replace(_ index: Int, with rule: Rule) {
        let (old, new) = (rules.key(index), BlockKey(rule.block))
        guard old != new else {
            return change(new) { $0.rules.replace(index, with: rule) }
        }
        change(old) { $0.order.remove(index, in: $0.rules) }
        change(new) { editor in
            editor.rules.replace(index, with: rule)
            editor.order.insert(index, in: editor.rules)
        }
    }

    /// Changes the rules of one block by `body`, and the trie if another one decides after it.
    private mutating func change<Result>(
        _ key: BlockKey,
        _ body: (inout ListEditor) -> Result
    ) -> Result {
        let old = rules.slot(around: key, in: order)
        let result = body(&self)
        let new = rules.slot(around: key, in: order)
        if old != new { change(key, from: old, to: new) }
        return result
    }

    private mutating func change(_ key: BlockKey, from old: Slot, to new: Slot) {
        let high = UInt64(truncatingIfNeeded: key.bits >> 64)
        let block = KeyBlock(containing: high, depth: min(64, Int(key.length)))
        guard key.family == .v6 else {
            var editor = v4.take() ?? TrieEditor(original.v4, space: original.history.v4Space)
            editor.apply(.init(block, from: old, to: new))
            v4 = editor
            return
        }
        let low =
            key.length > 64
            ? KeyBlock(
                containing: UInt64(truncatingIfNeeded: key.bits),
                depth: Int(key.length) - 64
            ) : nil
        var editor = v6.take() ?? TrieEditor(original.v6, space: original.history.v6Space)
        editor.apply(.init(block, low: low, from: old, to: new))
        v6 = editor
    }

    /// - Parameter mayCompile: whether to compile if so much has changed that it is faster.
    consuming func finish(mayCompile: Bool) -> CompiledTrie {
        if mayCompile, hasOutgrown || (v4?.isWasteful ?? false) || (v6?.isWasteful ?? false) {
            return compile()
        }
        var history = original.history
        history.isEdited = true
        history.v4Space = v4?.space ?? history.v4Space
        history.v6Space = v6?.space ?? history.v6Space
        return CompiledTrie(
            rules: rules,
            order: order,
            v4: v4?.trie ?? original.v4,
            v6: v6?.trie ?? original.v6,
            history: history
        )
    }

    /// Whether the root table was chosen for a list of a very different size.
    private var hasOutgrown: Bool {
        let count = original.history.compiledRuleCount
        return rules.count > 2 * count || 2 * rules.count < count
    }
}

// MARK: - By compiling

extension ListEditor {
    /// Leaves the order to ``compile()``.
    mutating func applyToRules(_ edit: RuleEdit) throws(RuleEditError) -> Int {
        let index: Int
        switch edit {
        case .insert(let rule, let isEnabled):
            try checkRoom()
            index = rules.insert(rule, isEnabled: isEnabled)
        case .remove(let removed):
            try check(removed)
            rules.remove(removed)
            index = removed
        case .setEnabled(let set, let isEnabled):
            try check(set)
            rules.setEnabled(isEnabled, at: set)
            index = set
        case .replace(let replaced, let rule):
            try check(replaced)
            rules.replace(replaced, with: rule)
            index = replaced
        }
        changed.insert(UInt32(truncatingIfNeeded: index))
        return index
    }

    consuming func compile() -> CompiledTrie {
        if !changed.isEmpty { order.update(changed, in: rules) }
        return CompiledTrie(compiling: rules, in: order)
    }
}
