public import Addresses
public import CIDRTrie

/// What one listener says to one client, and why: the answer of `sluice explain`, made by the same
/// ``AccessPolicy`` that the data plane asks.
public struct AccessExplanation: Hashable, Sendable, Codable {
    /// The listener's address.
    public var listener: String
    public var `protocol`: Listener.ServiceProtocol
    public var link: LinkKind
    public var verdict: AccessRecord.Verdict
    /// Why the client is denied.
    public var reason: DenialReason?
    /// What a denied client is told.
    public var message: String?
    /// The deciding rule.
    public var rule: CIDRBlock?
    /// The rule's own words.
    public var description: String?
    public var expires: UnixTime?
    /// The private link's endpoint.
    public var endpoint: EndpointName?

    /// Asks `policy` on behalf of `listener`.
    ///
    /// - Parameters:
    ///   - name: the listener's address.
    ///   - endpoint: the id of the private endpoint through which the client comes.
    public init(
        _ listener: Listener,
        name: String,
        policy: AccessPolicy,
        client: IPAddress,
        endpoint: String?,
        at now: UnixTime
    ) {
        let through = policy.endpoint(named: listener.endpoint ?? endpoint)
        let verdict = policy.verdict(client: client.unmapped, endpoint: through, at: now)
        self.listener = name
        self.protocol = listener.protocol
        link = listener.link
        self.verdict = verdict.isAllowed ? .allow : .deny
        reason = verdict.denial
        message = verdict.denial?.message(to: client.unmapped)
        rule = verdict.rule?.block
        description = verdict.rule.map(\.description).flatMap { $0.isEmpty ? nil : $0 }
        expires = verdict.rule?.expiry
        self.endpoint = through
    }
}

extension AccessPolicy {
    /// The endpoint with this id, of whichever cloud; one that is not known is called AWS's.
    fileprivate func endpoint(named id: String?) -> EndpointName? {
        guard case .endpoints(let states) = self, let id else { return nil }
        return states.keys.first { $0.id == id } ?? EndpointName(.aws, id)
    }
}

extension GatewayConfiguration {
    /// What this configuration would say of a client, for each listener of a warehouse.
    ///
    /// - Returns: `nil` where there is no such warehouse.
    /// - Throws: where two rules contradict each other, which a decoded configuration has not.
    public func explain(
        warehouse id: String,
        client: IPAddress,
        endpoint: String?,
        at now: UnixTime
    ) throws(RuleConflict) -> [AccessExplanation]? {
        guard let warehouse = warehouses.first(where: { $0.id == id }) else { return nil }
        let rules = try CompiledWhitelist(warehouse.whitelist)
        return warehouse.listeners.map { listener in
            AccessExplanation(
                listener,
                name: listener.address.description,
                policy: AccessPolicy(for: listener, of: warehouse, rules: rules),
                client: client,
                endpoint: endpoint,
                at: now
            )
        }
    }
}
