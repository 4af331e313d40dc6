package import Addresses
package import CIDRTrie
import DomainNames
package import Policy
package import Settings
package import Time
package import Traffic

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
    /// What the listener does with TLS.
    package var tls: ListenerTLSUse
    /// What it does with HTTP requests; `nil` if it does not read them.
    package var http: HTTPTerms.Mode?
    /// The warehouse that the client reaches, and whose policy was evaluated.
    package var warehouse: String?
    /// The route that leads it there, as the configuration spells it.
    package var route: String?
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
    ///   - warehouse: the id of the warehouse in question, whose policy it is.
    package init(
        _ listener: Listener,
        name: String,
        of warehouse: String,
        policy: AccessPolicy,
        _ question: AccessQuestion
    ) {
        let destination = listener.destination(of: question, askingFor: warehouse)
        guard destination.warehouse == warehouse else {
            self.init(listener, name: name, destination, question)
            leadsTo = destination.warehouse
            if leadsTo != nil { (reason, message) = (.noRoute, nil) }
            return
        }
        let client = question.client.unmapped
        let through = listener.through(question.endpoint)
        let verdict = policy.verdict(client: client, endpoint: through, at: question.time)
        self.init(listener, name: name, destination, question)
        self.warehouse = warehouse
        self.verdict = verdict.isAllowed ? .allow : .deny
        reason = verdict.denial
        message = verdict.denial?.message(to: client)
        rule = verdict.match?.block
        description = verdict.match.flatMap { policy.whitelist?.description(of: $0) }
        shadow = verdict.shadow?.reason
        expires = verdict.shadow?.end ?? verdict.match?.expiry
        expired = policy.whitelist.flatMap { whitelist in
            policy.expiredMatch(for: client, at: question.time)
                .flatMap { ExpiredRule($0, of: whitelist) }
        }
    }

    /// A client that reaches no warehouse at this listener, or not the one in question.
    private init(
        _ listener: Listener,
        name: String,
        _ destination: Destination,
        _ question: AccessQuestion
    ) {
        self.listener = name
        self.protocol = listener.protocol
        link = listener.link
        verdict = .deny
        reason = destination.reason
        message = reason?.message(to: question.client.unmapped)
        endpoint = listener.through(question.endpoint)
        requiresHeader = listener.acceptProxyProtocol.mode == .required
        tls = listener.tlsUse
        http = listener.readsRequests ? listener.http.mode : nil
        route = destination.route
    }

    /// Where a listener leads a client that no warehouse is in question for.
    ///
    /// - Parameter policy: by a warehouse's id, its policy at this listener; `nil` if there is no
    ///   such warehouse.
    package init(
        _ listener: Listener,
        name: String,
        _ question: AccessQuestion,
        policy: (String) -> AccessPolicy?
    ) {
        let destination = listener.destination(of: question, askingFor: nil)
        if let warehouse = destination.warehouse, let policy = policy(warehouse) {
            self.init(listener, name: name, of: warehouse, policy: policy, question)
        } else {
            self.init(listener, name: name, destination, question)
        }
    }
}

/// A client that an explanation is about.
package struct AccessQuestion: Hashable, Sendable {
    package var client: IPAddress
    /// The private endpoint it comes through, if one is given.
    package var endpoint: EndpointName?
    /// What it says of where it wants to go; if that is nothing, it is taken to ask for the
    /// warehouse in question in whatever way the listener expects.
    package var claims: ClientClaims
    /// The gateway's domain.
    package var domain: String?
    package var time: UnixTime

    package init(
        client: IPAddress,
        endpoint: EndpointName? = nil,
        claims: ClientClaims = ClientClaims(),
        domain: String? = nil,
        at time: UnixTime
    ) {
        self.client = client
        self.endpoint = endpoint
        self.claims = claims
        self.domain = domain
        self.time = time
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
    func through(_ endpoint: EndpointName?) -> EndpointName? {
        guard link == .private else { return nil }
        return embeddedEndpoint ?? endpoint
    }

    /// Where a client is led.
    ///
    /// - Parameter wanted: the warehouse in question, if there is one.
    fileprivate func destination(of question: AccessQuestion, askingFor wanted: String?)
        -> Destination
    {
        let endpoint = through(question.endpoint)
        let found = destination(of: question.claims, through: endpoint, in: question.domain)
        guard question.claims.isEmpty, let wanted, found.warehouse != wanted,
            !routes.contains(where: { $0.match.isEndpoint(endpoint) }),
            let route = routes.first(where: {
                $0.match.isClaim && $0.service.id.warehouse == wanted
            })
        else { return found }
        return Destination(warehouse: wanted, route: "\(route.match)")
    }
}

extension GatewayConfiguration {
    /// How this configuration would treat a client, for each listener that leads to a warehouse and
    /// that the client can reach.
    ///
    /// - Parameter id: `nil` for every listener and whatever warehouse the client reaches there.
    /// - Returns: `nil` if there is no such warehouse.
    package func explain(warehouse id: String?, _ question: AccessQuestion)
        -> [AccessExplanation]?
    {
        topology.explain(warehouse: id, question, name: \.description) { listener, warehouse in
            AccessPolicy(for: listener, under: policy[warehouse])
        }
    }
}

extension Topology {
    /// - Parameters:
    ///   - name: a listener's, by its configured address.
    ///   - policy: a warehouse's policy at a listener; `nil` if clients cannot reach it there.
    package func explain(
        warehouse id: String?,
        _ question: AccessQuestion,
        name: (SocketAddress) -> String,
        policy: (Listener, String) -> AccessPolicy?
    ) -> [AccessExplanation]? {
        var question = question
        question.domain = domain?.text
        guard let id else {
            return listeners.filter { $0.isReached(through: question.endpoint) }.map { listener in
                AccessExplanation(listener, name: name(listener.address), question) {
                    policy(listener, $0)
                }
            }
        }
        guard warehouse(id) != nil else { return nil }
        return listeners(to: id).filter { $0.isReached(through: question.endpoint) }
            .compactMap { listener in
                policy(listener, id).map { policy in
                    AccessExplanation(
                        listener,
                        name: name(listener.address),
                        of: id,
                        policy: policy,
                        question
                    )
                }
            }
    }
}
