public import Addresses
import CIDRTrie
public import Time

/// Which clients a listener admits: evaluated by the data plane for each connection, and by
/// `explain`.
public enum AccessPolicy: Sendable {
    /// Every address, except those that a whitelist's deny entries deny; `nil` if none denies, and
    /// nothing needs to be looked up.
    ///
    /// The longest matching prefix decides: an allow entry inside a denied block lifts the denial.
    case anywhere(except: Whitelist?)
    case nowhere
    /// The longest matching prefix decides; an address that no entry matches is denied.
    case entries(Whitelist)
    /// A private link: the endpoint's state decides.
    case endpoints([EndpointName: Endpoint.State])
    /// An outbound link: only the warehouse's own network is admitted.
    case sources(Whitelist)
    /// Shadow mode: whom no entry matches is admitted until then, and recorded. What an entry denies,
    /// and what `nowhere`, endpoints and sources deny, stays denied.
    indirect case shadow(AccessPolicy, until: UnixTime)

    /// The policy of a private link.
    public init(endpointsOf policy: WarehousePolicy) {
        let states = policy.endpoints.map { ($0.name, $0.state) }
        // Names are unique in a validated policy; if not, the stricter state counts.
        self = .endpoints(Dictionary(states) { $0 == .available ? $1 : $0 })
    }

    /// The policy of a public link of one service.
    ///
    /// - Complexity: independent of the number of entries.
    public init(whitelistOf policy: WarehousePolicy, for service: ServiceProtocol) {
        let whitelist = policy.whitelist.narrowed(to: service)
        switch whitelist.mode {
        case .anywhere: self = .anywhere(except: whitelist.hasDenials ? whitelist : nil)
        case .nowhere: self = .nowhere
        case .specific: self = .entries(whitelist)
        }
    }

    /// The policy of an outbound link that admits these sources only.
    public init(sources: [CIDRBlock]) {
        let list = EntryList(.entries, rules: sources.map { Rule(block: $0) })
        self = .sources(Whitelist(mode: .specific, lists: [list]))
    }

    /// The whitelist whose entries decide; `nil` if none do.
    public var whitelist: Whitelist? {
        switch self {
        case .entries(let whitelist), .sources(let whitelist): whitelist
        case .anywhere(let exceptions): exceptions
        case .nowhere, .endpoints: nil
        case .shadow(let policy, _): policy.whitelist
        }
    }

    /// When shadow mode ends; `nil` if it is not in use.
    public var shadowEnd: UnixTime? { if case .shadow(_, let end) = self { end } else { nil } }

    /// The entry that would decide on `client` if it had not expired by `now`; `nil` if there is
    /// none, or the client is admitted from anywhere with it and without it.
    public func expiredMatch(for client: IPAddress, at now: UnixTime) -> EntryMatch? {
        guard let match = whitelist?.expiredMatch(for: client, at: now) else { return nil }
        guard case .anywhere = self, match.action == .allow else { return match }
        return verdict(client: client, endpoint: nil, at: now).isAllowed ? nil : match
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
        case .anywhere(let exceptions):
            Self.verdict(byDenialIn: exceptions?.match(for: client, at: now))
        case .nowhere: AccessVerdict(denial: .linkClosed)
        case .entries(let whitelist):
            Self.verdict(by: whitelist.match(for: client, at: now), without: .notInWhitelist)
        case .endpoints(let states): AccessVerdict(denial: Self.denial(endpoint, states))
        case .sources(let sources):
            Self.verdict(by: sources.match(for: client, at: now), without: .notASource)
        case .shadow(let policy, let end):
            policy.verdict(client: client, endpoint: endpoint, at: now).shadowed(
                until: end,
                at: now
            )
        }
    }

    /// Only a denial is the entry's: every other client is admitted in any case, and for as long as
    /// it likes.
    private static func verdict(byDenialIn match: EntryMatch?) -> AccessVerdict {
        guard let match, match.action == .deny else { return AccessVerdict() }
        return AccessVerdict(denial: .deniedByRule, match: match)
    }

    private static func verdict(by match: EntryMatch?, without denial: DenialReason)
        -> AccessVerdict
    {
        guard let match else { return AccessVerdict(denial: denial) }
        return AccessVerdict(denial: match.action == .allow ? nil : .deniedByRule, match: match)
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
    /// Why the client is denied; `nil` if it is admitted.
    public var denial: DenialReason?
    /// The entry that decided.
    public var match: EntryMatch?
    /// A client that is admitted by shadow mode alone.
    public var shadow: Shadow?

    /// Why it would be denied, and when it will be.
    public struct Shadow: Hashable, Sendable {
        public var reason: DenialReason
        public var end: UnixTime
    }

    public init(denial: DenialReason? = nil, match: EntryMatch? = nil) {
        self.denial = denial
        self.match = match
    }

    /// When the entry or the mode that admits no longer applies; `nil` for never.
    public var expiry: UnixTime? { isAllowed ? shadow?.end ?? match?.expiry : nil }

    public var isAllowed: Bool { denial == nil }

    /// The verdict of a listener in shadow mode.
    fileprivate func shadowed(until end: UnixTime, at now: UnixTime) -> AccessVerdict {
        guard denial == .notInWhitelist, now < end else { return self }
        var verdict = AccessVerdict()
        verdict.shadow = Shadow(reason: .notInWhitelist, end: end)
        return verdict
    }
}

/// What happens to a running session that the policy no longer admits.
public enum Revocation: String, Hashable, Sendable, CaseIterable {
    /// It is closed immediately.
    case close
    /// It continues; only new ones are denied.
    case keep
}

/// The kind of link that a connection uses.
public enum LinkKind: String, Hashable, Sendable, CaseIterable, Codable {
    /// Admitted by the whitelist.
    case `public`
    /// Inbound private link: admitted by its endpoint.
    case `private`
    /// The warehouse reaches a data service in a user's network.
    case outbound
}
