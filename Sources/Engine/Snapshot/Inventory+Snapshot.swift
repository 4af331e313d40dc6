import Addresses
import Core
import Sockets

// MARK: - The snapshot

extension Inventory {
    mutating func makeSnapshot(names: ResolvedNames) -> Snapshot {
        var routes: [ListenerID: Route] = [:]
        var maker = BackendMaker(of: self, names: names)
        for warehouse in configuration.warehouses {
            for settings in warehouse.listeners {
                guard let listener = listeners[settings.address] else { continue }
                let pool = maker.makePool(for: settings, of: warehouse, before: listener.route)
                let route = makeRoute(to: pool, for: settings, of: warehouse, listener)
                listeners[settings.address]?.route = route
                routes[listener.id] = route
            }
        }
        backends = maker.backends
        refusals = maker.refusals
        return Snapshot(
            generation: generation,
            limits: configuration.limits,
            denialLinesPerMinute: configuration.log.denialsPerMinute,
            keepalive: KeepaliveOptions(configuration.keepalive),
            routes: routes,
            sessionPolicies: SessionPolicies(
                of: configuration,
                rules: { rules[$0.id] },
                name: { listeners[$0.address]?.socket.address.description ?? "\($0.address)" }
            )
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
            endpoints: endpointRoutes(of: warehouse)
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
}
