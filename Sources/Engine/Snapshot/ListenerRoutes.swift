import Addresses
import CIDRTrie
import Operations
import Policy
import Settings
import Traffic

/// What one listener does with a new client, under one snapshot: what reads its first bytes, and
/// where it is led.
final class ListenerRoutes: Sendable {
    /// What is known of a client before its route is: all of it if there is only one.
    let profile: RouteProfile
    let headerPolicy: HeaderPolicy
    let table: RouteTable<Route>
    /// Each destination once, in the order of the file.
    let all: [Route]
    /// What carries the clients' bytes; `nil` where nothing does but the socket.
    let carrier: Assembly.Carrier?
    /// Where every client goes, whatever is known of it; `nil` if that depends.
    private let only: Route?
    /// What looks at every client's own first bytes.
    private let prologues: [any Prologue]
    /// The same for a client of which no PROXY header is expected.
    private let plainFirstBytes: FirstBytes

    init(
        _ settings: Listener,
        profile: RouteProfile,
        table: RouteTable<Route>,
        all: [Route],
        assembly: Assembly = Assembly()
    ) {
        self.profile = profile
        carrier = assembly.clientCarrier?(settings)
        headerPolicy = HeaderPolicy(settings.acceptProxyProtocol)
        prologues =
            (settings.passesClientHeaders ? [] : [ForgedHeaderGuard()])
            + (assembly.prologues?(settings) ?? [])
        plainFirstBytes = FirstBytes(prologues)
        only = table.isUniform ? table.standard : nil
        self.table = table
        self.all = all
    }

    /// What reads the first bytes of a connection from `peer`.
    func firstBytes(from peer: SocketAddress) -> FirstBytes {
        switch headerPolicy.expectation(from: peer.ip) {
        case .payload, .refusal:
            return plainFirstBytes
        case .header, .headerOrPayload:
            let header = ProxyHeaderPrologue(
                from: peer,
                policy: headerPolicy,
                needsEndpoint: profile.settings.link == .private && embeddedEndpoint == nil
            )
            return FirstBytes([header] + prologues)
        }
    }

    /// The endpoint through which every client of the listener comes; `nil` where only a header
    /// can say.
    var embeddedEndpoint: EndpointName? { profile.settings.embeddedEndpoint }

    /// Whether nobody can be served yet, but somebody may be in a moment.
    var isStarting: Bool { !all.isEmpty && all.allSatisfy(\.pool.isStarting) }

    /// Where a client goes, and why it goes nowhere if it does not.
    func route(for endpoint: EndpointName?, _ introduction: Introduction) -> (Route?, DenialReason)
    {
        if let only { return (only, .noRoute) }
        let route = table.destination(endpoint: endpoint, introduction)
        guard profile.settings.link == .private else { return (route, .noRoute) }
        return (route, endpoint == nil ? .noEndpoint : .unknownEndpoint)
    }

    /// One for each destination, and one for the clients that took no route if such may be.
    var status: [ListenerStatus] {
        let routes = all.map(\.status)
        return profile.destination == nil ? routes + [profile.status] : routes
    }
}

/// Where a listener leads some of its clients, and what decides whether they may go there.
final class Route: Sendable {
    /// By what clients are told to come here.
    let matches: [RouteMatch]
    let profile: RouteProfile
    let policy: AccessPolicy
    /// Of the warehouse and of its service.
    let limits: (warehouse: Int, service: Int)
    let pool: BackendPool
    /// The warehouse's private endpoints.
    let endpoints: [EndpointName: EndpointRoute]
    /// What carries the backends' bytes; `nil` where nothing does but the socket.
    let carrier: Assembly.Carrier?
    /// What speaks first with each backend; each connection has a copy. `nil` where bytes are relayed
    /// from the start.
    let dialogue: (any Dialogue)?

    init(
        _ matches: [RouteMatch],
        profile: RouteProfile,
        policy: AccessPolicy,
        limits: (warehouse: Int, service: Int),
        pool: BackendPool,
        endpoints: [EndpointName: EndpointRoute],
        carrier: Assembly.Carrier? = nil,
        dialogue: (any Dialogue)? = nil
    ) {
        self.matches = matches
        self.profile = profile
        self.policy = policy
        self.limits = limits
        self.pool = pool
        self.endpoints = endpoints
        self.carrier = carrier
        self.dialogue = dialogue
    }

    fileprivate var status: ListenerStatus {
        var status = profile.status
        status.routes = matches.map(\.description)
        status.backends = pool.status
        return status
    }
}

/// One of a warehouse's private endpoints, as connections through it are counted.
struct EndpointRoute: Sendable {
    /// Tells its clients' addresses from those of other networks.
    let network: UInt32
    /// 0 for no limit.
    let connectionLimit: Int
    /// Kept across reloads.
    let budget: ConnectionBudget
}

// MARK: - Status

extension RouteProfile {
    fileprivate var status: ListenerStatus {
        let totals = counters.current
        var status = ListenerStatus()
        status.warehouse = destination?.warehouse.id
        status.address = name
        status.protocol = settings.protocol
        status.link = settings.link
        status.activeConnections = totals.active
        status.accepted = totals.accepted
        status.admitted = totals.admitted
        status.denied = totals.denied.byRawValue
        status.ends = totals.ends.byRawValue
        status.bytesIn = totals.bytesIn
        status.bytesOut = totals.bytesOut
        return status
    }
}

extension Dictionary where Key: RawRepresentable<String>, Value == UInt64 {
    fileprivate var byRawValue: [String: UInt64] {
        Dictionary<String, UInt64>(uniqueKeysWithValues: map { ($0.key.rawValue, $0.value) })
    }
}
