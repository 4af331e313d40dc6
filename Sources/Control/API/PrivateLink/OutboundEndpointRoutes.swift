import Addresses
import Hummingbird
import Operations
import Policy
import Settings
import Sockets
import Store
import Text
import Time
import Traffic

/// The calls for a warehouse's outbound endpoints: its ways to services in users' networks.
struct OutboundEndpointRoutes: Sendable {
    static let path = "/v1/private-link/warehouses/{warehouse}/outbound-endpoints"

    let api: APIRouter
    let writes: APIWriter

    func add() {
        let one = "\(Self.path)/{endpoint}"
        api.on(.get, Self.path, .read, .warehouse) { try list($0) }
        api.onChange(.post, Self.path, .operate, .warehouse) { try await create($0) }
        api.on(.get, one, .read, .warehouse) { try get($0) }
        api.onChange(.patch, one, .operate, .warehouse) { try await change($0) }
        api.onChange(.delete, one, .operate, .warehouse) { try await remove($0) }
        api.on(.get, "/v1/private-link/identities", .read, .filtered) { call in
            try call.allowParameters([])
            let names = api.gateway.topology.identities.names
            return try call.answer(
                Dictionary(uniqueKeysWithValues: names.map { ($0.key.rawValue, $0.value) })
            )
        }
    }
}

/// An outbound endpoint as the API shows it.
struct OutboundEndpointView: Encodable, Sendable {
    /// Whether the service can be reached through it now.
    enum Connectivity: String, Encodable {
        /// It has no address yet, or was not checked.
        case unknown
        case reachable, unreachable
    }

    let endpointId: String
    let name: String
    let serviceId: String
    let serviceName: String?
    /// In the user's network, as the cloud gave it: `vpce-0123456789abcdef0.example:5432`.
    let address: String?
    /// Where the warehouse reaches it; `nil` without `outbound` in the configuration.
    let host: String?
    let port: Int
    let state: OutboundEndpoint.State
    /// The state in its cloud's own terms.
    let status: String
    let connectivity: Connectivity
    /// Why it was unreachable, the last time that it was.
    let lastFailure: String?
    let description: String?
    let createdAt: UnixTime
    let activeConnections: Int

    init(
        _ endpoint: OutboundEndpoint,
        of service: OutboundService?,
        at address: SocketAddress?,
        _ listener: ListenerStatus? = nil
    ) {
        endpointId = endpoint.id
        name = endpoint.name
        serviceId = endpoint.service
        serviceName = service?.name
        self.address = endpoint.address
        host = address.map { "\($0.ip)" }
        port = Int(endpoint.port)
        state = endpoint.state
        status = endpoint.state.word(of: service)
        let backends = listener?.backends ?? []
        if listener?.failure != nil {
            connectivity = .unreachable
        } else if endpoint.address != nil, backends.contains(where: { $0.health == .healthy }) {
            connectivity = .reachable
        } else if backends.contains(where: { $0.health != .notChecked }) {
            connectivity = .unreachable
        } else {
            connectivity = .unknown
        }
        lastFailure = listener?.failure ?? backends.compactMap(\.lastFailure).first
        description = endpoint.description.nonEmpty
        createdAt = endpoint.createdAt
        activeConnections = listener?.activeConnections ?? 0
    }
}

extension OutboundEndpoint.State {
    /// The term that the service's cloud uses.
    func word(of service: OutboundService?) -> String {
        let state: Endpoint.State =
            switch self {
            case .pendingAcceptance: .pendingAcceptance
            case .available: .available
            }
        return state.word(of: service?.cloudProvider == Cloud.azure.rawValue ? .azure : .aws)
    }
}

// MARK: - Reading

extension OutboundEndpointRoutes {
    private func list(_ call: APICall) throws -> Response {
        try call.allowParameters(["page", "size"])
        let page = try PageRequest(call.request)
        let views = try views(of: try call.warehouse)
        return try call.answer(Array(page.slice(of: views)), page, total: views.count)
    }

    private func get(_ call: APICall) throws -> Response {
        let (id, text) = (try call.warehouse, try call.path("endpoint"))
        let known = try stored(id).outboundEndpoints.endpoint(named: text, of: id)
        guard let view = try views(of: id).first(where: { $0.endpointId == known.id }) else {
            throw StoreRefusal.unknownEndpoint(text, warehouse: id)
        }
        return try call.answer(view)
    }

