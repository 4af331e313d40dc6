import Addresses
import HTTPTypes
import Hummingbird
import Operations
import Policy
import Settings
import Store
import Text
import Time

/// The contract's calls for private links: inbound endpoints are registered, and the users' own
/// services, which warehouses may reach.
struct PrivateLinkContractRoutes: Sendable {
    private static let services = "/v1/private-link/endpoint-services"

    let api: APIRouter
    let writes: APIWriter

    func add() {
        api.onChange(.post, EndpointRoutes.path, .operate, .warehouse) { try await register($0) }
        api.onChange(.delete, EndpointRoutes.path, .operate, .warehouse) {
            try await deregister($0)
        }
        // Of older clients.
        api.onChange(
            .put,
            "/v1/warehouses/{warehouse}/connections/private/endpoints/{endpoint}",
            .operate,
            .warehouse
        ) { try await setMetadata($0) }
        api.on(.get, Self.services, .read, .filtered) { try list($0) }
        api.onChange(.post, Self.services, .operate, .organization) { try await create($0) }
        // The client does not escape the slashes of an id.
        let one = "\(Self.services)/**"
        api.on(.get, one, .read, .filtered) { try get($0) }
        api.onChange(.patch, one, .operate, .organization) { try await change($0) }
        api.onChange(.delete, one, .operate, .organization) { try await remove($0) }
    }
}

// MARK: - Inbound endpoints

private struct Registration: APIBody {
    static let fields = ["endpointId", "dnsName", "description"]
    var endpointId: String
    var dnsName: String?
    var description: String?
}

private struct Deregistration: APIBody {
    static let fields = ["endpointId"]
    var endpointId: String
}

private struct EndpointMetadata: APIBody {
    static let fields = ["dnsName", "description"]
    var dnsName: String?
    var description: String?
}

extension PrivateLinkContractRoutes {
    /// Registering an endpoint is its approval. To register it again changes what is known about it,
    /// and never its state.
    private func register(_ call: APICall) async throws -> Response {
        try call.allowParameters([])
        let bytes = try await call.bytes()
        let body = try call.decode(Registration.self, from: bytes)
        let id = try call.warehouse
        let cloud = api.gateway.topology.warehouse(id)?.cloud
        let name = try Self.name(body.endpointId, warehouse: cloud)
        let dnsName = try body.dnsName.map(EndpointField.dnsName)
        return try await writes.write(call, bytes, .none) { transaction in
            let known = transaction.policy.warehouses[id]?.endpoints.first { $0.name == name }
            var endpoint =
                known
                ?? Endpoint(
                    id: name.id,
                    cloud: name.cloud,
                    state: .available,
                    createdAt: transaction.now
                )
            if let dnsName { endpoint.dnsName = dnsName }
            if let description = body.description { endpoint.description = description }
            try transaction.setEndpoint(endpoint, of: id, action: "endpoint.register")
            return try WriteAnswer(registered: endpoint)
        }
    }

    /// An id, perhaps with its cloud: `aws:vpce-…`.
    private static func name(_ text: String, warehouse: Cloud?) throws -> EndpointName {
        let reference: EndpointReference
        do throws(EndpointReferenceError) {
            reference = try EndpointReference(parsing: text)
        } catch {
            throw RequestError.invalid("endpointId", "\(error)")
        }
        if let cloud = reference.cloud {
            try EndpointServiceField.check(reference.id, by: .endpointID(of: cloud), "endpointId")
            return EndpointName(cloud, reference.id)
        }
        return EndpointName(
            try EndpointField.cloud(of: reference.id, warehouse: warehouse),
            reference.id
        )
    }

    private func deregister(_ call: APICall) async throws -> Response {
        try call.allowParameters(["endpointId"])
        let bytes = try await call.bytes()
        let text =
            try call.request.parameter("endpointId")?.nonEmpty
            ?? call.decode(Deregistration.self, from: bytes).endpointId
        let id = try call.warehouse
        return try await writes.write(call, bytes, .none) { transaction in
            let endpoints = transaction.policy.warehouses[id]?.endpoints ?? []
            try transaction.removeEndpoint(EndpointRoutes.name(text, in: endpoints, id), of: id)
            return WriteAnswer()
        }
    }

    private func setMetadata(_ call: APICall) async throws -> Response {
        try call.allowParameters([])
        let bytes = try await call.bytes()
        let body = try call.decode(EndpointMetadata.self, from: bytes)
        let (id, text) = (try call.warehouse, try call.path("endpoint"))
        let dnsName = try body.dnsName.map(EndpointField.dnsName)
        return try await writes.write(call, bytes, .none) { transaction in
            let endpoints = transaction.policy.warehouses[id]?.endpoints ?? []
            let name = try EndpointRoutes.name(text, in: endpoints, id)
            var endpoint = try transaction.endpoint(name, of: id)
            if let dnsName { endpoint.dnsName = dnsName }
            if let description = body.description { endpoint.description = description }
            try transaction.setEndpoint(endpoint, of: id, action: "endpoint.change")
            return WriteAnswer()
        }
    }
}

extension WriteAnswer {
    fileprivate init(registered endpoint: Endpoint) throws {
        self.init([
            "endpointId": .string(endpoint.id),
            "status": .string(endpoint.state.word(of: endpoint.cloud)),
        ])
    }
}

// MARK: - Outbound services

