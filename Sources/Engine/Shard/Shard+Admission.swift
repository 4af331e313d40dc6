import Addresses
import Core
import Sockets

/// From the identity to the verdict. Nothing is dialled before.
extension Shard {
    /// Decides on a client, and connects it or says why not.
    func admit(_ key: Key, by route: Route) {
        if let reason = limitReached(for: key, by: route) { return reject(key, reason) }
        let verdict = verdict(on: key, by: route)
        connections[key].rule = verdict.rule
        if let denial = verdict.denial { return reject(key, denial) }
        admitted(key, by: route)
    }

    /// A load balancer speaks for itself (LOCAL, UNSPEC, UNKNOWN): if the rules let its own
    /// address pass, it is served; if not, it has seen that the port is open, which is all that a
    /// probe wants, and is neither denied nor logged as an attack.
    func admitLocal(_ key: Key, by route: Route) {
        let verdict = verdict(on: key, by: route)
        guard verdict.isAllowed else {
            connections[key].end = .probe
            return linger(key)
        }
        connections[key].rule = verdict.rule
        admitted(key, by: route)
    }

    private func admitted(_ key: Key, by route: Route) {
        route.profile.counters.noteAdmitted()
        connections[key].phase = .connecting
        connect(key, by: route)
    }

    private func verdict(on key: Key, by route: Route) -> AccessVerdict {
        route.policy.verdict(
            client: connections[key].client.ip,
            endpoint: connections[key].endpoint,
            at: now.unixTime
        )
    }

    private func limitReached(for key: Key, by route: Route) -> DenialReason? {
        let source = SourceKey(connections[key].client.ip)
        switch services.sources.admit(source, limits: snapshot.limits, at: now) {
        case .tooManyConnections: return .sourceConnectionLimit
        case .tooFast: return .sourceRateLimit
        case .admitted: connections[key].source = source
        }
        guard route.profile.warehouse.take(limit: route.connectionLimit) else {
            return .warehouseConnectionLimit
        }
        connections[key].isCountedInWarehouse = true
        return nil
    }
}
