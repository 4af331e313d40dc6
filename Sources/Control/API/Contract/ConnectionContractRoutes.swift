import DomainNames
import Hummingbird
import Operations
import Policy
import Settings
import Store
import Text
import Time

/// The contract's calls for a warehouse's connections: where it is reached, and by whom.
struct ConnectionContractRoutes: Sendable {
    let api: APIRouter
    let writes: APIWriter

    func add() {
        let path = "/v1/warehouses/{warehouse}/connections"
        let policy = "\(path)/public/access-policy"
        api.on(.get, path, .read, .warehouse) { try $0.answer(connections(for: $0)) }
        api.on(.get, "\(path)/public", .read, .warehouse) { call in
            try call.answer(publicConnection(for: call))
        }
        api.on(.get, policy, .read, .warehouse) { call in
            try call.answer(AccessPolicyContract.view(of: whitelist(for: call)))
        }
        api.onChange(.patch, policy, .operate, .warehouse) { try await setAccessPolicy($0) }
        api.on(.get, "\(path)/private", .read, .warehouse) { call in
            try call.answer(privateConnection(for: call))
        }
    }

    private func whitelist(for call: APICall) throws -> Whitelist {
        api.gateway.policy[try call.warehouse].whitelist
    }

    private func setAccessPolicy(_ call: APICall) async throws -> Response {
        try call.allowParameters([])
        let bytes = try await call.bytes(.list)
        let patch = try call.decode(AccessPolicyPatch.self, from: bytes)
        let change = try patch.change(by: call.principal.name, at: .systemTime)
        let id = try call.warehouse
        return try await writes.write(call, bytes, .none) { transaction in
            try change.apply(to: &transaction, of: id)
            return WriteAnswer()
        }
    }
}

// MARK: - Where a warehouse is reached

/// A warehouse's listeners in the contract's terms.
struct Places {
    /// A service and the port on which it is reached.
    struct Place {
        let service: ServiceProtocol
        let port: Int
        /// Whether HTTP clients use TLS there.
        var isSecure = false
    }

    let host: String
    let publicPlaces: [Place]
    let privatePlaces: [Place]

    /// - Parameter name: the warehouse's in the gateway's domain, if it has one.
    init(
        _ warehouse: Warehouse,
        name: String?,
        _ listeners: [ListenerStatus],
        requestedHost: String?
    ) {
        let own = listeners.filter { $0.warehouse == warehouse.id }
        publicPlaces = Self.places(own.filter { $0.link == .public })
        let links = own.filter { $0.link == .private }
        // Without a private listener, an endpoint is listed all the same, as not yet reachable.
        privatePlaces =
            links.isEmpty
            ? Self.places(own).map { Place(service: $0.service, port: 0) } : Self.places(links)
        let address = own.first { $0.link == .public }?.address
        host = warehouse.host ?? name ?? address.flatMap(Self.host) ?? requestedHost ?? "127.0.0.1"
    }

    /// One of each service.
    private static func places(_ listeners: [ListenerStatus]) -> [Place] {
        var seen: Set<ServiceProtocol> = []
        return listeners.filter { seen.insert($0.protocol).inserted }.map { listener in
            let port = listener.address.split(separator: ":").last.flatMap { Int($0) }
            return Place(
                service: listener.protocol,
                port: port ?? 0,
                isSecure: listener.tls != .off
            )
        }
    }

    /// The address, unless it means all of the machine's.
    private static func host(_ address: String) -> String? {
        guard let end = address.lastIndex(of: ":") else { return nil }
        let host = address[..<end].trimmingBrackets
        return host == "0.0.0.0" || host == "::" ? nil : host
    }

    func port(of service: ServiceProtocol, in places: [Place]) -> Int? {
        place(of: service, in: places)?.port
    }

    func place(of service: ServiceProtocol, in places: [Place]) -> Place? {
        places.first { $0.service == service }
    }

    func endpoints(_ places: [Place], host: String, endpointId: String? = nil)
        -> [Contract.ConnectionEndpoint]
    {
        places.flatMap { place in
            Contract.protocols(place.service).map { name in
                Contract.ConnectionEndpoint(
                    protocol: name,
                    host: host,
                    port: place.port,
                    url: place.port == 0 ? nil : Self.url(name, host, place),
                    endpointId: endpointId
                )
            }
        }
    }

    static func url(_ name: String, _ host: String, _ place: Place) -> String {
        let port = place.port
        let authority = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let scheme = place.isSecure ? "https" : "http"
        return name == "jdbc" ? "jdbc:mysql://\(authority)/" : "\(scheme)://\(authority)"
    }
}

