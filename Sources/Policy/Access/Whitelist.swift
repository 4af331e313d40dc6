import Addresses
package import CIDRTrie

/// A public link's rules.
package struct Whitelist: Hashable, Sendable {
    /// Who may come, in the words of the managed product's console.
    package enum Mode: String, Hashable, Sendable, CaseIterable {
        /// Every source, IPv4 and IPv6. Rules do not count.
        case anywhere
        /// No source. Rules do not count.
        case nowhere
        /// The rules decide, the longest matching prefix first; what none matches is denied.
        case specific
    }

    /// Says whether ``rules`` count at all.
    package var mode: Mode
    /// From the configuration's entries and from the files it names. None contradicts another.
    package var rules: [Rule]
    /// Files that came compiled: they count beside ``rules``, and are not compiled again. Where one
    /// of them and another list say different things of the same block, it is denied.
    package var lists: [CompiledTrie]

    /// - Parameter rules: never both allow and deny the same block.
    package init(mode: Mode, rules: [Rule] = [], lists: [CompiledTrie] = []) {
        self.mode = mode
        self.rules = rules
        self.lists = lists
    }

    /// How many rules there are, those of compiled lists included.
    package var ruleCount: Int { lists.reduce(rules.count) { $0 + $1.rules.count } }
}

extension Whitelist {
    /// As a new warehouse of the managed product starts: every address is admitted.
    package static let openToAll = Whitelist(
        mode: .specific,
        rules: [Rule(block: .allIPv4), Rule(block: .allIPv6)]
    )
}

extension CIDRBlock {
    /// 0.0.0.0/0
    static let allIPv4 = CIDRBlock(containing: IPAddress(.v4, bits: 0), prefixLength: 0)
    /// ::/0
    static let allIPv6 = CIDRBlock(containing: IPAddress(.v6, bits: 0), prefixLength: 0)
}
