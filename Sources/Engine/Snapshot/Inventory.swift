import Addresses
import CIDRTrie
import Core
import Sockets

/// What outlives a change of configuration: listening sockets, counters, backends with their
/// health. From it and a configuration each new ``Snapshot`` is made.
struct Inventory {
    /// What the shards must be told.
    struct Change: Sendable {
        var snapshot: Snapshot
        var added: [(ListenerID, ListeningSocket)] = []
        var removed: [ListenerID] = []
        var backends: [Backend]
    }

    struct EndpointKey: Hashable {
        let warehouse: String
        let name: EndpointName
    }

    struct OpenListener {
        let id: ListenerID
        let socket: ListeningSocket
        let counters: ListenerCounters
        var route: Route?
    }

    /// The configuration in force, or about to be.
    private(set) var configuration: GatewayConfiguration
    private(set) var generation = 0
    var rules = CompiledRules()
    var listeners: [SocketAddress: OpenListener] = [:]
    /// Sockets that shards may still hold, though their listeners are gone.
    var leaving: [SocketAddress: WeakListeningSocket] = [:]
    var gauges: [String: WarehouseGauge] = [:]
    var endpoints: [EndpointKey: EndpointRoute] = [:]
    var backends: [BackendKey: Backend] = [:]
    var nextListenerNumber: UInt32 = 0
    let congestion: CongestionPolicy
    let report: @Sendable (GatewayEvent) -> Void

    init(
        configuration: GatewayConfiguration,
        congestion: CongestionPolicy,
        report: @escaping @Sendable (GatewayEvent) -> Void
    ) {
        self.configuration = configuration
        self.congestion = congestion
        self.report = report
    }

    /// Binds what is new, and only then changes anything.
    mutating func change(
        to configuration: GatewayConfiguration,
        rules: CompiledRules,
        addresses: NameResolver.Addresses
    ) throws(GatewayError) -> Change {
        let added = try bindNewListeners(of: configuration)
        self.configuration = configuration
        self.rules = rules
        generation += 1
        let removed = removeListeners(notIn: configuration, replacedBy: added)
        for listener in added { listeners[listener.address] = listener.open }
        setKeepalive()
        let snapshot = makeSnapshot(addresses: addresses)
        return Change(
            snapshot: snapshot,
            added: added.map { ($0.open.id, $0.open.socket) },
            removed: removed,
            backends: Array(backends.values)
        )
    }

    /// The same configuration with other addresses behind its names.
    mutating func refresh(addresses: NameResolver.Addresses) -> Change {
        let snapshot = makeSnapshot(addresses: addresses)
        return Change(snapshot: snapshot, backends: Array(backends.values))
    }

    /// Lets go of every listening socket; the shards hold them until they have stopped.
    mutating func closeListeners() -> [ListenerID] {
        defer { listeners = listeners.filter { _ in false } }
        return listeners.values.map(\.id)
    }
}

// MARK: - Status

extension Inventory {
    /// In the configuration's order.
    var endpointStatus: [EndpointStatus] {
        configuration.warehouses.flatMap { warehouse in
            warehouse.endpoints.map { endpoint in
                let key = EndpointKey(warehouse: warehouse.id, name: endpoint.name)
                return EndpointStatus(
                    endpoint,
                    of: warehouse,
                    domain: configuration.domain,
                    activeConnections: endpoints[key]?.budget.current ?? 0
                )
            }
        }
    }

    /// The routes in force to a warehouse, in the configuration's order; `nil` where there is no
    /// such warehouse.
    func routes(of warehouse: String) -> [Route]? {
        configuration.warehouses.first { $0.id == warehouse }?.listeners.compactMap {
            listeners[$0.address]?.route
        }
    }

    /// In the configuration's order.
    var listenerStatus: [ListenerStatus] {
        configuration.listeners.compactMap { listeners[$0.address]?.route?.status }
    }
}
