import Addresses
import Hummingbird
import Operations
import Policy
import Settings
import Store
import Text

/// The calls for what users paste: how clients connect to a warehouse, and Terraform configuration.
struct ConnectionExampleRoutes: Sendable {
    private static let standardUser = "admin"
    /// The file's name in the examples.
    private static let standardAuthority = "ca.pem"
    /// The parameter `authority` for certificates that clients trust anyway.
    private static let systemAuthorities = "system"

    let connections: ConnectionContractRoutes

    private var api: APIRouter { connections.api }

    func add() {
        let one = "/v1/warehouses/{warehouse}"
        api.on(.get, "\(one)/connection-examples", .read, .warehouse) { try examples($0) }
        api.on(.get, "\(one)/terraform", .read, .warehouse) { try terraform($0) }
    }
}

// MARK: - Clients

extension ConnectionExampleRoutes {
    private struct View: Encodable {
        let warehouseId: String
        let link: LinkKind
        let endpoint: String?
        let host: String
        let mysqlPort: UInt16?
        let httpPort: UInt16?
        let tcpPort: UInt16?
        /// In the examples.
        let user: String
        /// Whether the API can set that user's password, if it is the administrator.
        let passwordCanBeSet: Bool
        let examples: [ConnectionExample]
        /// Clients to which the listeners leave no way, and why.
        let unavailable: [UnavailableClient]
    }

    private func examples(_ call: APICall) throws -> Response {
        try call.allowParameters(["link", "endpoint", "user", "database", "authority"])
        let id = try call.warehouse
        let login = api.gateway.topology.warehouse(id)?.adminLogin
        let user = try name("user", call) ?? login?.user ?? Self.standardUser
        let database = try name("database", call)
        let link = try link(call)
        let places = try connections.places(for: call)
        let endpoint = try link == .private ? endpoint(call, of: id) : nil
        let listed = link == .public ? places.publicPlaces : places.privatePlaces
        func port(_ service: ServiceProtocol) -> UInt16? {
            places.port(of: service, in: listed).flatMap { UInt16(exactly: $0) }
                .flatMap { $0 == 0 ? nil : $0 }
        }
        let ports = ServicePorts(mysql: port(.mysql), http: port(.http), tcp: port(.tcp))
        let host = endpoint?.host ?? places.host
        let examples = ConnectionExamples(host: host, user: user, database: database)
        let doors = try doors(call, of: id, link, through: endpoint?.name, instead: ports)
        let list = examples.all(doors, warehouse: id, isFixed: link == .private)
        return try call.answer(
            View(
                warehouseId: id,
                link: link,
                endpoint: endpoint.map { "\($0.name)" },
                host: host,
                mysqlPort: ports.mysql,
                httpPort: ports.http,
                tcpPort: ports.tcp,
                user: user,
                passwordCanBeSet: login != nil,
                examples: list.examples,
                unavailable: list.unavailable
            )
        )
    }

    /// The listeners by which clients of a link enter.
    ///
    /// - Parameter known: where services are reached; a listener on any port says so only there.
    private func doors(
        _ call: APICall,
        of id: String,
        _ link: LinkKind,
        through endpoint: EndpointName?,
        instead known: ServicePorts
    ) throws -> [ServiceProtocol: [ExampleDoor]] {
        let topology = api.gateway.topology
        let certificates = api.gateway.status().tls.certificates
        let chosen = try name("authority", call)
        let listeners = topology.listeners(to: id).filter { listener in
            listener.link == link && listener.isReached(through: endpoint)
                && known.port(of: listener.protocol) != nil
        }
        var doors: [ServiceProtocol: [ExampleDoor]] = [:]
        for listener in listeners {
            let port = listener.address.port
            guard let port = port == 0 ? known.port(of: listener.protocol) : port else { continue }
            let door = ExampleDoor(
                listener,
                port: port,
                to: id,
                through: endpoint,
                in: topology,
                certificates: certificates,
                authority: authority(chosen, of: listener)
            )
            doors[listener.protocol, default: []].append(door)
        }
        return doors
    }

    /// The file with the authorities that clients trust, `nil` for those of their system: that is
    /// enough for certificates of a public authority.
    private func authority(_ chosen: String?, of listener: Listener) -> String? {
        if let chosen { return chosen == Self.systemAuthorities ? nil : chosen }
        let acme = api.gateway.topology.acme
        let isPublic = acme != nil && acme?.authorityFile == nil
        let isObtained = listener.tls?.settings.certificates.isEmpty ?? false
        return isPublic && isObtained ? nil : Self.standardAuthority
    }

    private func name(_ key: String, _ call: APICall) throws -> String? {
        guard let text = try call.request.parameter(key)?.nonEmpty else { return nil }
        guard ConnectionExamples.isName(text) else {
            throw RequestError.invalid(key, "expected 1 to 128 bytes of printable text")
        }
        return text
    }

    private func link(_ call: APICall) throws -> LinkKind {
        let hasEndpoint = try call.request.parameter("endpoint") != nil
        switch try call.request.parameter("link") {
        case nil: return hasEndpoint ? .private : .public
        case "public":
            guard hasEndpoint else { return .public }
            throw RequestError.invalid("endpoint", "only possible with link=private")
        case "private": return .private
        case let text?:
            throw RequestError.invalid("link", "expected public or private, found \(text.quoted)")
        }
    }

    /// The endpoint that is asked for, otherwise the only one, and the host at which it is reached.
    private func endpoint(_ call: APICall, of id: String) throws -> (
        name: EndpointName, host: String
    ) {
        let endpoints = api.gateway.policy[id].endpoints
        let name: EndpointName
        if let text = try call.request.parameter("endpoint") {
            name = try EndpointRoutes.name(text, in: endpoints, id)
        } else {
            guard let only = endpoints.first, endpoints.count == 1 else {
                throw RequestError.invalid(
                    "endpoint",
                    endpoints.isEmpty
                        ? "the warehouse has no endpoint"
                        : "required, because the warehouse has \(endpoints.count) endpoints"
                )
            }
            name = only.name
        }
        // Otherwise its consumer knows it.
        let host = connections.endpointHosts(of: id)[name] ?? "ENDPOINT_DNS_NAME"
        return (name, host)
    }
}

// MARK: - Terraform

extension ConnectionExampleRoutes {
    private struct TerraformView: Encodable {
        let warehouseId: String
        let examples: [ConnectionExample]
    }

    private func terraform(_ call: APICall) throws -> Response {
        try call.allowParameters([])
        let id = try call.warehouse
        let policy = api.gateway.policy[id]
        let access = AccessPolicyContract.view(of: policy.whitelist)
        let examples = TerraformExamples(
            gateway: gatewayAddress(call),
            warehouse: id,
            accessPolicy: access.publicAccessPolicy,
            rules: access.allowlist.map { rule in
                .init(cidr: rule.cidr, description: rule.description ?? "")
            },
            services: policy.endpointServices.sorted { $0.id < $1.id }
        )
        return try call.answer(TerraformView(warehouseId: id, examples: examples.all))
    }

    /// Where the gateway is reached: the host of the request, unless it came over the local socket.
    private func gatewayAddress(_ call: APICall) -> String {
        if call.principal.address != nil, let host = call.request.head.authority?.nonEmpty {
            return host
        }
        let management = api.gateway.topology.management
        return (management.address.map { ManagementAddress(listening: $0) } ?? .standard).authority
    }
}
