import Addresses
import Policy
import Text
import Traffic

/// A listener of the gateway's own `listeners`, whose routes lead to services of warehouses. They are
/// looked up when all warehouses are known.
struct SharedListener {
    let listener: Listener
    let routes: [SharedRoute]
    let settings: DoorSettings

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
                mayBeEndpoint: false,
                link: link,
                protocol: service,
                timeouts: timeouts
            )
            let door = RoutedDoor(
                protocol: service,
                link: link,
                tls: settings.tls,
                attribute: settings.greeting?.attribute
            )
            let routes = SharedRoute.decodeAll(&fields, at: door)
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
            return SharedListener(listener: listener, routes: routes, settings: settings)
        }
    }

    /// An outbound link is of one warehouse, whose network it serves.
    private static func readLink(_ fields: inout Fields) -> LinkKind? {
        guard let link = fields.value("link", default: LinkKind.public) else { return nil }
        guard link == .outbound else { return link }
        fields.place("link")?.error(
            "an outbound link belongs to one warehouse",
            remedy: "move the listener to that warehouse: warehouses[].listeners"
        )
        return nil
    }

    /// The link that a warehouse's clients use with this listener.
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
        settings.apply(to: &listener)
        return listener
    }
}

extension SharedListener {
    /// Whether a client can show a host's name before it is routed: by TLS, by a load balancer's
    /// header, or in a request.
    var clientsShowNames: Bool {
        settings.tls != .off || settings.accept.mode != .off
            || routes.contains {
                $0.claim.map { if case .host = $0 { true } else { false } } ?? false
            }
    }
}

/// What a listener is, as far as it decides which routes it may have.
struct RoutedDoor {
    /// `nil` if it is unknown; then nothing is concluded from it.
    let `protocol`: ServiceProtocol?
    let link: LinkKind?
    let tls: ClientTLS
    /// The connection attribute that its routes may match.
    let attribute: String?
}

/// A route as it is written, which names a warehouse.
struct SharedRoute {
    private enum Match {
        case `default`
        case endpoint(EndpointReference, Place)
        /// One that is certain without the warehouse.
        case claimed(RouteMatch)
    }

    let place: Place
    private let match: Match
    private let warehousePlace: Place
    let warehouse: String
    private let clientCertificates: TLSSettings.ClientCertificates?

    static func decodeAll(_ listener: inout Fields, at door: RoutedDoor) -> [SharedRoute] {
        guard let list = listener.requiredPlace("routes") else { return [] }
        let places = list.elements()
        let routes = places.compactMap { decode($0, at: door) }
        var claims = Claims<String>()
        for route in routes {
            if let owner = claims.claim(route.key, for: route.place) {
                route.reportDouble(of: owner)
            }
        }
        if door.link == .public, list.isEmptySequence, !list.node.isIncomplete {
            list.error(
                "a public listener needs a route",
                remedy: "add { default: true, warehouse: ID }"
            )
        } else if list.isEmptySequence {
            list.warning("no routes: the listener admits no clients")
        }
        return routes
    }

    /// What clients must claim; `nil` for a route by endpoint, and the default.
    var claim: RouteMatch? {
        if case .claimed(let match) = match { match } else { nil }
    }

    var isDefault: Bool {
        if case .default = match { true } else { false }
    }

    fileprivate func reportDouble(of owner: ValueLocation) {
        place.error(
            "duplicate route, first defined at \(owner.reference)",
            remedy: "remove one of the two"
        )
    }

    /// What no other route of the listener may have.
    fileprivate var key: String {
        switch match {
        case .default: "default"
        case .endpoint(let endpoint, _): "\(endpoint)"
        case .claimed(let match): match.description
        }
    }

    private static func decode(_ place: Place, at door: RoutedDoor) -> SharedRoute? {
        place.mapping { fields in
            fields.guess = { RouteClaim.guess(for: $0.key) }
            let match = readMatch(&fields, at: door)
            let certificates = TLSSettings.ClientCertificates.decode(
                fields.place("clientCertificates"),
                ofRouteAt: door.tls
            )
            let place =
                fields.place.isDefaultNamed
                ? fields.place("warehouse") : fields.requiredPlace("warehouse")
            guard let place,
                let id: WarehouseID = place.scalar(), let match
            else { return nil }
            return SharedRoute(
                place: fields.place,
                match: match,
                warehousePlace: place,
                warehouse: id.text,
                clientCertificates: certificates
            )
        }
    }

