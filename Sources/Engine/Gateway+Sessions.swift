public import Addresses
import CIDRTrie
public import Core

// MARK: - Running sessions

extension Gateway {
    /// The running sessions that `filter` matches, the oldest first.
    ///
    /// - Parameter limit: so many at most; the total counts all of them.
    public func sessions(matching filter: SessionFilter, limit: Int) async -> SessionList {
        await ask(limit: limit, filter) { .list($0) }
    }

    /// Closes the running sessions that `filter` matches.
    ///
    /// - Returns: those that were closed, so many at most; the total counts all of them.
    public func closeSessions(matching filter: SessionFilter, limit: Int) async -> SessionList {
        await ask(limit: limit, filter) { .close($0) }
    }

    private func ask(
        limit: Int,
        _ filter: SessionFilter,
        _ task: (SessionQuery) -> SessionSweep.Task
    ) async -> SessionList {
        let answers = ShardAnswers<SessionList>(from: services.ports.count)
        let query = SessionQuery(filter: filter, limit: limit, answers: answers)
        let sweep = SessionSweep(task(query))
        guard tellShards({ _ in .sweep(sweep) }) else { return SessionList() }
        let lists = await answers.all()
        let oldest = lists.flatMap(\.sessions).sorted {
            ($0.startedAt, $0.connection) < ($1.startedAt, $1.connection)
        }
        return SessionList(
            sessions: Array(oldest.prefix(limit)),
            total: lists.reduce(0) { $0 + $1.total }
        )
    }

    /// Who was denied of late and why, the latest first.
    public func denials() async -> [DenialRecord] {
        let answers = ShardAnswers<DenialRecord>(from: services.ports.count)
        guard tellShards({ _ in .perform { answers.add($0.denials.records) } }) else { return [] }
        return DenialRecord.merged(await answers.all())
    }

    /// The private endpoints of every warehouse, and those that none knows but connections named.
    public func endpoints() -> EndpointList {
        EndpointList(
            endpoints: inventory.withLock { $0.endpointStatus },
            unknown: services.seenEndpoints.withLock { $0.all }
        )
    }

    /// What the policy in force says of a client, for each listener of a warehouse, limits aside:
    /// the same question that the data plane asks.
    ///
    /// - Parameter endpoint: the id of the private endpoint through which the client comes.
    /// - Returns: `nil` where there is no such warehouse.
    public func explain(warehouse: String, source: IPAddress, endpoint: String?)
        -> [AccessExplanation]?
    {
        let now = Moment.now().unixTime
        return inventory.withLock { inventory in
            inventory.routes(of: warehouse)?.map { route in
                AccessExplanation(
                    route.profile.settings,
                    name: route.profile.name,
                    policy: route.policy,
                    client: source,
                    endpoint: endpoint,
                    at: now
                )
            }
        }
    }
}
