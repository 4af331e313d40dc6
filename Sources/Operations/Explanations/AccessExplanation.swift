package import Addresses
package import CIDRTrie
package import Policy
package import Settings
package import Time
import Traffic

/// Whether one listener would admit a client, and why: the answer of `sluice explain`, from the
/// same ``AccessPolicy`` that the data plane uses.
package struct AccessExplanation: Hashable, Sendable, Codable {
    /// The listener's address.
    package var listener: String
    package var `protocol`: ServiceProtocol
    package var link: LinkKind
    package var verdict: AccessRecord.Verdict
    /// Why the client is denied.
    package var reason: DenialReason?
    /// Why the client would be denied without shadow mode, which admits it until `expires`.
    package var shadow: DenialReason?
    /// What a denied client is shown.
    package var message: String?
    /// The deciding rule.
    package var rule: CIDRBlock?
    /// The rule's description.
    package var description: String?
    package var expires: UnixTime?
    /// A rule that would have decided, had it not expired.
    package var expired: ExpiredRule?
    /// The private link's endpoint.
    package var endpoint: EndpointName?
    /// Whether only a trusted load balancer may connect, and must name the client in a PROXY
    /// header.
    package var requiresHeader: Bool
    /// The warehouse that the listener's routes lead the client to, if it is not the one in
    /// question; then that warehouse's policy is not evaluated.
    package var leadsTo: String?

    /// A rule of the whitelist that no longer applies.
    package struct ExpiredRule: Hashable, Sendable, Codable {
        package var rule: CIDRBlock
        /// What it said of the addresses in its block.
        package var action: Action
        /// The rule's description.
        package var description: String?
        package var expiredAt: UnixTime

        package init(rule: CIDRBlock, action: Action, description: String?, expiredAt: UnixTime) {
            self.rule = rule
            self.action = action
            self.description = description
            self.expiredAt = expiredAt
        }
    }

    /// Evaluates `policy` on behalf of `listener`.
    ///
    /// - Parameters:
    ///   - name: the listener's address.
    ///   - warehouse: the id of the warehouse whose policy it is.
    ///   - endpoint: the endpoint the client connects through; a listener that is an endpoint
    ///     itself has only that one.
    package init(
        _ listener: Listener,
        name: String,
        of warehouse: String,
        policy: AccessPolicy,
        client: IPAddress,
        endpoint: EndpointName?,
        at now: UnixTime
    ) {
        let through = listener.through(endpoint)
        let verdict = policy.verdict(client: client.unmapped, endpoint: through, at: now)
        self.listener = name
        self.protocol = listener.protocol
        link = listener.link
        self.verdict = verdict.isAllowed ? .allow : .deny
        reason = verdict.denial
        message = verdict.denial?.message(to: client.unmapped)
        rule = verdict.match?.block
        description = verdict.match.flatMap { policy.whitelist?.description(of: $0) }
        shadow = verdict.shadow?.reason
        expires = verdict.shadow?.end ?? verdict.match?.expiry
        expired = policy.whitelist.flatMap { whitelist in
            policy.expiredMatch(for: client.unmapped, at: now)
                .flatMap { ExpiredRule($0, of: whitelist) }
        }
        self.endpoint = through
        requiresHeader = listener.acceptProxyProtocol.mode == .required
        let destination = listener.warehouse(through: through, askingFor: warehouse)
        leadsTo = destination.flatMap { $0 == warehouse ? nil : $0 }
        guard destination != warehouse else { return }
        (self.verdict, reason) = (.deny, .noRoute)
        if destination == nil, link == .private {
            reason = through == nil ? .noEndpoint : .unknownEndpoint
        }
        message = leadsTo == nil ? reason?.message(to: client.unmapped) : nil
        (rule, description, expires, expired, shadow) = (nil, nil, nil, nil, nil)
    }
}

extension AccessExplanation.ExpiredRule {
    fileprivate init?(_ match: EntryMatch, of whitelist: Whitelist) {
        guard let expiry = match.expiry else { return nil }
        self.init(
            rule: match.block,
            action: match.action,
            description: whitelist.description(of: match),
            expiredAt: expiry
        )
    }
}

extension Listener {
    /// Whether a client can reach this listener through `endpoint`; `nil` stands for a client whose
    /// endpoint was not given. It reaches a public listener through a load balancer whose headers
    /// name the client; the endpoint is irrelevant there.
    package func isReached(through endpoint: EndpointName?) -> Bool {
        guard let endpoint else { return true }
        guard link == .private else {
            let isRelayed = acceptProxyProtocol.mode != .off && endpoint.cloud != .embedded
            return link == .public && isRelayed
        }
        return embeddedEndpoint.map { $0 == endpoint } ?? (endpoint.cloud != .embedded)
    }

    /// The endpoint that a client with the given `endpoint` connects through.
    fileprivate func through(_ endpoint: EndpointName?) -> EndpointName? {
        guard link == .private else { return nil }
        return embeddedEndpoint ?? endpoint
    }

    /// The warehouse that a client reaches through `endpoint`; `nil` for none.
    ///
    /// - Parameter wanted: the warehouse that it asks for as the listener's routes expect, such as by
    ///   its name.
    func warehouse(through endpoint: EndpointName?, askingFor wanted: String? = nil) -> String? {
        let table = RouteTable(routes.map { ($0.match, $0.service.id.warehouse) })
        let isNamed = routes.contains { $0.match.isEndpoint(endpoint) }
        let isClaimable = routes.contains { $0.match.isClaim && $0.service.id.warehouse == wanted }
        if isClaimable, !isNamed { return wanted }
        guard case .destination(let warehouse) = table.choose(endpoint: endpoint, Introduction())
        else { return nil }
        return warehouse
    }
}

extension GatewayConfiguration {
    /// How this configuration would treat a client, for each listener that leads to a warehouse and
    /// that the client can reach.
    ///
    /// - Parameter endpoint: that the client comes through, if specified.
    /// - Returns: `nil` if there is no such warehouse.
    package func explain(
        warehouse id: String,
        client: IPAddress,
        endpoint: EndpointName?,
        at now: UnixTime
    ) -> [AccessExplanation]? {
        guard topology.warehouse(id) != nil else { return nil }
        return topology.listeners(to: id).filter { $0.isReached(through: endpoint) }.map {
            listener in
            AccessExplanation(
                listener,
                name: listener.address.description,
                of: id,
                policy: AccessPolicy(for: listener, under: policy[id]),
                client: client,
                endpoint: endpoint,
                at: now
            )
        }
    }
}