private struct NewOutboundService: APIBody {
    static let fields = [
        "cloudProvider", "region", "zone", "endpointServiceId", "endpointServiceName",
        "providerAccountId", "description",
    ]
    private static let lengthLimit = 512

    var cloudProvider: String
    var region: String
    var zone: String?
    var endpointServiceId: String?
    var endpointServiceName: String?
    var providerAccountId: String?
    var description: String?

    func service(at now: UnixTime) throws -> OutboundService {
        guard Contract.providers.contains(cloudProvider) else {
            throw RequestError.invalid(
                "cloudProvider",
                "expected one of \(Contract.providers.sorted().joined(separator: ", ")), found"
                    + " \(cloudProvider.quoted)"
            )
        }
        return OutboundService(
            cloudProvider: cloudProvider,
            region: try required(region, "region"),
            zone: zone,
            id: try required(endpointServiceId, "endpointServiceId"),
            name: try required(endpointServiceName, "endpointServiceName"),
            providerAccountID: providerAccountId,
            description: description ?? "",
            createdAt: now
        )
    }

    private func required(_ text: String?, _ field: String) throws -> String {
        guard let text, !text.isEmpty, text.utf8.count <= Self.lengthLimit,
            text.unicodeScalars.allSatisfy(\.isHarmless)
        else {
            throw RequestError.invalid(field, "expected 1 to \(Self.lengthLimit) bytes of text")
        }
        return text
    }
}

private struct OutboundServicePatch: APIBody {
    static let fields = ["description"]
    var description: String?
}

extension PrivateLinkContractRoutes {
    /// Not paged: the client matches by exact id.
    private func list(_ call: APICall) throws -> Response {
        try call.allowParameters(["cloudProvider", "region"])
        let provider = try call.request.parameter("cloudProvider")?.nonEmpty
        let region = try call.request.parameter("region")?.nonEmpty
        let services = outboundServices(visibleTo: call.principal).filter { service in
            (provider.map { service.cloudProvider == $0 } ?? true)
                && (region.map { service.region == $0 } ?? true)
        }
        return try call.answer(services)
    }

    private func get(_ call: APICall) throws -> Response {
        let id = try call.rest(of: "\(Self.services)/")
        let services = outboundServices(visibleTo: call.principal)
        guard let service = services.first(where: { $0.endpointServiceId == id }) else {
            throw StoreRefusal.unknownEndpointService(id)
        }
        return try call.answer(service)
    }

    /// All services, with the endpoints of the warehouses that are visible.
    private func outboundServices(visibleTo principal: Principal) -> [Contract.OutboundService] {
        writes.writer.store?.policy.contractServices(
            in: api.gateway.topology,
            api.gateway.status().listeners,
            isVisible: principal.mayUse(warehouse:)
        ) ?? []
    }

    private func create(_ call: APICall) async throws -> Response {
        try call.allowParameters([])
        let bytes = try await call.bytes()
        let body = try call.decode(NewOutboundService.self, from: bytes)
        let service = try body.service(at: .systemTime)
        return try await writes.write(call, bytes, .none) { transaction in
            guard !transaction.policy.outboundServices.contains(where: { $0.id == service.id })
            else { throw StoreRefusal.exists("endpoint service \(service.id)") }
            try transaction.setOutboundService(service, action: "outboundService.register")
            return WriteAnswer()
        }
    }

    private func change(_ call: APICall) async throws -> Response {
        try call.allowParameters([])
        let bytes = try await call.bytes()
        let patch = try call.decode(OutboundServicePatch.self, from: bytes)
        let id = try call.rest(of: "\(Self.services)/")
        return try await writes.write(call, bytes, .none) { transaction in
            let known = transaction.policy.outboundServices.first { $0.id == id }
            guard var service = known else { throw StoreRefusal.unknownEndpointService(id) }
            if let description = patch.description { service.description = description }
            try transaction.setOutboundService(service, action: "outboundService.change")
            return WriteAnswer()
        }
    }

    private func remove(_ call: APICall) async throws -> Response {
        try call.allowParameters([])
        let bytes = try await call.bytes()
        let id = try call.rest(of: "\(Self.services)/")
        return try await writes.write(call, bytes, .none) { transaction in
            try transaction.removeOutboundService(id)
            return WriteAnswer()
        }
    }
}

extension StoredPolicy {
    /// The outbound services in the contract's form.
    ///
    /// - Parameter isVisible: whether the reader may see a warehouse's endpoints.
    func contractServices(
        in topology: Topology,
        _ listeners: [ListenerStatus],
        isVisible: (String) -> Bool
    ) -> [Contract.OutboundService] {
        let reachable = listeners.filter { listener in
            listener.link == .outbound && listener.backends.contains { $0.health == .healthy }
        }
        let addresses = Set(reachable.map(\.address))
        let endpoints = warehouses.filter { isVisible($0.key) }.sorted { $0.key < $1.key }
            .flatMap { id, warehouse in
                let network = topology.warehouse(id)?.outbound
                return warehouse.outboundEndpoints.map { endpoint in
                    (endpoint: endpoint, address: network?.address(port: endpoint.port))
                }
            }
        return outboundServices.map { service in
            let own = endpoints.filter { $0.endpoint.service == service.id }
            return Contract.OutboundService(
                service,
                endpoints: own,
                isConnected: own.contains { endpoint in
                    endpoint.address.map { addresses.contains($0.description) } ?? false
                }
            )
        }
    }
}
