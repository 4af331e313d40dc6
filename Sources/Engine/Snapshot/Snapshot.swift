import CIDRTrie
import Core
import Sockets

/// All policy and routing, compiled and immutable.
///
/// The control plane makes a new one for each change and hands it to every shard's mailbox. A
/// shard lets go of the old one when it takes the new one, between two events: with the last
/// shard's reference the old one is freed.
final class Snapshot: Sendable {
    let generation: Int
    let limits: ConnectionLimits
    /// Of each source and reason; 0 for no limit.
    let denialLinesPerMinute: Int
    let keepalive: KeepaliveOptions
    let routes: [ListenerID: Route]
    /// By which running sessions are judged.
    let sessionPolicies: SessionPolicies

    init(
        generation: Int,
        limits: ConnectionLimits,
        denialLinesPerMinute: Int,
        keepalive: KeepaliveOptions,
        routes: [ListenerID: Route],
        sessionPolicies: SessionPolicies
    ) {
        self.generation = generation
        self.limits = limits
        self.denialLinesPerMinute = denialLinesPerMinute
        self.keepalive = keepalive
        self.routes = routes
        self.sessionPolicies = sessionPolicies
    }
}

/// A snapshot that is held by shards, or by nobody any more.
struct WeakSnapshot: Sendable {
    private(set) weak var snapshot: Snapshot?

    init(_ snapshot: Snapshot) {
        self.snapshot = snapshot
    }
}

/// What decides on a new connection of one listener, and where it goes.
final class Route: Sendable {
    let profile: ListenerProfile
    let headerPolicy: HeaderPolicy
    let policy: AccessPolicy
    let connectionLimit: Int
    let pool: BackendPool
    /// The warehouse's private endpoints.
    let endpoints: [EndpointName: EndpointRoute]

    init(
        profile: ListenerProfile,
        headerPolicy: HeaderPolicy,
        policy: AccessPolicy,
        connectionLimit: Int,
        pool: BackendPool,
        endpoints: [EndpointName: EndpointRoute]
    ) {
        self.profile = profile
        self.headerPolicy = headerPolicy
        self.policy = policy
        self.connectionLimit = connectionLimit
        self.pool = pool
        self.endpoints = endpoints
    }

    /// The endpoint through which every client of the listener comes; `nil` where only a header
    /// can say.
    var embeddedEndpoint: EndpointName? { profile.settings.embeddedEndpoint }
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

extension Route {
    var status: ListenerStatus {
        let totals = profile.counters.current
        var status = ListenerStatus()
        status.warehouse = profile.warehouse.id
        status.address = profile.name
        status.protocol = profile.settings.protocol
        status.link = profile.settings.link
        status.activeConnections = totals.active
        status.accepted = totals.accepted
        status.admitted = totals.admitted
        status.denied = totals.denied.byRawValue
        status.ends = totals.ends.byRawValue
        status.bytesIn = totals.bytesIn
        status.bytesOut = totals.bytesOut
        status.backends = pool.status
        return status
    }
}

extension Dictionary where Key: RawRepresentable<String>, Value == UInt64 {
    fileprivate var byRawValue: [String: UInt64] {
        Dictionary<String, UInt64>(uniqueKeysWithValues: map { ($0.key.rawValue, $0.value) })
    }
}