    private func stored(_ id: String) throws -> StoredWarehouse {
        writes.writer.store?.policy.warehouses[id] ?? StoredWarehouse(mode: .nowhere, version: 0)
    }

    private func views(of id: String) throws -> [OutboundEndpointView] {
        let services = writes.writer.store?.policy.outboundServices ?? []
        let status = writes.writer.completed(api.gateway.status())
        let listeners = status.listeners.filter { $0.link == .outbound }
        return try stored(id).outboundEndpoints.map { endpoint in
            let address = address(of: endpoint, in: id)
            return OutboundEndpointView(
                endpoint,
                of: services.first { $0.id == endpoint.service },
                at: address,
                listeners.first { $0.address == address?.description }
            )
        }
    }

    private func address(of endpoint: OutboundEndpoint, in warehouse: String) -> SocketAddress? {
        api.gateway.topology.warehouse(warehouse)?.outbound?.address(port: endpoint.port)
    }
}

extension [OutboundEndpoint] {
    /// The endpoint of an id or a name.
    fileprivate func endpoint(named text: String, of warehouse: String) throws -> OutboundEndpoint {
        guard let endpoint = first(where: { $0.id == text }) ?? first(where: { $0.name == text })
        else { throw StoreRefusal.unknownEndpoint(text, warehouse: warehouse) }
        return endpoint
    }
}

// MARK: - Writing

private struct NewOutboundEndpoint: APIBody {
    static let fields = ["name", "serviceId", "address", "description"]
    var name: String
    var serviceId: String
    var address: String?
    var description: String?
}

private struct OutboundEndpointPatch: APIBody {
    static let fields = ["name", "address", "description"]
    var name: String?
    var address: String?
    var description: String?
}

/// How fields of outbound endpoints are read.
enum OutboundEndpointField {
    /// A host and port that the gateway may connect to: none of its own, nor its machine's, which
    /// the warehouse's network must not reach by it.
    static func address(_ text: String) throws -> String {
        guard text.utf8.count <= 260, let address = BackendAddress(written: text), address.port > 0
        else {
            throw RequestError.invalid(
                "address",
                "expected host:port such as vpce-0123456789abcdef0.example:5432, found"
                    + " \(text.quoted)"
            )
        }
        switch address.host {
        case .name(let name):
            // What a name resolves to is checked whenever it is resolved.
            if name.isLocalHost { throw forbidden(name) }
        case .ip(let ip):
            // As strict as for what names resolve to.
            let refusal = BackendAddressPolicy(own: []).refusal(
                of: SocketAddress(ip.unmapped, port: address.port),
                for: BackendAddress(host: .name("endpoint"), port: address.port),
                isThisMachine: { _ in false }
            )
            if refusal != nil || Routing.isThisMachine(ip.unmapped) { throw forbidden("\(ip)") }
        }
        return text
    }
}

extension OutboundEndpointField {
    private static func forbidden(_ host: String) -> RequestError {
        .invalid(
            "address",
            "\(host) is not in a user's network: addresses of the gateway's machine, link-local,"
                + " multicast and cloud metadata addresses are not allowed"
        )
    }
}

extension OutboundEndpointRoutes {
    private static let writeParameters: Set = ["confirm", "dryRun"]

    private func create(_ call: APICall) async throws -> Response {
        try call.allowParameters(Self.writeParameters)
        let bytes = try await call.bytes()
        let body = try call.decode(NewOutboundEndpoint.self, from: bytes)
        let address = try body.address?.nonEmpty.map(OutboundEndpointField.address)
        let id = try call.warehouse
        let network = try network(of: id)
        return try await writes.write(call, bytes, notes: notes(of: id)) { transaction in
            let endpoint = OutboundEndpoint(
                id: transaction.newOutboundEndpointID(),
                name: body.name,
                service: body.serviceId,
                port: try transaction.freePort(of: network, named: body.name),
                address: address,
                description: body.description ?? "",
                createdAt: transaction.now
            )
            try transaction.setOutboundEndpoint(
                endpoint,
                of: id,
                action: "outboundEndpoint.create"
            )
            let view = transaction.view(of: endpoint, in: network)
            return try WriteAnswer("endpoint", view, status: .created)
        }
    }

