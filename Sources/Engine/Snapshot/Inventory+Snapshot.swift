import Addresses
import Core
import Sockets

// MARK: - The snapshot

extension Inventory {
    mutating func makeSnapshot(addresses: NameResolver.Addresses) -> Snapshot {
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
