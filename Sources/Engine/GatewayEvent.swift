package import Addresses
package import Policy
package import Settings
package import Traffic

/// What an operator should know, beyond single connections.
package enum GatewayEvent: Equatable, Sendable {
    case backendUnhealthy(service: Service.ID, backend: String, reason: String)
    case backendHealthy(service: Service.ID, backend: String)
    /// An operator has put it in another mode.
    case backendModeChanged(service: Service.ID, backend: String, mode: BackendMode)
    /// - Parameter inUse: the last known addresses, which stay in use; empty if there are none.
    case backendUnresolved(name: String, reason: String, inUse: [IPAddress] = [])
    /// A MySQL backend lacks something that clients of this listener are greeted with.
    case backendMismatch(BackendPlace, shortcomings: [String])
    /// It no longer does.
    case backendMatches(BackendPlace)
    /// A name has other addresses than before, or has some again.
    case backendResolved(name: String, to: [IPAddress], before: [IPAddress])
    /// A backend cannot be checked because the gateway lacks resources; its health is unchanged.
    case healthCheckImpossible(backend: SocketAddress, reason: String)
    /// No local port is left for another connection to this backend.
    case noSourcePort(backend: SocketAddress, reason: String)
    /// A backend must not have this address: ``BackendAddressPolicy``.
    case backendAddressRefused(backend: String, address: IPAddress, reason: String)
    /// A backend's redirect leads to a server that the service does not allow.
    case redirectRefused(
        service: Service.ID,
        backend: String,
        target: RedirectTarget,
        reason: RedirectRefusal
    )
    /// How it goes to learn where a service's redirects may lead.
    case learning(service: Service.ID, LearningRecord.Event)
    /// Accepting was paused for lack of descriptors or memory; it resumes by itself.
    case acceptPaused(reason: String)
    case acceptResumed
    /// Denied connections that got no line in the access log in about a second, and since the
    /// start, over all shards.
    case denialsUnlogged(count: Int, total: Int)
    /// A trusted load balancer connected and stayed silent until the header's deadline: it sends
    /// its header only with the client's first bytes, and this protocol's server speaks first.
    case silentLoadBalancer(listener: SocketAddress, peer: SocketAddress)
    /// A client that the policy admits was denied by a limit.
    case limitReached(DenialReason, listener: SocketAddress, client: IPAddress)
    /// Running sessions were closed because the policy no longer admits them.
    case sessionsRevoked(warehouse: String, listener: String, count: Int)
}

/// A backend as the clients of a listener reach it.
package struct BackendPlace: Hashable, Sendable {
    package var listener: SocketAddress
    package var service: Service.ID
    /// Its name, and its address if that differs.
    package var backend: String

    package init(listener: SocketAddress, service: Service.ID, backend: String) {
        self.listener = listener
        self.service = service
        self.backend = backend
    }
}

/// How a drain went: sessions that ended by themselves, and those that were closed.
package struct DrainOutcome: Equatable, Sendable {
    package var finished: Int
    package var closed: Int

    package init(finished: Int, closed: Int) {
        self.finished = finished
        self.closed = closed
    }
}
