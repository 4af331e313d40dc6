package import Addresses
package import CIDRTrie
package import Time

/// Who may pass a listener: what the data plane asks for each connection, and what `explain` asks.
package enum AccessPolicy: Sendable {
    case anywhere
    case nowhere
    /// The longest matching prefix decides; what nothing matches is denied.
    case rules(CompiledWhitelist)
    /// A private link: the endpoint's state decides.
    case endpoints([EndpointName: Endpoint.State])
    /// An outbound link: the warehouse's own network may come, and nobody else.
    case sources(CompiledTrie)

    /// Decides on one connection.
    ///
    /// - Parameters:
    ///   - client: the client's own address, unmapped.
    ///   - endpoint: the private link's endpoint that the connection came through.
    ///   - now: decides which rules have expired.
    package func verdict(
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
package struct AccessVerdict: Hashable, Sendable {
    /// Why it may not pass; `nil` where it may.
    package var denial: DenialReason?
    /// The deciding rule.
    package var rule: Rule?

    package init(denial: DenialReason? = nil, rule: Rule? = nil) {
        self.denial = denial
        self.rule = rule
    }

    /// When the rule that lets pass says nothing any more; `nil` for never.
    package var expiry: UnixTime? { isAllowed ? rule?.expiry : nil }

    package var isAllowed: Bool { denial == nil }
}
