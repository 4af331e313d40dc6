public import Addresses
public import CIDRTrie

/// Who may pass a listener: what the data plane asks for each connection, and what `explain` asks.
public enum AccessPolicy: Sendable {
    case anywhere
    case nowhere
    /// The longest matching prefix decides; what nothing matches is denied.
    case rules(CompiledWhitelist)
    /// A private link: the endpoint's state decides.
    case endpoints([EndpointName: Endpoint.State])
    /// An outbound link: the warehouse's own network may come, and nobody else.
    case sources(CompiledTrie)

    /// The policy of one of the listeners of `warehouse`; `rules` is the whitelist's compiled form.
    public init(for listener: Listener, of warehouse: Warehouse, rules: CompiledWhitelist) {
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
    init(endpointsOf warehouse: Warehouse) {
        let states = warehouse.endpoints.map { ($0.name, $0.state) }
        // Names are unique in a validated configuration; if not, the stricter state counts.
        self = .endpoints(Dictionary(states) { $0 == .available ? $1 : $0 })
    }

    /// The policy of a public link.
    init(of warehouse: Warehouse, rules: CompiledWhitelist) {
        switch warehouse.whitelist.mode {
        case .anywhere: self = .anywhere
        case .nowhere: self = .nowhere
        case .specific: self = .rules(rules)
        }
    }

    /// Decides on one connection.
    ///
    /// - Parameters:
    ///   - client: the client's own address, unmapped.
    ///   - endpoint: the private link's endpoint that the connection came through.
    ///   - now: decides which rules have expired.
    public func verdict(
        client: IPAddress,
        endpoint: EndpointName?,
        at now: UnixTime
    ) -> AccessVerdict {
        switch self {
        case .anywhere: AccessVerdict()
        case .nowhere: AccessVerdict(denial: .linkClosed)
        case .rules(let rules): Self.verdict(of: rules.decision(for: client, at: now))
        case .endpoints(let states): AccessVerdict(denial: Self.denial(endpoint, states))
        case .sources(let trie): Self.verdict(ofSource: trie.decision(for: client, at: now))
        }
    }

    private static func verdict(of decision: Decision) -> AccessVerdict {
        guard let rule = decision.rule else { return AccessVerdict(denial: .notInWhitelist) }
        return AccessVerdict(
            denial: decision.action == .allow ? nil : .deniedByRule,
            rule: rule
        )
    }

    private static func verdict(ofSource decision: Decision) -> AccessVerdict {
        guard let rule = decision.rule else { return AccessVerdict(denial: .notASource) }
        return AccessVerdict(rule: rule)
    }

    private static func denial(
        _ endpoint: EndpointName?,
        _ states: [EndpointName: Endpoint.State]
    ) -> DenialReason? {
        guard let endpoint else { return .noEndpoint }
        guard let state = states[endpoint] else { return .unknownEndpoint }
        return state.denial
    }
}

/// Whether a connection may pass, and what decided it.
public struct AccessVerdict: Hashable, Sendable {
    /// Why it may not pass; `nil` where it may.
    public var denial: DenialReason?
    /// The deciding rule.
    public var rule: Rule?

    public init(denial: DenialReason? = nil, rule: Rule? = nil) {
        self.denial = denial
        self.rule = rule
    }

    /// When the rule that lets pass says nothing any more; `nil` for never.
    public var expiry: UnixTime? { isAllowed ? rule?.expiry : nil }

    public var isAllowed: Bool { denial == nil }
}
