public import Addresses
public import CIDRTrie

/// Who may pass a listener: what the data plane asks for each connection, and what `explain` asks.
public enum AccessPolicy: Sendable {
    case anywhere
    case nowhere
    /// The longest matching prefix decides; what nothing matches is denied.
    case rules(CompiledWhitelist)
    /// A private link: the endpoint's state decides, by its id.
    case endpoints([String: Endpoint.State])

    /// The policy of a listener of `link` in `warehouse`; `rules` is the whitelist's compiled form.
    public init(for link: LinkKind, of warehouse: Warehouse, rules: CompiledWhitelist) {
        switch (link, warehouse.whitelist.mode) {
        case (.private, _):
            let states = warehouse.endpoints.map { ($0.id, $0.state) }
            // Ids are unique in a validated configuration; if not, the stricter state counts.
            self = .endpoints(
                Dictionary(states) { $0 == .available ? $1 : $0 }
            )
        case (.public, .anywhere), (.outbound, .anywhere): self = .anywhere
        case (.public, .nowhere), (.outbound, .nowhere): self = .nowhere
        case (.public, .specific), (.outbound, .specific): self = .rules(rules)
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
        endpoint: String?,
        at now: UnixTime
    ) -> AccessVerdict {
        switch self {
        case .anywhere: AccessVerdict()
        case .nowhere: AccessVerdict(denial: .linkClosed)
        case .rules(let rules): Self.verdict(of: rules.decision(for: client, at: now))
        case .endpoints(let states): AccessVerdict(denial: Self.denial(endpoint, states))
        }
    }

    private static func verdict(of decision: Decision) -> AccessVerdict {
        guard let rule = decision.rule else { return AccessVerdict(denial: .notInWhitelist) }
        return AccessVerdict(
            denial: decision.action == .allow ? nil : .deniedByRule,
            rule: rule.block
        )
    }

    private static func denial(_ endpoint: String?, _ states: [String: Endpoint.State])
        -> DenialReason?
    {
        guard let endpoint else { return .noEndpoint }
        guard let state = states[endpoint] else { return .unknownEndpoint }
        return state == .available ? nil : .endpointNotAvailable
    }
}

/// Whether a connection may pass, and what decided it.
public struct AccessVerdict: Hashable, Sendable {
    /// Why it may not pass; `nil` where it may.
    public var denial: DenialReason?
    /// The deciding rule's block.
    public var rule: CIDRBlock?

    public init(denial: DenialReason? = nil, rule: CIDRBlock? = nil) {
        self.denial = denial
        self.rule = rule
    }

    public var isAllowed: Bool { denial == nil }
}
