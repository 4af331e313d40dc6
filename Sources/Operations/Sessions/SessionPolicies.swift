package import Addresses
import CIDRTrie
package import Policy
package import Settings
package import Time

/// Decides on running sessions: the policy of each warehouse's services.
///
/// For its whole life, a session is judged by the route that admitted it (the listener and the
/// warehouse), and by the load balancer that vouched for its client's address: even if its
/// listener's address has moved to another warehouse, or was removed for a while. The data plane
/// uses this after each policy change, and `check --live` uses it before one.
package struct SessionPolicies: Sendable {
    /// What happens to a session.
    package enum Judgement: Hashable, Sendable {
        /// It continues; until `expiry`, if the rule that admits it expires.
        case goesOn(until: UnixTime?)
        /// It would not be admitted now.
        case ends(DenialReason)
    }

    /// What a listener and a warehouse that it leads to define together.
    private struct Entry: Sendable {
        /// `nil` if the warehouse's whitelist alone decides.
        let policy: AccessPolicy?
        let headers: HeaderPolicy
    }

    private struct Policies: Sendable {
        let whenRevoked: Revocation
        var entries: [String: Entry] = [:]
        /// By the protocol of the session: an entry may count for one service only.
        let publicLinks: [ServiceProtocol: AccessPolicy]
        /// For sessions whose listener is gone.
        let privateLink: AccessPolicy
    }

    private var warehouses: [String: Policies] = [:]
    /// The addresses of all listeners, of any warehouse.
    private var listeners: Set<String> = []

    /// The policies of no warehouse.
    package init() {}

    /// - Parameter name: the address under which a listener's sessions are recorded: the real one
    ///   if the configuration asks for port 0.
    package init(
        of topology: Topology,
        under policy: Policy,
        name: (Listener) -> String = { "\($0.address)" }
    ) {
        for warehouse in topology.warehouses {
            let policy = policy[warehouse.id]
            let publicLinks = ServiceProtocol.allCases.map { service in
                (service, AccessPolicy(whitelistOf: policy, for: service))
            }
            warehouses[warehouse.id] = Policies(
                whenRevoked: warehouse.whenRevoked,
                publicLinks: Dictionary(uniqueKeysWithValues: publicLinks),
                privateLink: AccessPolicy(endpointsOf: policy)
            )
        }
        for listener in topology.listeners {
            let name = name(listener)
            listeners.insert(name)
            for warehouse in listener.warehouses {
                let isShared =
                    listener.isGuardedByWhitelist
                    && policy[warehouse].shadows[listener.address] == nil
                warehouses[warehouse]?.entries[name] = Entry(
                    policy: isShared
                        ? nil : AccessPolicy(for: listener, under: policy[warehouse]),
                    headers: HeaderPolicy(listener.acceptProxyProtocol)
                )
            }
        }
    }

    /// Judges one session.
    ///
    /// If its listener was removed, or no longer leads to the warehouse, the warehouse's whitelist
    /// or endpoints still decide. If nothing is left to decide (the warehouse was removed, or an
    /// outbound link with its sources), it continues until it ends by itself, unless its listener's
    /// address now belongs to another warehouse.
    package func judge(_ session: SessionIdentity, at now: UnixTime) -> Judgement {
        guard let warehouse = warehouses[session.warehouse] else {
            return listeners.contains(session.listener) ? .ends(.linkClosed) : .goesOn(until: nil)
        }
        guard warehouse.whenRevoked == .close else { return .goesOn(until: nil) }
        guard let policy = policy(for: session, of: warehouse) else {
            return .ends(.untrustedProxySource)
        }
        let verdict = policy.verdict(
            client: session.client.unmapped,
            endpoint: session.endpoint,
            at: now
        )
        return verdict.denial.map(Judgement.ends) ?? .goesOn(until: verdict.expiry)
    }

    /// - Returns: `nil` if the load balancer that vouched for the session is no longer trusted.
    private func policy(for session: SessionIdentity, of warehouse: Policies) -> AccessPolicy? {
        guard let entry = warehouse.entries[session.listener] else {
            switch session.link {
            case .public: return warehouse.publicLinks[session.protocol]
            case .private: return warehouse.privateLink
            case .outbound: return .anywhere(except: nil)
            }
        }
        let isVouchedFor = entry.headers.stillAdmits(
            peer: session.peer.unmapped,
            isIntroduced: session.isIntroduced,
            intermediaries: session.intermediaries
        )
        guard isVouchedFor else { return nil }
        return entry.policy ?? warehouse.publicLinks[session.protocol]
    }
}

/// By what a running session is judged.
package struct SessionIdentity: Hashable, Sendable {
    /// The warehouse's id.
    package var warehouse: String
    /// The listener's address.
    package var listener: String
    /// Of the warehouse's service.
    package var `protocol`: ServiceProtocol
    package var link: LinkKind
    package var peer: IPAddress
    package var client: IPAddress
    /// The private link's endpoint.
    package var endpoint: EndpointName?
    /// Whether a PROXY header of the peer was believed.
    package var isIntroduced: Bool
    /// The authors of the headers after the peer's.
    package var intermediaries: [IPAddress]

    package init(
        warehouse: String,
        listener: String,
        protocol: ServiceProtocol,
        link: LinkKind,
        peer: IPAddress,
        client: IPAddress,
        endpoint: EndpointName?,
        isIntroduced: Bool = false,
        intermediaries: [IPAddress] = []
    ) {
        self.warehouse = warehouse
        self.listener = listener
        self.protocol = `protocol`
        self.link = link
        self.peer = peer
        self.client = client
        self.endpoint = endpoint
        self.isIntroduced = isIntroduced
        self.intermediaries = intermediaries
    }
}
