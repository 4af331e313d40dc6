import Addresses
import Policy
import Settings
import Synchronization
import Time
import Traffic

/// What a session must know about its route for its whole life: the listener and, as soon as its
/// route is known, the warehouse and the service.
///
/// It holds no rules: a session that lives for hours must not keep an old list in memory.
final class RouteProfile: Sendable {
    /// The destination of a route.
    final class Destination: Sendable {
        let warehouse: WarehouseGauge
        let service: Service.ID
        let sendProxyProtocol: SendProxyProtocol
        /// Counts the service's connections over all listeners and across reloads.
        let connections: ConnectionBudget

        init(
            warehouse: WarehouseGauge,
            service: Service.ID,
            sendProxyProtocol: SendProxyProtocol,
            connections: ConnectionBudget
        ) {
            self.warehouse = warehouse
            self.service = service
            self.sendProxyProtocol = sendProxyProtocol
            self.connections = connections
        }

        /// Counts one more connection in the warehouse and in the service; in neither if one is full.
        func take(limits: (warehouse: Int, service: Int)) -> DenialReason? {
            guard warehouse.take(limit: limits.warehouse) else { return .warehouseConnectionLimit }
            guard connections.take(limit: limits.service) else {
                warehouse.release()
                return .serviceConnectionLimit
            }
            return nil
        }

        func release() {
            connections.release()
            warehouse.release()
        }

    }

    /// The timeouts in milliseconds: converting them from durations takes longer than using them.
    struct Deadlines {
        let header: Int64
        let handshake: Int64
        let connect: Int64
        let idle: Int64
        let halfClosed: Int64
        let write: Int64

        init(_ timeouts: Timeouts) {
            header = timeouts.header.milliseconds
            handshake = timeouts.handshake.milliseconds
            connect = timeouts.connect.milliseconds
            idle = timeouts.idle.milliseconds
            halfClosed = timeouts.halfClosed.milliseconds
            write = timeouts.write.milliseconds
        }
    }

    /// Without its routes.
    let settings: Listener
    /// The address as written in the access log.
    let name: String
    let deadlines: Deadlines
    /// `nil` until a route is taken.
    let destination: Destination?
    /// Shared by all profiles of one address and warehouse, across reloads.
    let counters: ListenerCounters
    /// What is done with requests; `nil` if they are not read.
    let http: HTTPRules?

    /// - Parameter address: the actual one, even if the settings ask for port 0.
    init(
        settings: Listener,
        address: SocketAddress,
        timeouts: Timeouts,
        to destination: Destination?,
        counters: ListenerCounters,
        seal: (any TokenSealing)? = nil
    ) {
        var settings = settings
        settings.routes = []
        self.settings = settings
        http = seal.flatMap { settings.readsRequests ? HTTPRules(settings.http, seal: $0) : nil }
        deadlines = Deadlines(timeouts)
        self.destination = destination
        self.counters = counters
        name = address.description
        serviceName = destination?.service.description ?? ""
    }

    /// The warehouse's id; empty until a route is taken.
    var warehouse: String { destination?.warehouse.id ?? "" }

    /// What tells the service from others; empty until a route is taken.
    let serviceName: String

    /// Whether it leads to the same service, under whichever configuration.
    func isSameService(as other: RouteProfile) -> Bool {
        destination?.connections === other.destination?.connections
    }

    /// Whether the backend is sent a PROXY header.
    var sendsProxyHeader: Bool { (destination?.sendProxyProtocol ?? .off) != .off }
}

/// A warehouse's count of connections, over all its services and across reloads.
final class WarehouseGauge: Sendable {
    let id: String
    private let connections = Atomic<Int>(0)

    init(id: String) {
        self.id = id
    }

    /// Counts one more connection, unless there are `limit` already; 0 for no limit.
    func take(limit: Int) -> Bool {
        connections.takeOne(limit: limit)
    }

    func release() {
        connections.subtract(1, ordering: .relaxed)
    }
}
