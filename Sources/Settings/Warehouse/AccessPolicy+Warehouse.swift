import CIDRTrie
package import Policy

extension AccessPolicy {
    /// The policy of one of the listeners of `warehouse`; `rules` is the whitelist's compiled form.
    package init(for listener: Listener, of warehouse: Warehouse, rules: CompiledWhitelist) {
        if listener.link == .private {
            self.init(endpointsOf: warehouse)
        } else if listener.link == .outbound, let sources = listener.sources {
            // Rules that all allow do not contradict each other; if they did, nobody would pass.
            let rules = try? RuleSet(sources.map { Rule(block: $0) })
            self = .sources(rules.map(CompiledTrie.init) ?? .empty)
        } else {
            self.init(of: warehouse, rules: rules)
        }
    }

    /// The policy of a private link.
    package init(endpointsOf warehouse: Warehouse) {
        let states = warehouse.endpoints.map { ($0.name, $0.state) }
        // Names are unique in a validated configuration; if not, the stricter state counts.
        self = .endpoints(Dictionary(states) { $0 == .available ? $1 : $0 })
    }

    /// The policy of a public link.
    package init(of warehouse: Warehouse, rules: CompiledWhitelist) {
        switch warehouse.whitelist.mode {
        case .anywhere: self = .anywhere
        case .nowhere: self = .nowhere
        case .specific: self = .rules(rules)
        }
    }
}
