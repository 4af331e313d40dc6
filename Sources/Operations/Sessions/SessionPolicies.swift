package import Addresses
import CIDRTrie
package import Policy
package import Settings
package import Time

/// What decides on sessions that run already: the policy of each warehouse's services.
///
/// A session is judged by the route that it was admitted by, the listener and the warehouse, and by who vouched for its client's address, as long as it lives: also when its listener's
/// address has gone to another warehouse, or has been away for a while. The data plane asks this
/// after each change of policy, and `check --live` asks the same before one.
package struct SessionPolicies: Sendable {
    /// What becomes of a session.
    package enum Judgement: Hashable, Sendable {
        /// It goes on; until `expiry`, if the rule that admits it expires.
        case goesOn(until: UnixTime?)
        /// It would not be admitted now.
        case ends(DenialReason)
    }

    /// What a listener and a warehouse behind it say together.
    private struct Entry: Sendable {
        let policy: AccessPolicy
        let headers: HeaderPolicy
    }

    private struct Policies: Sendable {
        let whenRevoked: Revocation
        var entries: [String: Entry] = [:]
        /// For sessions whose listener is gone.
        let publicLink: AccessPolicy
        let privateLink: AccessPolicy
    }

    private var warehouses: [String: Policies] = [:]
    /// The addresses of all listeners, whosesoever.
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
            warehouses[warehouse.id] = Policies(
                whenRevoked: warehouse.whenRevoked,
                publicLink: AccessPolicy(whitelistOf: policy),
                privateLink: AccessPolicy(endpointsOf: policy)
            )
        }
        for listener in topology.listeners {
            let name = name(listener)
            listeners.insert(name)
            for warehouse in listener.warehouses {
                warehouses[warehouse]?.entries[name] = Entry(
                    policy: AccessPolicy(for: listener, under: policy[warehouse]),
                    headers: HeaderPolicy(listener.acceptProxyProtocol)
                )
            }
        }
    }

    /// Judges one session.
    ///
    /// Where its listener is gone, or leads to the warehouse no longer, the warehouse's whitelist or endpoints go on deciding. Where
    /// nothing is left that could decide (the warehouse is gone, or an outbound link with its
    /// sources), it ends in its own time, unless its listener's address belongs to another warehouse
    /// now.
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

    /// - Returns: `nil` where whoever vouched for the session is not trusted any more.
    private func policy(for session: SessionIdentity, of warehouse: Policies) -> AccessPolicy? {
        guard let entry = warehouse.entries[session.listener] else {
            switch session.link {
            case .public: return warehouse.publicLink
            case .private: return warehouse.privateLink
            case .outbound: return .anywhere
            }
        }
        let isVouchedFor = entry.headers.stillAdmits(
            peer: session.peer.unmapped,
            isIntroduced: session.isIntroduced,
            intermediaries: session.intermediaries
        )
        return isVouchedFor ? entry.policy : nil
    }
}

/// By what a running session is judged.
package struct SessionIdentity: Hashable, Sendable {
    /// The warehouse's id.
    package var warehouse: String
    /// The listener's address.
    package var listener: String
    package var link: LinkKind
    package var peer: IPAddress
    package var client: IPAddress
    /// The private link's endpoint.
    package var endpoint: EndpointName?
    /// Whether a PROXY header of the peer was believed.
    package var isIntroduced: Bool
    /// Who wrote the headers after the peer's.
    package var intermediaries: [IPAddress]

    package init(
        warehouse: String,
        listener: String,
        link: LinkKind,
        peer: IPAddress,
        client: IPAddress,
        endpoint: EndpointName?,
        isIntroduced: Bool = false,
        intermediaries: [IPAddress] = []
    ) {
        self.warehouse = warehouse
        self.listener = listener
        self.link = link
        self.peer = peer
        self.client = client
        self.endpoint = endpoint
        self.isIntroduced = isIntroduced
        self.intermediaries = intermediaries
    }
}
