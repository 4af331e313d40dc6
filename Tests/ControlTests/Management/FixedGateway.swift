import Addresses
import Configurations
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
    private let closed = Mutex<[SessionFilter]>([])
    private let modes = Mutex<[Choice]>([])
    private let explained = Mutex<[EndpointName?]>([])

    init(
        state: GatewayStatus = GatewayStatus(),
        sessions: [Session] = [],
        denials: [DenialRecord] = [],
        endpoints: [EndpointName] = []
    ) {
        self.state = state
        running = sessions
        denied = denials
        known = endpoints
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

    /// All of the warehouse W.
    func endpoints() -> EndpointList {
        let warehouse = Warehouse(id: "W")
        let endpoints = known.map { name in
            EndpointStatus(
                Endpoint(id: name.id, cloud: name.cloud, state: .available),
                of: warehouse,
                in: Topology(warehouses: [warehouse]),
                activeConnections: 0
            )
        }
        return EndpointList(endpoints: endpoints, unknown: [])
    }

    func explain(warehouse: String, source: IPAddress, endpoint: EndpointName?)
        -> [AccessExplanation]?
    {
        explained.withLock { $0.append(endpoint) }
        return warehouse == "W" ? [] : nil
    }
}
