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

    private struct EndpointKey: Hashable {
        let warehouse: String
        let name: EndpointName
    }

    private struct OpenListener {
        let id: ListenerID
        let socket: ListeningSocket
        let counters: ListenerCounters
        var route: Route?
    }

    /// The configuration in force, or about to be.
    private(set) var configuration: GatewayConfiguration
    private(set) var generation = 0
    private var rules = CompiledRules()
    private var listeners: [SocketAddress: OpenListener] = [:]
    /// Sockets that shards may still hold, though their listeners are gone.
    private var leaving: [SocketAddress: WeakListeningSocket] = [:]
    private var gauges: [String: WarehouseGauge] = [:]
    private var endpoints: [EndpointKey: EndpointRoute] = [:]
    private var backends: [BackendKey: Backend] = [:]
    private var nextListenerNumber: UInt32 = 0
    private let report: @Sendable (GatewayEvent) -> Void

    init(
        configuration: GatewayConfiguration,
        report: @escaping @Sendable (GatewayEvent) -> Void
    ) {
        self.configuration = configuration
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
        for listener in added { listeners[listener.address] = listener.open }
        let removed = removeListeners(notIn: configuration)
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

// MARK: - Listening sockets

extension Inventory {
    private mutating func bindNewListeners(of configuration: GatewayConfiguration)
        throws(GatewayError) -> [(address: SocketAddress, open: OpenListener)]
    {
        var added: [(address: SocketAddress, open: OpenListener)] = []
        for listener in configuration.listeners {
            if let running = listeners[listener.address] {
                try running.socket.checkInterface(of: listener)
            } else {
                let socket = try bind(listener, in: configuration)
                added.append((listener.address, open(socket)))
            }
        }
        return added
    }

    private mutating func open(_ socket: ListeningSocket) -> OpenListener {
        nextListenerNumber += 1
        return OpenListener(
            id: ListenerID(rawValue: nextListenerNumber),
            socket: socket,
            counters: ListenerCounters()
        )
    }

    /// `[::]` takes IPv4 clients too, unless an IPv4 listener of that port stands beside it.
    private func bind(_ listener: Listener, in configuration: GatewayConfiguration)
        throws(GatewayError) -> ListeningSocket
    {
        let address = listener.address
        // Its address is taken until the last shard lets go of it: it is used again.
        if let socket = leaving[address]?.socket {
            try socket.checkInterface(of: listener)
            return socket
        }
        let hasIPv4Neighbour = configuration.listeners.contains { listener in
            listener.address.port == address.port && listener.address.ip.family == .v4
        }
        do {
            return try ListeningSocket(
                on: address,
                interface: listener.interface,
                takesIPv4: !hasIPv4Neighbour,
                keepalive: KeepaliveOptions(configuration.keepalive)
            )
        } catch {
            throw .cannotListen(address, reason: error.description)
        }
    }

    private mutating func removeListeners(notIn configuration: GatewayConfiguration)
        -> [ListenerID]
    {
        let kept = Set(configuration.listeners.map(\.address))
        let removed = listeners.filter { !kept.contains($0.key) }
        leaving = leaving.filter { $0.value.socket != nil }
        for (address, listener) in removed {
            listeners[address] = nil
            leaving[address] = WeakListeningSocket(listener.socket)
        }
        return removed.values.map(\.id)
    }

    private func setKeepalive() {
        for listener in listeners.values {
            // A listening socket takes these options; one that did not would keep the old ones.
            try? listener.socket.setKeepalive(KeepaliveOptions(configuration.keepalive))
        }
    }
}

extension ListeningSocket {
    /// A socket cannot move to another interface, nor can a second one have its address.
    fileprivate func checkInterface(of listener: Listener) throws(GatewayError) {
        guard interface != listener.interface else { return }
        throw .cannotListen(
            listener.address,
            reason: "its interface cannot change while it listens; restart the gateway"
        )
    }
}

// MARK: - The snapshot

extension Inventory {
    private mutating func makeSnapshot(addresses: NameResolver.Addresses) -> Snapshot {
        var routes: [ListenerID: Route] = [:]
        var inUse: [BackendKey: Backend] = [:]
        for warehouse in configuration.warehouses {
            for settings in warehouse.listeners {
                guard let listener = listeners[settings.address] else { continue }
                let pool = makePool(for: settings, addresses: addresses, inUse: &inUse)
                let route = makeRoute(to: pool, for: settings, of: warehouse, listener)
                listeners[settings.address]?.route = route
                routes[listener.id] = route
            }
        }
        backends = inUse
        return Snapshot(
            generation: generation,
            limits: configuration.limits,
            denialLinesPerMinute: configuration.log.denialsPerMinute,
            keepalive: KeepaliveOptions(configuration.keepalive),
            routes: routes
        )
    }

    private mutating func makeRoute(
        to pool: BackendPool,
        for settings: Listener,
        of warehouse: Warehouse,
        _ listener: OpenListener
    ) -> Route {
        Route(
            profile: ListenerProfile(
                settings: settings,
                address: listener.socket.address,
                warehouse: gauge(of: warehouse.id),
                counters: listener.counters
            ),
            headerPolicy: HeaderPolicy(settings.acceptProxyProtocol),
            policy: AccessPolicy(
                for: settings,
                of: warehouse,
                rules: rules[warehouse.id]
            ),
            connectionLimit: warehouse.connectionLimit,
            pool: pool,
            endpoints: endpointRoutes(of: warehouse),
            whenRevoked: warehouse.whenRevoked
        )
    }

    /// An endpoint keeps its number and its count for as long as the gateway runs.
    private mutating func endpointRoutes(of warehouse: Warehouse)
        -> [EndpointName: EndpointRoute]
    {
        var routes: [EndpointName: EndpointRoute] = [:]
        for endpoint in warehouse.endpoints {
            let key = EndpointKey(warehouse: warehouse.id, name: endpoint.name)
            let known = endpoints[key]
            let route = EndpointRoute(
                network: known?.network ?? UInt32(truncatingIfNeeded: endpoints.count + 1),
                connectionLimit: endpoint.connectionLimit,
                budget: known?.budget ?? ConnectionBudget()
            )
            endpoints[key] = route
            routes[endpoint.name] = route
        }
        return routes
    }

    private mutating func gauge(of warehouse: String) -> WarehouseGauge {
        if let gauge = gauges[warehouse] { return gauge }
        let gauge = WarehouseGauge(id: warehouse)
        gauges[warehouse] = gauge
        return gauge
    }

    private func makePool(
        for settings: Listener,
        addresses: NameResolver.Addresses,
        inUse: inout [BackendKey: Backend]
    ) -> BackendPool {
        var members: [Backend] = []
        var unresolved: [String] = []
        for configured in settings.backends {
            let found = addresses[configured]
            if found.isEmpty { unresolved.append(configured.description) }
            for address in found {
                let key = BackendKey(listener: settings, name: configured, address: address)
                let backend = inUse[key] ?? backends[key] ?? Backend(key, report: report)
                inUse[key] = backend
                members.append(backend)
            }
        }
        return BackendPool(members: members, unresolved: unresolved)
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
