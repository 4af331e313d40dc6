import Addresses
import Engine
import Operations
import Policy
import Settings

/// What the management address needs from a gateway.
protocol ManagedGateway: Sendable {
    func status() -> GatewayStatus
    func sessions(matching filter: SessionFilter, limit: Int) async -> SessionList
    func closeSessions(matching filter: SessionFilter, limit: Int?, shown: Int) async
        -> ClosedSessions
    /// Puts the backends that a filter names in a mode; `nil` for the one that is configured.
    func setMode(_ mode: BackendMode?, matching filter: BackendFilter)
    func denials() async -> DenialList
    func endpoints() -> EndpointList
    func explain(warehouse: String, source: IPAddress, endpoint: EndpointName?)
        -> [AccessExplanation]?
}

extension Gateway: ManagedGateway {}
