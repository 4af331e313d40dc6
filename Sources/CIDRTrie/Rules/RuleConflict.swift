import Addresses

/// The same block is both allowed and denied, so that no rule of precedence can tell which counts.
public struct RuleConflict: Error, Hashable, Sendable {
    /// Two rules that contradict each other, as indices into the list that was given.
    public struct Clash: Hashable, Sendable {
        public var block: CIDRBlock
        /// The index of the rule that stands first in the list.
        public var first: Int
        public var second: Int
    }

    /// Each of them; at least one.
    public let clashes: [Clash]
}

extension RuleConflict: CustomStringConvertible {
    /// Names the first few clashes, counting rules from 1 as people do.
    public var description: String {
        let named = clashes.prefix(3).map { "\($0)" }.joined(separator: "; ")
        return clashes.count > 3 ? "\(named); and \(clashes.count - 3) more" : named
    }
}

extension RuleConflict.Clash: CustomStringConvertible {
    public var description: String {
        "rules \(first + 1) and \(second + 1) contradict each other about \(block)"
    }
}
