import Addresses
import Policy
import Text
import Traffic

/// A listener of the gateway's own `listeners`, whose routes lead to services of warehouses. They are
/// looked up when all warehouses are known.
struct SharedListener {
    private let listener: Listener
    private let routes: [SharedRoute]

    static func decodeAll(_ fields: inout Fields, timeouts inherited: Timeouts)
        -> [SharedListener]
    {
        fields.elements("listeners").compactMap { decode($0, timeouts: inherited) }
    }

    private static func decode(_ place: Place, timeouts inherited: Timeouts) -> SharedListener? {
        place.mapping { fields in
            let service: ServiceProtocol? = fields.required("protocol")
            let address = fields.requiredPlace("listen")?.listenAddress()
            let givenLink = readLink(&fields)
            let link = fields.isProbablyLost("link") ? nil : givenLink
            let interface: InterfaceName? = fields.optional("interface")
            let timeouts = TimeoutChanges(fields.place("timeouts"), with: [.header, .session])
                .applied(to: inherited)
            let settings = DoorSettings(
                &fields,
                identifies: link == .private,
                protocol: service,
                timeouts: timeouts
            )
            let routes = SharedRoute.decodeAll(&fields, link: link)
            guard let service, let address, let link else { return nil }
            let listener = Listener(
                protocol: service,
                address: address,
                interface: interface?.text,
                link: link,
                acceptProxyProtocol: settings.accept,
                reject: settings.reject,
                timeouts: settings.timeouts
            )
            return SharedListener(listener: listener, routes: routes)
        }
    }

    /// An outbound link is of one warehouse, whose network it serves.
    private static func readLink(_ fields: inout Fields) -> LinkKind? {
        guard let link = fields.value("link", default: LinkKind.public) else { return nil }
        guard link == .outbound else { return link }
        fields.place("link")?.fault(
            "an outbound link serves one warehouse",
            remedy: "move the listener to that warehouse: warehouses[].listeners"
        )
        return nil
    }

    /// The kinds of link over which a warehouse's clients come by this listener.
    func link(to warehouse: String) -> LinkKind? {
        routes.contains { $0.warehouse == warehouse } ? listener.link : nil
    }

    /// The listener with the services to which its routes lead. Those that lead nowhere are reported.
    func resolved(among warehouses: [DecodedWarehouse]) -> Listener {
        var listener = listener
        var claims = Claims<RouteMatch>()
        var keys: Set<String> = []
        listener.routes = routes.compactMap { route in
            guard let resolved = route.resolved(of: listener, among: warehouses) else { return nil }
            let owner = claims.claim(resolved.match, for: route.place)
            // Written alike, they were reported before.
            if let owner, keys.insert(route.key).inserted { route.reportDouble(of: owner) }
            keys.insert(route.key)
            return resolved
        }
        return listener
    }
}

/// A route as it is written, which names a warehouse.
struct SharedRoute {
    private enum Match {
        case `default`
        case endpoint(EndpointReference, Place)
    }

    fileprivate let place: Place
    private let match: Match
    private let warehousePlace: Place
    let warehouse: String

    static func decodeAll(_ listener: inout Fields, link: LinkKind?) -> [SharedRoute] {
        guard let list = listener.requiredPlace("routes") else { return [] }
        let places = list.elements()
        let routes = places.compactMap { decode($0, link: link) }
        var claims = Claims<String>()
        for route in routes {
            if let owner = claims.claim(route.key, for: route.place) {
                route.reportDouble(of: owner)
            }
        }
        let hasDefault = routes.contains { if case .default = $0.match { true } else { false } }
        if link == .public, !hasDefault, routes.count == places.count, !list.node.isIncomplete {
            list.fault(
                "no default route: nothing says where clients go",
                remedy: "add { default: true, warehouse: ID }"
            )
        } else if list.isEmptySequence {
            list.warning("no route: the listener serves nobody")
        }
        return routes
    }

    fileprivate func reportDouble(of owner: SourceLocation) {
        place.fault("\(owner.reference), takes the same clients", remedy: "remove one")
    }

    /// What no other route of the listener may have.
    fileprivate var key: String {
        switch match {
        case .default: "default"
        case .endpoint(let endpoint, _): "\(endpoint)"
        }
    }

    private static func decode(_ place: Place, link: LinkKind?) -> SharedRoute? {
        place.mapping { fields in
            let match = readMatch(&fields, link: link)
            guard let place = fields.requiredPlace("warehouse"),
                let id: WarehouseID = place.scalar(), let match
            else { return nil }
            return SharedRoute(
                place: fields.place,
                match: match,
                warehousePlace: place,
                warehouse: id.text
            )
        }
    }