extension Substring {
    fileprivate var trimmingBrackets: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : String(self)
    }
}

// MARK: - Views

extension ConnectionContractRoutes {
    func places(for call: APICall) throws -> Places {
        let id = try call.warehouse
        let topology = api.gateway.topology
        guard let warehouse = topology.warehouse(id) else {
            throw StoreRefusal.unknownWarehouse(id)
        }
        let authority = call.request.head.authority
        let host = authority.map { text in
            text.lastIndex(of: ":").map { text[..<$0] } ?? text[...]
        }
        return Places(
            warehouse,
            name: topology.names(of: warehouse)?.name.text,
            api.gateway.status().listeners,
            requestedHost: host.map(\.trimmingBrackets)
        )
    }

    private func connections(for call: APICall) throws -> Contract.Connections {
        let places = try places(for: call)
        let id = try call.warehouse
        let policy = api.gateway.policy[id]
        let hosts = endpointHosts(of: id)
        return Contract.Connections(
            publicEndpoints: places.endpoints(places.publicPlaces, host: places.host),
            privateEndpoints: policy.endpoints.flatMap { endpoint in
                places.endpoints(
                    places.privatePlaces,
                    host: hosts[endpoint.name] ?? "",
                    endpointId: endpoint.id
                )
            },
            computeClusters: places.publicPlaces.map { place in
                Contract.ComputeCluster(
                    clusterId: "\(id)-\(place.service.rawValue)",
                    clusterName: place.service.rawValue,
                    httpPort: place.service == .http ? place.port : nil
                )
            },
            observerGroups: [],
            publicConnection: try publicConnection(for: call),
            privateConnection: try privateConnection(for: call)
        )
    }

    private func publicConnection(for call: APICall) throws -> Contract.PublicConnection {
        let places = try places(for: call)
        let policy = AccessPolicyContract.view(of: try whitelist(for: call))
        let (jdbc, http) = (
            places.place(of: .mysql, in: places.publicPlaces),
            places.place(of: .http, in: places.publicPlaces)
        )
        return Contract.PublicConnection(
            host: places.host,
            jdbcUrl: jdbc.map { Places.url("jdbc", places.host, $0) },
            httpUrl: http.map { Places.url("http", places.host, $0) },
            jdbcPort: jdbc?.port,
            httpPort: http?.port,
            streamLoadPort: http?.port,
            publicAccessPolicy: policy.publicAccessPolicy,
            allowlist: policy.allowlist,
            observerGroups: []
        )
    }

    private func privateConnection(for call: APICall) throws -> Contract.PrivateConnection {
        let places = try places(for: call)
        let id = try call.warehouse
        let policy = api.gateway.policy[id]
        let service = policy.endpointServices.first
        let hosts = endpointHosts(of: id)
        let outbound = writes.writer.store?.policy.contractServices(
            in: api.gateway.topology,
            api.gateway.status().listeners
        ) { $0 == id }
        let isPrivate = api.gateway.topology.listeners(to: id).contains { $0.link == .private }
        return Contract.PrivateConnection(
            inbound: Contract.Inbound(
                endpointServiceId: service?.id,
                endpointServiceName: service.map { $0.name.nonEmpty ?? $0.alias.nonEmpty ?? $0.id },
                enabled: isPrivate,
                providerAccountId: service?.providerAccountId.nonEmpty,
                description: service?.description.nonEmpty,
                endpoints: policy.endpoints.map { endpoint in
                    Contract.InboundEndpoint(
                        endpointId: endpoint.id,
                        domain: hosts[endpoint.name],
                        status: endpoint.state.word(of: endpoint.cloud),
                        dnsName: endpoint.dnsName.nonEmpty,
                        description: endpoint.description.nonEmpty,
                        jdbcPort: places.port(of: .mysql, in: places.privatePlaces),
                        httpPort: places.port(of: .http, in: places.privatePlaces),
                        streamLoadPort: places.port(of: .http, in: places.privatePlaces)
                    )
                }
            ),
            outboundServices: outbound ?? []
        )
    }

    /// The names by which endpoints are reached, as far as they are known.
    func endpointHosts(of warehouse: String) -> [EndpointName: String] {
        let known = api.gateway.endpoints().endpoints.filter { $0.warehouse == warehouse }
            .compactMap { status in status.host.map { (status.endpoint, $0) } }
        return Dictionary(known) { first, _ in first }
    }
}