    private static func readMatch(_ fields: inout Fields, at door: RoutedDoor) -> Match? {
        var matches: [Match] = []
        var isInvalid = false
        if let place = fields.place("default") {
            let isDefault = readDefault(place, hasWarehouse: fields.isGiven("warehouse"))
            if isDefault == true { matches.append(.default) }
            if isDefault == false { place.error("must be true", remedy: "remove the key") }
            isInvalid = isDefault != true
        }
        if let place = fields.place("endpoint") {
            let endpoint = readEndpoint(place, link: door.link)
            if let endpoint { matches.append(.endpoint(endpoint, place)) }
            isInvalid = isInvalid || endpoint == nil
        }
        for claim in RouteClaim.allCases {
            guard let place = fields.place(claim.rawValue) else { continue }
            let match = claim.read(place, at: door)
            if let match { matches.append(.claimed(match)) }
            isInvalid = isInvalid || match == nil
        }
        if matches.count > 1 {
            fields.place.error(
                "a route matches one thing only",
                remedy: "split it into two routes"
            )
        } else if matches.isEmpty, !isInvalid {
            fields.conclude(
                .error,
                at: fields.place,
                fromAbsenceOf: ["default", "endpoint"] + RouteClaim.allCases.map(\.rawValue),
                "the route matches no clients",
                remedy: door.link == .private
                    ? "add endpoint: ID, or default: true for all others"
                    : "add serverName: NAME, or default: true"
            )
        }
        return matches.count == 1 ? matches[0] : nil
    }

    /// `default: SALES` probably names the warehouse.
    private static func readDefault(_ place: Place, hasWarehouse: Bool) -> Bool? {
        guard let id = place.node.warehouseID else { return place.scalar() }
        place.error(
            "expected true, found \(id.quoted)",
            remedy: "write default: true" + (hasWarehouse ? "" : ", warehouse: \(id)")
        )
        return nil
    }

    private static func readEndpoint(_ place: Place, link: LinkKind?) -> EndpointReference? {
        if let link, link != .private {
            place.error("only private links have an endpoint", remedy: "set link: private")
            return nil
        }
        guard let text: String = place.scalar() else { return nil }
        do throws(EndpointReferenceError) {
            let endpoint = try EndpointReference(parsing: text)
            if endpoint.cloud == .embedded {
                place.reportEmbeddedEndpoint(endpoint.id)
                return nil
            }
            return hasCloudsForm(endpoint, at: place) ? endpoint : nil
        } catch {
            place.error("\(error)")
            return nil
        }
    }

    /// An id in another form than its cloud's would match no client.
    private static func hasCloudsForm(_ endpoint: EndpointReference, at place: Place) -> Bool {
        guard let cloud = endpoint.cloud else { return true }
        do throws(ScalarError) {
            try PrivateLinkForm.endpointID(of: cloud).check(endpoint.id)
            return true
        } catch {
            place.error(error.message, remedy: error.remedy)
            return false
        }
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
            timeouts: shared.timeouts.applied(to: listener.timeouts),
            clientCertificates: clientCertificates
        )
    }

    private func find(among warehouses: [DecodedWarehouse]) -> DecodedWarehouse? {
        let found = warehouses.first { $0.warehouse.id == warehouse }
        // One that exists but is invalid is reported already.
        if found == nil, !place.decoding.warehouseIDs.contains(warehouse) {
            let known = warehouses.map(\.warehouse.id)
            warehousePlace.error(
                "unknown warehouse \(warehouse.quoted)",
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
            warehousePlace.error(
                "warehouse \(self.warehouse) has no \(word) service",
                remedy: "add services: { \(word): { backends: [ host:port ] } } to that warehouse"
            )
        }
        return found
    }

    private func match(of warehouse: DecodedWarehouse) -> RouteMatch? {
        let (reference, place): (EndpointReference, Place)
        switch match {
        case .default: return .default
        case .claimed(let match): return match
        case .endpoint(let named, let at): (reference, place) = (named, at)
        }
        let known = warehouse.policy.endpoints.map(\.name)
        guard let name = reference.name(among: known) else {
            let written = PrivateLinkForm.clouds(using: reference.id).map {
                "\($0.rawValue):\(reference.id)"
            }
            place.error(
                "warehouse \(warehouse.warehouse.id) has no endpoint \(reference.id.quoted)",
                remedy: written.isEmpty
                    ? "use the id of one of its endpoints, such as vpce-0123456789abcdef0"
                    : "add it there under endpoints, or write \(written.joined(separator: " or "))"
            )
            return nil
        }
        if name.cloud == .embedded {
            place.reportEmbeddedEndpoint(name.id)
            return nil
        }
        if !known.contains(name) {
            place.warning(
                "\(name) is not listed under the endpoints of \(warehouse.warehouse.id): its clients are"
                    + " denied",
                remedy: "add it there under endpoints"
            )
        }
        return .endpoint(name)
    }
}

extension ConfigurationNode {
    /// The text if it may be a warehouse's id, and is not one of the words for true and false.
    fileprivate var warehouseID: String? {
        guard case .scalar(let text) = content, Bool.meant(by: text) == nil else { return nil }
        // `try?`: only whether it is one counts.
        return (try? WarehouseID(configurationText: text))?.text
    }
}

extension Place {
    /// Whether this route's `default` names a warehouse, which is reported.
    fileprivate var isDefaultNamed: Bool {
        guard case .mapping(let entries) = node.content else { return false }
        return entries.contains { $0.key == "default" && $0.value.warehouseID != nil }
    }

    fileprivate func reportEmbeddedEndpoint(_ id: String) {
        error(
            "an embedded endpoint needs a listener of its own",
            remedy: "add a listener with endpoint: \(id) to its warehouse"
        )
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