    private static func readMatch(_ fields: inout Fields, link: LinkKind?) -> Match? {
        var matches: [Match] = []
        var isFaulty = false
        if let place = fields.place("default") {
            let isDefault: Bool? = place.scalar()
            if isDefault == true { matches.append(.default) }
            if isDefault == false { place.fault("must be true", remedy: "remove the key") }
            isFaulty = isDefault != true
        }
        if let place = fields.place("endpoint") {
            let endpoint = readEndpoint(place, link: link)
            if let endpoint { matches.append(.endpoint(endpoint, place)) }
            isFaulty = isFaulty || endpoint == nil
        }
        for key in ["serverName", "host", "userSuffix"] {
            guard let place = fields.place(key) else { continue }
            place.fault(
                "this version does not read names that clients send: the route would take nobody",
                remedy: "use endpoint: ID or default: true"
            )
            isFaulty = true
        }
        if matches.count > 1 {
            fields.place.fault(
                "a route has one of default and endpoint",
                remedy: "write two routes"
            )
        } else if matches.isEmpty, !isFaulty {
            fields.conclude(
                .error,
                at: fields.place,
                fromAbsenceOf: ["default", "endpoint"],
                "which clients take this route?",
                remedy: link == .private
                    ? "add endpoint: ID, or default: true for all others" : "add default: true"
            )
        }
        return matches.count == 1 ? matches[0] : nil
    }

    private static func readEndpoint(_ place: Place, link: LinkKind?) -> EndpointReference? {
        if let link, link != .private {
            place.fault("only a private link comes through an endpoint", remedy: "link: private")
            return nil
        }
        guard let text: String = place.scalar() else { return nil }
        do throws(EndpointReferenceError) {
            let endpoint = try EndpointReference(parsing: text)
            guard endpoint.cloud == .embedded else { return endpoint }
            place.fault(
                "an embedded endpoint is a listener itself",
                remedy: "add a listener with endpoint: \(endpoint.id) to its warehouse"
            )
        } catch {
            place.fault("\(error)")
        }
        return nil
    }
}

// MARK: - Where it leads

extension SharedRoute {
    func resolved(of listener: Listener, among warehouses: [DecodedWarehouse]) -> Route? {
        guard let warehouse = find(among: warehouses),
            let shared = service(listener.protocol, of: warehouse),
            let match = match(of: warehouse)
        else { return nil }
        listener.acceptProxyProtocol.checkClientHeaders(before: shared.service, at: place)
        return Route(
            match,
            to: shared.service,
            timeouts: shared.timeouts.applied(to: listener.timeouts)
        )
    }

    private func find(among warehouses: [DecodedWarehouse]) -> DecodedWarehouse? {
        let found = warehouses.first { $0.warehouse.id == warehouse }
        // One that is there but faulty is reported already.
        if found == nil, !place.decoding.warehouseIDs.contains(warehouse) {
            let known = warehouses.map(\.warehouse.id)
            warehousePlace.fault(
                "no warehouse has the id \(warehouse.quoted)",
                remedy: Suggestion.closest(to: warehouse, among: known)
                    .map { "did you mean \($0)?" } ?? "add it under warehouses"
            )
        }
        return found
    }

    private func service(_ service: ServiceProtocol, of warehouse: DecodedWarehouse)
        -> SharedService?
    {
        let found = warehouse.services.first { $0.service.id.protocol == service }
        if found == nil, !warehouse.isMissingServices {
            let word = service.rawValue
            warehousePlace.fault(
                "\(self.warehouse) has no service of protocol \(word)",
                remedy: "add services: { \(word): { backends: [ host:port ] } } to that warehouse"
            )
        }
        return found
    }

    private func match(of warehouse: DecodedWarehouse) -> RouteMatch? {
        guard case .endpoint(let reference, let place) = match else { return .default }
        let known = warehouse.policy.endpoints.map(\.name)
        guard let name = reference.name(among: known) else {
            place.fault(
                "no endpoint of \(warehouse.warehouse.id) has the id \(reference.id.quoted)",
                remedy: "add it there under endpoints, or write its cloud: azure:\(reference.id)"
            )
            return nil
        }
        if !known.contains(name) {
            place.warning(
                "\(name) is not among the endpoints of \(warehouse.warehouse.id): its clients are denied",
                remedy: "add it there under endpoints"
            )
        }
        return .endpoint(name)
    }
}

extension EndpointReference {
    /// The endpoint that is meant: one of `known`, or one whose cloud is written or shows in its id.
    fileprivate func name(among known: [EndpointName]) -> EndpointName? {
        // `try?`: an id that two clouds have is as good as unknown: its author has to write more.
        if let name = try? resolved(among: known) { return name }
        guard !known.contains(where: { $0.id == id }) else { return nil }
        if id.hasPrefix("vpce-") { return EndpointName(.aws, id) }
        return id.hasPrefix("ep-") ? EndpointName(.alibaba, id) : nil
    }
}
