import Addresses
import CIDRTrie
import Core
import ProxyProtocol
import Sockets

/// From the identity to the verdict. Nothing is dialled before, and nothing is counted before the
/// policy has admitted the client: one that it denies takes nothing from those that it names.
extension Shard {
    /// Decides on a client that a load balancer has introduced, and connects it or says why not.
    ///
    /// A load balancer may speak for itself (LOCAL, UNSPEC, UNKNOWN): if the rules let its own
    /// address pass, it is served like any client; if not, it has seen that the port is open, which
    /// is all that a probe wants, and is neither denied nor logged as an attack.
    func admit(_ key: Key, by route: Route, _ introduction: Introduction) {
        let isLocal = introduction.headers.last?.origin == .local
        if isLocal, !verdict(on: connections[key], by: route).isAllowed {
            connections[key].end = .probe
            return linger(key)
        }
        if let denial = admission(of: &connections[key], by: route) {
            return reject(key, denial)
        }
        admitted(key, by: route, introduction)
    }

    /// Asks the policy first and then the limits, in which an admitted client is counted.
    ///
    /// - Returns: why the client is denied; it is then counted nowhere.
    func admission(of connection: inout Connection, by route: Route) -> DenialReason? {
        let verdict = verdict(on: connection, by: route)
        connection.rule = verdict.rule?.block
        if let denial = verdict.denial { return denial }
        if let limit = hold(&connection, by: route) {
            giveBack(&connection.holdings, keepingDescriptors: DescriptorBudget.perConnection)
            return limit
        }
        noteExpiry(verdict.expiry)
        return nil
    }

    func admitted(_ key: Key, by route: Route, _ introduction: Introduction? = nil) {
        route.profile.counters.noteAdmitted()
        enter(.connecting(Dial(pool: route.pool, introduction: introduction)), key)
        connect(key)
    }

    func verdict(on connection: Connection, by route: Route) -> AccessVerdict {
        route.policy.verdict(
            client: connection.client.ip,
            endpoint: connection.endpoint,
            at: now.unixTime
        )
    }
}

// MARK: - Limits

extension Shard {
    /// Counts a connection wherever it has a limit.
    ///
    /// - Returns: the first limit that is reached.
    private func hold(_ connection: inout Connection, by route: Route) -> DenialReason? {
        let source = sourceKey(of: connection, by: route)
        switch services.sources.admit(source, limits: snapshot.limits, at: now) {
        case .tooManyConnections: return .sourceConnectionLimit
        case .tooFast: return .sourceRateLimit
        case .admitted: connection.holdings.source = source
        case .uncounted: break
        }
        if let name = connection.endpoint, let endpoint = route.endpoints[name] {
            guard endpoint.budget.take(limit: endpoint.connectionLimit) else {
                return .endpointConnectionLimit
            }
            connection.holdings.endpoint = endpoint.budget
        }
        guard route.profile.warehouse.take(limit: route.connectionLimit) else {
            return .warehouseConnectionLimit
        }
        connection.holdings.warehouse = route.profile.warehouse
        guard services.budget.take(limit: snapshot.limits.connections) else {
            return .connectionLimit
        }
        connection.holdings.isInBudget = true
        return nil
    }

    /// Addresses overlap between consumers' networks: behind an endpoint a source is the pair of
    /// both.
    private func sourceKey(of connection: Connection, by route: Route) -> SourceKey {
        let endpoint = connection.endpoint.map { route.endpoints[$0]?.network ?? .max }
        return SourceKey(connection.client.ip, in: endpoint ?? 0)
    }

    /// Gives back all that a connection is counted in; of its descriptors, what it holds beyond
    /// `descriptorCount`.
    func giveBack(_ holdings: inout Holdings, keepingDescriptors descriptorCount: UInt8 = 0) {
        if let source = holdings.source { services.sources.release(source) }
        holdings.endpoint?.release()
        holdings.warehouse?.release()
        if holdings.isInBudget { services.budget.release() }
        let kept = min(descriptorCount, holdings.descriptorCount)
        services.descriptors.release(Int(holdings.descriptorCount - kept))
        holdings = Holdings(descriptorCount: kept)
    }
}
