public import Addresses
public import Core

/// What an operator should know, beyond single connections.
public enum GatewayEvent: Equatable, Sendable {
    case backendUnhealthy(listener: SocketAddress, backend: String, reason: String)
    case backendHealthy(listener: SocketAddress, backend: String)
    case backendUnresolved(name: String, reason: String)
    /// Accepting stopped for want of descriptors or memory; it goes on by itself.
    case acceptPaused(reason: String)
    case acceptResumed
    /// A trusted load balancer connected and stayed silent until the header's deadline: it sends
    /// its header only with the client's first bytes, and this protocol's server speaks first.
    case silentLoadBalancer(listener: SocketAddress, peer: SocketAddress)
    /// A client that the policy admits was denied by a limit.
    case limitReached(DenialReason, listener: SocketAddress, client: IPAddress)
}

/// How a drain went: sessions that ended by themselves, and those that were closed.
public struct DrainOutcome: Equatable, Sendable {
    public var finished: Int
    public var closed: Int

    public init(finished: Int, closed: Int) {
        self.finished = finished
        self.closed = closed
    }
}
