import Addresses
import CIDRTrie
import Core
import Sockets

/// From the identity to the verdict. Nothing is dialled before.
extension Shard {
    /// Decides on a client, and connects it or says why not.
    func admit(_ key: Key, by route: Route) {
        if let reason = limitReached(for: key, by: route) { return reject(key, reason) }
        let verdict = verdict(on: key, by: route)
        connections[key].rule = verdict.rule?.block
        if let denial = verdict.denial { return reject(key, denial) }
        guard takeEndpointSlot(for: key, by: route) else {
            return reject(key, .endpointConnectionLimit)
        }
        noteExpiry(verdict.expiry)
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
        connections[key].rule = verdict.rule?.block
        noteExpiry(verdict.expiry)
        admitted(key, by: route)
    }

    private func admitted(_ key: Key, by route: Route) {
        route.profile.counters.noteAdmitted()
        connections[key].phase = .connecting
        connect(key, by: route)
    }

    func verdict(on key: Key, by route: Route) -> AccessVerdict {
        route.policy.verdict(
            client: connections[key].client.ip,
            endpoint: connections[key].endpoint,
            at: now.unixTime
        )
    }

    /// Addresses overlap between consumers' networks: behind an endpoint a source is the pair of
    /// both.
    func sourceKey(of key: Key, by route: Route) -> SourceKey {
        let endpoint = connections[key].endpoint.map { route.endpoints[$0]?.network ?? .max }
        return SourceKey(connections[key].client.ip, in: endpoint ?? 0)
    }

    private func takeEndpointSlot(for key: Key, by route: Route) -> Bool {
        guard let name = connections[key].endpoint, let endpoint = route.endpoints[name] else {
            return true
        }
        guard endpoint.budget.take(limit: endpoint.connectionLimit) else { return false }
        connections[key].endpointBudget = endpoint.budget
        return true
    }

    private func limitReached(for key: Key, by route: Route) -> DenialReason? {
        let source = sourceKey(of: key, by: route)
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
