import DomainNames
import Policy
import Text
import Traffic

/// The names by which clients know the warehouses.
struct ShownNames {
    fileprivate let domain: DomainName?
    /// Whether the gateway, or a server that it updates, answers for the domain.
    fileprivate let haveZone: Bool
    /// In the domain, one for each warehouse.
    fileprivate let own: Set<DomainName>
    /// By warehouse: what its users are told to connect to, if that is a name.
    fileprivate let shown: [String: DomainName]

    init(of topology: Topology, haveZone: Bool) {
        domain = topology.domain
        self.haveZone = haveZone
        let named = topology.warehouses.map { ($0, topology.names(of: $0)?.name) }
        own = Set(named.compactMap(\.1))
        shown = named.reduce(into: [:]) { shown, pair in
            let (warehouse, own) = pair
            guard let host = warehouse.host else { return shown[warehouse.id] = own }
            // `try?`: a host may also be an address.
            shown[warehouse.id] = try? DomainName(host)
        }
    }

    /// Whether a name in the domain is a warehouse's, or that of one of its endpoints.
    fileprivate func haveWarehouse(for name: DomainName) -> Bool {
        sequence(first: name, next: \.parent).contains(where: own.contains)
    }
}

extension SharedListener {
    /// Reports routes by names that no client asks for, and warehouses whose names no route has.
    ///
    /// Nothing is concluded from a configuration with errors: a route may be missing because of one.
    func checkNames(against names: ShownNames) {
        guard let first = routes.first, !first.place.decoding.hasErrors else { return }
        guard clientsShowNames else { return warnOfNoNames() }
        let meant = routes.compactMap { $0.checkName(against: names) }
        let routed = Set(routes.compactMap(\.hostName) + meant)
        // Without routes by name, the default takes every name.
        guard listener.link == .public, !routed.isEmpty else { return }
        var checked: Set<String> = []
        for route in routes where checked.insert(route.warehouse).inserted {
            checkRoute(to: route, routed, names)
        }
    }

    private func warnOfNoNames() {
        guard let route = routes.first(where: { $0.hostName != nil }) else { return }
        route.place.warning(
            "no client of this listener shows a name: it has neither TLS nor PROXY headers",
            remedy: listener.protocol == .http
                ? "set tls on the listener, or write host instead of serverName"
                : "set tls on the listener, or proxyProtocol if load balancers send names"
        )
    }

    /// - Parameters:
    ///   - route: leads to the warehouse whose name is looked for.
    ///   - routed: the names that routes have, or were to have.
    private func checkRoute(to route: SharedRoute, _ routed: Set<DomainName>, _ names: ShownNames) {
        guard let name = names.shown[route.warehouse], !routed.contains(name) else { return }
        let isOurs = names.domain.map(name.isWithin) ?? false
        let standard = routes.first(where: \.isDefault)?.warehouse
        if !isOurs, standard == route.warehouse { return }
        let fate =
            if isOurs {
                "are denied (unknownName)"
            } else if let standard {
                "reach \(standard), by the default route"
            } else {
                "are denied (noRoute)"
            }
        let key = settings.tls == .off && listener.protocol == .http ? "host" : "serverName"
        route.place.warning(
            "no route has the name \(name) of \(route.warehouse): clients that ask for it \(fate)",
            remedy: "add { \(key): \(name), warehouse: \(route.warehouse) } to the same routes"
        )
    }
}

extension SharedRoute {
    fileprivate var hostName: DomainName? { claim?.hostName }

    /// Reports a name in the domain that is not a warehouse's: a typo, or a name that does not resolve.
    ///
    /// - Returns: the name that was probably meant.
    fileprivate func checkName(against names: ShownNames) -> DomainName? {
        guard let domain = names.domain, let name = hostName, name.isWithin(domain),
            !names.haveWarehouse(for: name)
        else { return nil }
        let meant = name.closest(among: names.own)
        guard meant != nil || names.haveZone else { return nil }
        place.warning(
            "no warehouse has the name \(name)",
            remedy: meant.map { "did you mean \($0)?" }
                ?? "give the warehouse a label in \(domain), or remove the route"
        )
        return meant
    }
}

extension DomainName {
    /// The name under the same parent whose first label is closest; `nil` if none is close.
    fileprivate func closest(among names: Set<DomainName>) -> DomainName? {
        let siblings = names.filter { $0.parent == parent }
        let labels = siblings.compactMap(\.labels.first).sorted().map(String.init)
        guard let own = self.labels.first,
            let closest = Suggestion.closest(to: String(own), among: labels)
        else { return nil }
        return siblings.first { $0.labels.first == closest[...] }
    }
}
