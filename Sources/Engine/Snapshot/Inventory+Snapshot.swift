import Addresses
import DomainNames
import Operations
import Policy
import Settings
import Sockets
import Traffic

// MARK: - The snapshot

extension Inventory {
    /// Makes each service's pool of backends at the addresses that are known now.
    mutating func makePools(names: ResolvedNames) {
        var maker = BackendMaker(of: self, names: names)
        var redirects: [Service.ID: RedirectTargets] = [:]
        pools = topology.services.reduce(into: [:]) { pools, service in
            let made = maker.makePool(for: service, before: self.pools[service.id])
            pools[service.id] = made
            redirects[service.id] = maker.makeRedirects(
                of: service,
                in: made.pool,
                learned: learnedTargets[service.id] ?? []
            )
        }
        self.redirects = redirects
        backends = maker.backends
        for backend in backends.values { backend.use(tls.clients[backend.key.service]) }
        refusals = maker.refusals
    }

    /// A warehouse as routes lead to it.
    private struct WarehouseRoutes {
        let warehouse: Warehouse
        let policy: WarehousePolicy
        let endpoints: [EndpointName: EndpointRoute]
    }

    mutating func makeSnapshot() -> Snapshot {
        var destinations: [String: WarehouseRoutes] = [:]
        for warehouse in topology.warehouses {
            let policy = configuration.policy[warehouse.id]
            destinations[warehouse.id] = WarehouseRoutes(
                warehouse: warehouse,
                policy: policy,
                endpoints: endpointRoutes(policy.endpoints, of: warehouse.id)
            )
        }
        var routes: [ListenerID: ListenerRoutes] = [:]
        for settings in topology.listeners {
            guard let place = place(of: settings.address) else { continue }
            let made = makeRoutes(of: settings, destinations, at: place.address)
            listeners[settings.address]?.routes = made
            routes[place.id] = made
        }
        let addresses = Set(topology.listeners.map(\.address))
        counters = counters.filter { addresses.contains($0.key.listener) }
        compareGreetings()
        return Snapshot(
            generation: generation,
            limits: topology.limits,
            denialLinesPerMinute: topology.log.denialsPerMinute,
            keepalive: KeepaliveOptions(topology.keepalive),
            listeners: routes,
            policy: configuration.policy,
            sessionPolicies: SessionPolicies(
                of: topology,
                under: configuration.policy,
                name: { "\(place(of: $0.address)?.address ?? $0.address)" }
            )
        )
    }

    private mutating func makeRoutes(
        of settings: Listener,
        _ destinations: [String: WarehouseRoutes],
        at address: SocketAddress
    ) -> ListenerRoutes {
        let all = makeDestinations(of: settings, destinations, at: address)
        let table = RouteTable(
            all.flatMap { route in route.matches.map { ($0, route) } },
            domain: topology.domain?.text
        )
        let tls = tls.servers[settings.address]
        let challenges = topology.acme.flatMap { $0.asksOverHTTP ? sharedTLS : nil }
        let greeting = settings.greeting.map { greetingTerms(of: settings, $0) }
        if table.isUniform, let only = table.standard {
            return ListenerRoutes(
                settings,
                profile: only.profile,
                table: table,
                all: all,
                tls: tls,
                greeting: greeting,
                challenges: challenges,
                assembly: assembly
            )
        }
        let lobby = RouteProfile(
            settings: settings,
            address: address,
            timeouts: settings.timeouts,
            to: nil,
            counters: counters(of: settings, to: nil),
            seal: sharedTLS.tokens
        )
        return ListenerRoutes(
            settings,
            profile: lobby,
            table: table,
            all: all,
            tls: tls,
            greeting: greeting,
            challenges: challenges,
            assembly: assembly
        )
    }

    /// Each destination of a listener once, whatever the number of routes that lead there.
    private mutating func makeDestinations(
        of settings: Listener,
        _ destinations: [String: WarehouseRoutes],
        at address: SocketAddress
    ) -> [Route] {
        var matches: [Service.ID: [RouteMatch]] = [:]
        for route in settings.routes { matches[route.service.id, default: []].append(route.match) }
        let certificates = settings.certificateRules
        return settings.routes.compactMap { configured in
            let id = configured.service.id
            guard let matches = matches.removeValue(forKey: id),
                let destination = destinations[id.warehouse], let pool = pools[id]?.pool
            else { return nil }
            let warehouse = destination.warehouse
            let profile = RouteProfile(
                settings: settings,
                address: address,
                timeouts: configured.timeouts,
                to: RouteProfile.Destination(
                    warehouse: gauge(of: warehouse.id),
                    service: id,
                    sendProxyProtocol: configured.service.sendProxyProtocol,
                    connections: budget(of: id)
                ),
                counters: counters(of: settings, to: warehouse.id),
                seal: sharedTLS.tokens
            )
            return Route(
                matches,
                profile: profile,
                policy: AccessPolicy(for: settings, under: destination.policy),
                certificates: certificates[id] ?? CertificateRules(),
                limits: (warehouse.connectionLimit, configured.service.connectionLimit),
                pool: pool,
                redirects: redirects[id] ?? RedirectTargets(),
                endpoints: destination.endpoints,
                tls: tls.clients[id],
                redirectTLS: tls.redirectClients[id],
                carrier: assembly.backendCarrier?(configured.service),
                dialogue: assembly.dialogue?(configured.service)
                    ?? login(of: settings, to: configured.service)
            )
        }
    }

    /// An endpoint keeps its number and its counter for as long as the gateway runs.
    private mutating func endpointRoutes(_ configured: [Endpoint], of warehouse: String)
        -> [EndpointName: EndpointRoute]
    {
        var routes: [EndpointName: EndpointRoute] = [:]
        for endpoint in configured {
            let key = EndpointKey(warehouse: warehouse, name: endpoint.name)
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

    private mutating func budget(of service: Service.ID) -> ConnectionBudget {
        if let budget = budgets[service] { return budget }
        let budget = ConnectionBudget()
        budgets[service] = budget
        return budget
    }

    /// - Parameter warehouse: the id; `nil` for the clients that took no route.
    private mutating func counters(of listener: Listener, to warehouse: String?)
        -> ListenerCounters
    {
        let key = CountersKey(listener: listener.address, warehouse: warehouse)
        if let known = counters[key] { return known }
        let new = ListenerCounters()
        counters[key] = new
        return new
    }
}
