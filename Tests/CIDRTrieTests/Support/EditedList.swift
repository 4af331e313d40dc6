import Addresses
import SeededRandom
import Time

@testable import CIDRTrie

/// A list under random edits: the trie that they change, and beside it the rules as a dictionary that
/// is searched linearly.
struct EditedList {
    private(set) var trie: CompiledTrie
    private(set) var rules: [Int: (rule: Rule, isEnabled: Bool)] = [:]
    private var random: SeededGenerator
    private let shape: ListShape
    /// The blocks of the last edits.
    private(set) var touched: [CIDRBlock] = []

    init(_ shape: ListShape, seed: UInt64) {
        self.shape = shape
        random = SeededGenerator(seed: seed)
        var builder = RuleTable.Builder()
        for index in 0..<shape.count {
            let rule = shape.rule(&random)
            rules[index] = (rule, true)
            builder.append(rule)
        }
        trie = CompiledTrie(builder.table)
    }

    /// Applies one random edit, or seldom a few at once.
    mutating func edit(by method: CompiledTrie.EditMethod?) throws {
        let count = Int.random(in: 0..<12, using: &random) == 0 ? 5 : 1
        touched = []
        var edits: [RuleEdit] = []
        // Those of one batch are of different rules: the model does not know new indices yet.
        var indices = Set(rules.keys)
        for _ in 0..<count { edits.append(randomEdit(of: &indices)) }
        let results = try trie.apply(edits, by: method)
        for (edit, index) in zip(edits, results) { record(edit, at: index) }
    }

    private mutating func randomEdit(of indices: inout Set<Int>) -> RuleEdit {
        // Around the number of rules that the list began with.
        let isLong = rules.count > shape.count + 20
        let number = Int.random(in: 0..<100, using: &random)
        guard number >= (isLong ? 25 : 45),
            let index = indices.sorted().randomElement(using: &random)
        else {
            let isEnabled = Int.random(in: 0..<8, using: &random) > 0
            return .insert(shape.rule(&random), isEnabled: isEnabled)
        }
        indices.remove(index)
        switch number {
        case ..<68: return .remove(index)
        case ..<78: return .setEnabled(index, Bool.random(using: &random))
        case ..<88: return .replace(index, with: shape.rule(&random))
        default:
            var rule = shape.rule(&random)
            rule.block = rules[index]?.rule.block ?? rule.block
            return .replace(index, with: rule)
        }
    }

    private mutating func record(_ edit: RuleEdit, at index: Int) {
        if let old = rules[index] { touched.append(old.rule.block) }
        switch edit {
        case .insert(let rule, let isEnabled): rules[index] = (rule, isEnabled)
        case .remove: rules[index] = nil
        case .setEnabled(_, let isEnabled): rules[index]?.isEnabled = isEnabled
        case .replace(_, let rule): rules[index]?.rule = rule
        }
        if let new = rules[index] { touched.append(new.rule.block) }
    }

    /// The edges of the blocks that were touched, and random addresses.
    mutating func addresses() -> [IPAddress] {
        touched.flatMap(\.edges)
            + (0..<6).map { _ in
                let block = shape.block(&random)
                let host = UInt128.random(in: 0...UInt128.max, using: &random) & block.hostMask
                return IPAddress(block.family, bits: block.first.bits | host)
            }
    }

    mutating func randomTime() -> UnixTime {
        UnixTime(seconds: Int64.random(in: 0..<120, using: &random))
    }

    /// The rule that has to decide, found by looking at all of them.
    ///
    /// - Parameter now: `nil` to disregard expiries.
    func match(for address: IPAddress, at now: UnixTime?) -> Int? {
        var best: (index: Int, rule: Rule)?
        for (index, entry) in rules where entry.isEnabled && entry.rule.block.contains(address) {
            if let now, entry.rule.hasExpired(at: now) { continue }
            if let current = best, !entry.rule.outranks(current.rule, index < current.index) {
                continue
            }
            best = (index, entry.rule)
        }
        return best?.index
    }
}

extension Rule {
    /// Whether this rule decides where `other` matches too.
    fileprivate func outranks(_ other: Rule, _ isFirst: Bool) -> Bool {
        if block.prefixLength != other.block.prefixLength {
            return block.prefixLength > other.block.prefixLength
        }
        if action != other.action { return action == .deny }
        let (end, otherEnd) = (expiry?.seconds ?? .max, other.expiry?.seconds ?? .max)
        return end == otherEnd ? isFirst : end > otherEnd
    }
}

extension ListShape {
    fileprivate func rule(_ random: inout SeededGenerator) -> Rule {
        let number = Int.random(in: 0..<5, using: &random)
        return Rule(
            block: block(&random),
            action: Bool.random(using: &random) ? .allow : .deny,
            description: number < 2 ? "description \(Int.random(in: 0..<50, using: &random))" : "",
            expiry: number == 0
                ? UnixTime(seconds: Int64.random(in: 1..<100, using: &random)) : nil
        )
    }
}
