package import Addresses
import CIDRTrie
package import Operations
package import Policy
package import Settings
import Traffic

// MARK: - Queries and actions of operators

extension Gateway {
    /// The running sessions that match `filter`, oldest first.
    ///
    /// - Parameter limit: maximum number of sessions; the total counts all of them.
    package func sessions(matching filter: SessionFilter, limit: Int) async -> SessionList {
        await query(limit: limit, filter) { .list($0) }
    }

    /// Closes the running sessions that `filter` matches.
    ///
    /// - Parameters:
    ///   - limit: how many to close at most, the oldest first; `nil` for all of them.
    ///   - shown: how many of the closed ones to return at most.
    package func closeSessions(
        matching filter: SessionFilter,
        limit: Int?,
        shown: Int
    ) async -> ClosedSessions {
        guard let limit else {
            let all = await query(limit: shown, filter) { .close($0) }
            return ClosedSessions(closed: all.total, sessions: all.sessions)
        }
        let oldest = await sessions(matching: filter, limit: limit)
        let chosen = Set(oldest.sessions.map(\.connection))
        let closed = await query(limit: shown, filter, among: chosen) { .close($0) }
        return ClosedSessions(
            closed: closed.total,
            remaining: oldest.total - oldest.sessions.count,
            sessions: closed.sessions
        )
    }

    private func query(
        limit: Int,
        _ filter: SessionFilter,
        among connections: Set<UInt64>? = nil,
        _ task: (SessionQuery) -> SessionSweep.Task
    ) async -> SessionList {
        let answers = ShardAnswers<OldestSessions>(from: services.ports.count)
        let query = SessionQuery(
            filter: filter,
            connections: connections,
            limit: limit,
            answers: answers
        )
        let sweep = SessionSweep(task(query))
        guard sendToShards({ _ in .sweep(sweep) }) else { return SessionList() }
        var oldest = OldestSessions(limit: limit)
        for found in await answers.all() { oldest.merge(found) }
        return oldest.list
    }

    /// Sets the mode of the backends that currently match `filter`, until the gateway stops.
    ///
    /// - Parameter mode: `nil` for the configuration's.
    package func setMode(_ mode: BackendMode?, matching filter: BackendFilter) {
        let all = inventory.withLock { inventory in
            for (key, backend) in inventory.backends
            where filter.matches(
                warehouse: key.service.warehouse,
                protocol: key.service.protocol,
                name: key.name.description,
                address: key.address.description
            ) {
                backend.choose(mode)
            }
            return Array(inventory.backends.values)
        }
        checker.watch(all)
    }

    /// Recently denied sources and why, the latest first.
    package func denials() async -> DenialList {
        let answers = ShardAnswers<DenialList>(from: services.ports.count)
        guard sendToShards({ _ in .perform { answers.add([$0.denials.list]) } }) else {
            return DenialList()
        }
        return DenialList.merged(await answers.all())
    }

    /// How often each entry of the whitelists has decided, since the gateway started.
    package func entryHits() async -> EntryHitTable {
        let answers = ShardAnswers<EntryHitTable>(from: services.ports.count)
        guard sendToShards({ _ in .perform { answers.add([$0.hits]) } }) else {
            return EntryHitTable()
        }
        return await answers.all().reduce(into: EntryHitTable()) { $0.merge($1) }
    }

    package var topology: Topology { inventory.withLock { $0.topology } }

    /// The active policy.
    package var policy: Policy { inventory.withLock { $0.configuration.policy } }

    /// The private endpoints of every warehouse, and those that none knows but connections named.
    package func endpoints() -> EndpointList {
        EndpointList(
            endpoints: inventory.withLock { $0.endpointStatus },
            unknown: services.seenEndpoints.withLock { $0.all }
        )
    }

    /// The active policy's verdict on a client, for each listener of a warehouse that the client
    /// can reach, without limits: the same evaluation as in the data plane.
    ///
    /// - Parameter endpoint: the private endpoint the client connects through, if given.
    /// - Returns: `nil` if there is no such warehouse.
    package func explain(
        warehouse: String?,
        source: IPAddress,
        endpoint: EndpointName?,
        claims: ClientClaims
    ) -> [AccessExplanation]? {
        let question = AccessQuestion(
            client: source,
            endpoint: endpoint,
            claims: claims,
            at: Moment.now().unixTime
        )
        return inventory.withLock { $0.explain(warehouse: warehouse, question) }
    }
}