    /// Warns of an endpoint that is stored, and whose port the gateway cannot open.
    private func notes(of id: String) -> APIWriter.Notes {
        { [writer = writes.writer] members in
            guard case .object(let endpoint)? = members["endpoint"], let port = endpoint["port"]
            else { return [] }
            return writer.closedListeners
                .filter { closed in
                    closed.listener.onlyWarehouse == id
                        && .integer(Int64(closed.listener.address.port)) == port
                }
                .map { "the endpoint is stored, but cannot be used yet: \($0.remedy)" }
        }
    }

    private func network(of id: String) throws -> OutboundNetwork {
        guard let network = api.gateway.topology.warehouse(id)?.outbound else {
            throw RequestError(
                .conflict,
                "NotConfigured",
                "Warehouse \(id) has no place for outbound endpoints (add to it in the"
                    + " configuration: outbound: { listen: 10.0.1.1, ports: 15000-15099, sources:"
                    + " [ 10.0.1.0/24 ] })."
            )
        }
        return network
    }

    private func change(_ call: APICall) async throws -> Response {
        try call.allowParameters(Self.writeParameters)
        let bytes = try await call.bytes()
        let patch = try call.decode(OutboundEndpointPatch.self, from: bytes)
        let address = try patch.address?.nonEmpty.map(OutboundEndpointField.address)
        let (id, text) = (try call.warehouse, try call.path("endpoint"))
        let network = api.gateway.topology.warehouse(id)?.outbound
        return try await writes.write(call, bytes, notes: notes(of: id)) { transaction in
            let known = transaction.policy.warehouses[id]?.outboundEndpoints ?? []
            var endpoint = try known.endpoint(named: text, of: id)
            if let name = patch.name { endpoint.name = name }
            if let description = patch.description { endpoint.description = description }
            if patch.address != nil, endpoint.address != address {
                endpoint.address = address
                // What was reached before was another one.
                endpoint.state = .pendingAcceptance
            }
            try transaction.setOutboundEndpoint(
                endpoint,
                of: id,
                action: "outboundEndpoint.change"
            )
            return try WriteAnswer("endpoint", transaction.view(of: endpoint, in: network))
        }
    }

    /// Removes an endpoint and closes its sessions, as the clouds do.
    private func remove(_ call: APICall) async throws -> Response {
        try call.allowParameters(Self.writeParameters)
        let bytes = try await call.bytes()
        let (id, text) = (try call.warehouse, try call.path("endpoint"))
        let network = api.gateway.topology.warehouse(id)?.outbound
        let known = try stored(id).outboundEndpoints
        let response = try await writes.write(call, bytes) { transaction in
            let known = transaction.policy.warehouses[id]?.outboundEndpoints ?? []
            let endpoint = try known.endpoint(named: text, of: id)
            try transaction.removeOutboundEndpoint(endpoint.id, of: id)
            return try WriteAnswer("endpoint", transaction.view(of: endpoint, in: network))
        }
        // Nothing was removed by a dry run, nor by an answer that says that it is in progress.
        let left = Set(try stored(id).outboundEndpoints.map(\.port))
        for endpoint in known where !left.contains(endpoint.port) {
            guard let network else { continue }
            var filter = SessionFilter()
            filter.link = .outbound
            filter.warehouse = id
            filter.listener = network.address(port: endpoint.port).description
            _ = await api.gateway.closeSessions(matching: filter, limit: nil, shown: 0)
        }
        return response
    }
}

extension StoreTransaction {
    /// A port on which nobody listens.
    func freePort(of network: OutboundNetwork, named name: String) throws -> UInt16 {
        let taken = Set(policy.warehouses.values.flatMap(\.outboundEndpoints).map(\.port))
        for port in network.ports where !taken.contains(port) {
            // `try?`: whoever has it, another one will do.
            if (try? ListeningSocket.probe(network.address(port: port))) != nil { return port }
        }
        throw StoreRefusal.tooMany(
            "no port is left for outbound endpoint \(name): \(network.listen) has"
                + " \(network.ports.count.of("port")) (extend outbound.ports in the configuration)"
        )
    }

    func newOutboundEndpointID() -> String {
        let alphabet = Array("0123456789abcdef")
        return "oe-" + String((0..<17).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] })
    }

    fileprivate func view(of endpoint: OutboundEndpoint, in network: OutboundNetwork?)
        -> OutboundEndpointView
    {
        OutboundEndpointView(
            endpoint,
            of: policy.outboundServices.first { $0.id == endpoint.service },
            at: network?.address(port: endpoint.port)
        )
    }
}
