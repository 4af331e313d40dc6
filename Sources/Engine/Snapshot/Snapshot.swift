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
    let keepalive: KeepaliveOptions
    let routes: [ListenerID: Route]

    init(
        generation: Int,
        limits: ConnectionLimits,
        keepalive: KeepaliveOptions,
        routes: [ListenerID: Route]
    ) {
        self.generation = generation
        self.limits = limits
        self.keepalive = keepalive
        self.routes = routes
    }
}

/// What decides on a new connection of one listener, and where it goes.
final class Route: Sendable {
    let profile: ListenerProfile
    let headerPolicy: HeaderPolicy
    let policy: AccessPolicy
    let connectionLimit: Int
    let pool: BackendPool

    init(
        profile: ListenerProfile,
        headerPolicy: HeaderPolicy,
        policy: AccessPolicy,
        connectionLimit: Int,
        pool: BackendPool
    ) {
        self.profile = profile
        self.headerPolicy = headerPolicy
        self.policy = policy
        self.connectionLimit = connectionLimit
        self.pool = pool
    }

    /// Whether a client's payload is searched for a PROXY header of its own: a backend that reads
    /// headers would believe it. A `tcp` listener that sends none itself may be a link in a chain
    /// of proxies, and passes everything on.
    var guardsAgainstForgedHeaders: Bool {
        let settings = profile.settings
        return settings.protocol != .tcp || settings.sendProxyProtocol != .off
            || settings.acceptProxyProtocol.mode != .off
    }
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
