import Addresses
import Configurations
import Engine
import Operations
import Policy
import Settings
import Synchronization

@testable import Control

/// Answers what it was given, and remembers what was asked.
final class FixedGateway: ManagedGateway {
    let state: GatewayStatus
    let running: [Session]
    let denied: [DenialRecord]
    let known: [EndpointName]
    let topology: Topology
    private let enforced: @Sendable () -> Policy
    private let hits: EntryHitTable
    private let closed = Mutex<[SessionFilter]>([])
    private let modes = Mutex<[Choice]>([])
    private let explained = Mutex<[EndpointName?]>([])
    private let asked = Mutex<[ClientClaims]>([])

    init(
        state: GatewayStatus = GatewayStatus(),
        sessions: [Session] = [],
        denials: [DenialRecord] = [],
        endpoints: [EndpointName] = [],
        topology: Topology = Topology(warehouses: [Warehouse(id: "W")]),
        hits: EntryHitTable = EntryHitTable(),
        policy: @escaping @Sendable () -> Policy = { Policy() }
    ) {
        self.state = state
        running = sessions
        denied = denials
        known = endpoints
        self.topology = topology
        self.hits = hits
        enforced = policy
    }

    var policy: Policy { enforced() }

    func entryHits() async -> EntryHitTable { hits }

    func security(towards backend: SocketAddress, of service: Service.ID) -> BackendSecurity? {
        nil
    }

    /// The filters by which sessions were closed.
    var closings: [SessionFilter] { closed.withLock { $0 } }

    struct Choice: Equatable {
        var mode: BackendMode?
        var filter: BackendFilter
    }

    /// The modes in which backends were put.
    var choices: [Choice] { modes.withLock { $0 } }

    /// The endpoints for which explanations were asked.
    var explanations: [EndpointName?] { explained.withLock { $0 } }
    /// What the clients that it explained have said.
    var explainedClaims: [ClientClaims] { asked.withLock { $0 } }

    func status() -> GatewayStatus { state }

    func sessions(matching filter: SessionFilter, limit: Int) async -> SessionList {
        let matching = running.filter(filter.matches)
        return SessionList(sessions: Array(matching.prefix(limit)), total: matching.count)
    }

    func closeSessions(matching filter: SessionFilter, limit: Int?, shown: Int) async
        -> ClosedSessions
    {
        closed.withLock { $0.append(filter) }
        let matching = running.filter(filter.matches)
        let chosen = matching.prefix(limit ?? matching.count)
        return ClosedSessions(
            closed: chosen.count,
            remaining: matching.count - chosen.count,
            sessions: Array(chosen.prefix(shown))
        )
    }

    func setMode(_ mode: BackendMode?, matching filter: BackendFilter) {
        modes.withLock { $0.append(Choice(mode: mode, filter: filter)) }
    }

    func denials() async -> DenialList { DenialList(denials: denied, total: denied.count) }

    /// Those that it was given, of the warehouse W, and those of its policy.
    func endpoints() -> EndpointList {
        let own = known.map { name in
            status(of: Endpoint(id: name.id, cloud: name.cloud, state: .available), in: "W")
        }
        let others = topology.warehouses.flatMap { warehouse in
            policy[warehouse.id].endpoints.map { status(of: $0, in: warehouse.id) }
        }
        return EndpointList(endpoints: own + others, unknown: [])
    }

    private func status(of endpoint: Endpoint, in id: String) -> EndpointStatus {
        EndpointStatus(endpoint, of: Warehouse(id: id), in: topology, activeConnections: 0)
    }

    func explain(
        warehouse: String?,
        source: IPAddress,
        endpoint: EndpointName?,
        claims: ClientClaims
    ) -> [AccessExplanation]? {
        explained.withLock { $0.append(endpoint) }
        asked.withLock { $0.append(claims) }
        guard let warehouse else { return [] }
        return topology.warehouse(warehouse) == nil ? nil : []
    }
}
