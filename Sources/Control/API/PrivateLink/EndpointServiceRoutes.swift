import Hummingbird
import Policy
import Settings
import Store
import Text
import Time

/// The calls for a warehouse's endpoint services: what its consumers connect their endpoints to.
struct EndpointServiceRoutes: Sendable {
    static let path = "/v1/private-link/warehouses/{warehouse}/services"

    let api: APIRouter
    let writes: APIWriter

    func add() {
        let one = "\(Self.path)/{service}"
        api.on(.get, Self.path, .read, .warehouse) { try list($0) }
        api.onChange(.post, Self.path, .operate, .warehouse) { try await create($0) }
        api.on(.get, one, .read, .warehouse) { try get($0) }
        api.onChange(.patch, one, .operate, .warehouse) { try await change($0) }
        api.onChange(.delete, one, .operate, .warehouse) { try await remove($0) }
        api.onChange(.post, "\(one)/principals", .operate, .warehouse) { try await allow($0) }
        api.onChange(.delete, "\(one)/principals", .operate, .warehouse) { try await disallow($0) }
    }
}

/// An endpoint service as the API shows it.
struct EndpointServiceView: Encodable, Sendable {
    let serviceId: String
    let cloud: Cloud
    let region: String
    let name: String?
    let alias: String?
    let description: String?
    let zones: [String]
    let acceptance: EndpointService.Acceptance
    let allowedPrincipals: [String]
    let createdAt: UnixTime?
    /// Of the warehouse's endpoints, those of this service.
    let endpointCount: Int

    init(_ service: EndpointService, endpoints: [Endpoint] = []) {
        serviceId = service.id
        cloud = service.cloud
        region = service.region
        name = service.name.nonEmpty
        alias = service.alias.nonEmpty
        description = service.description.nonEmpty
        zones = service.zones
        acceptance = service.acceptance
        allowedPrincipals = service.allowedPrincipals
        createdAt = service.createdAt
        endpointCount = endpoints.count { $0.service == service.id }
    }
}

private struct NewService: APIBody {
    static let fields = [
        "serviceId", "cloud", "region", "name", "alias", "description", "zones", "acceptance",
        "allowedPrincipals",
    ]
    var serviceId: String
    var cloud: String
    var region: String
    var name: String?
    var alias: String?
    var description: String?
    var zones: [String]?
    var acceptance: String?
    var allowedPrincipals: [String]?

    func service(at now: UnixTime) throws -> EndpointService {
        guard let cloud = Cloud(rawValue: cloud) else {
            let words = Cloud.allCases.map(\.rawValue).joined(separator: ", ")
            throw RequestError.invalid("cloud", "expected one of \(words), found \(cloud.quoted)")
        }
        try EndpointServiceField.check(serviceId, by: .endpointServiceID(of: cloud), "serviceId")
        guard !region.isEmpty else { throw RequestError.invalid("region", "must not be empty") }
        return EndpointService(
            id: serviceId,
            cloud: cloud,
            region: region,
            acceptance: try EndpointServiceField.acceptance(acceptance) ?? .manual,
            allowedPrincipals: try EndpointServiceField.principals(allowedPrincipals ?? [], cloud),
            name: name ?? "",
            alias: alias ?? "",
            description: description ?? "",
            zones: zones ?? [],
            createdAt: now
        )
    }
}

private struct ServicePatch: APIBody {
    static let fields = [
        "region", "name", "alias", "description", "zones", "acceptance", "allowedPrincipals",
    ]
    var region: String?
    var name: String?
    var alias: String?
    var description: String?
    var zones: [String]?
    var acceptance: String?
    var allowedPrincipals: [String]?

    func apply(to service: inout EndpointService) throws {
        if let region { service.region = region }
        if let name { service.name = name }
        if let alias { service.alias = alias }
        if let description { service.description = description }
        if let zones { service.zones = zones }
        if let acceptance = try EndpointServiceField.acceptance(acceptance) {
            service.acceptance = acceptance
        }
        if let allowedPrincipals {
            service.allowedPrincipals = try EndpointServiceField.principals(
                allowedPrincipals,
                service.cloud
            )
        }
    }
}

private struct PrincipalBody: APIBody {
    static let fields = ["principal"]
    var principal: String
}

/// How fields of endpoint services are read.
enum EndpointServiceField {
    private static let principalLimit = 1_000

    static func check(_ text: String, by form: PrivateLinkForm, _ field: String) throws {
        do throws(ScalarError) {
            try form.check(text)
        } catch {
            throw RequestError.invalid(field, "\(error)")
        }
    }

    static func acceptance(_ text: String?) throws -> EndpointService.Acceptance? {
        guard let text else { return nil }
        guard let acceptance = EndpointService.Acceptance(rawValue: text) else {
            throw RequestError.invalid(
                "acceptance",
                "expected manual or automatic, found \(text.quoted)"
            )
        }
        return acceptance
    }

    static func principals(_ texts: [String], _ cloud: Cloud) throws -> [String] {
        guard texts.count <= principalLimit else {
            throw RequestError.invalid("allowedPrincipals", "more than \(principalLimit)")
        }
        for text in texts { try check(text, by: .principal(of: cloud), "allowedPrincipals") }
        var seen: Set<String> = []
        return texts.filter { seen.insert($0).inserted }
    }
}

extension EndpointServiceRoutes {
    private func list(_ call: APICall) throws -> Response {
        try call.allowParameters(["page", "size"])
        let page = try PageRequest(call.request)
        let policy = api.gateway.policy[try call.warehouse]
        let services = policy.endpointServices.sorted { $0.id < $1.id }
        let views = page.slice(of: services)
            .map { EndpointServiceView($0, endpoints: policy.endpoints) }
        return try call.answer(views, page, total: services.count)
    }

    private func get(_ call: APICall) throws -> Response {
        let (policy, id) = (api.gateway.policy[try call.warehouse], try call.path("service"))
        guard let service = policy.endpointServices.first(where: { $0.id == id }) else {
            throw StoreRefusal.unknownEndpointService(id)
        }
        return try call.answer(EndpointServiceView(service, endpoints: policy.endpoints))
    }

    private func create(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let body = try call.decode(NewService.self, from: bytes)
        let (id, service) = (try call.warehouse, try body.service(at: .systemTime))
        return try await writes.write(call, bytes) { transaction in
            let known = transaction.policy.warehouses[id]?.endpointServices ?? []
            guard !known.contains(where: { $0.id == service.id }) else {
                throw StoreRefusal.exists("endpoint service \(service.id)")
            }
            try transaction.setEndpointService(service, of: id, action: "endpointService.create")
            let view = EndpointServiceView(service)
            return try WriteAnswer("service", view, status: .created)
        }
    }

    private func change(_ call: APICall) async throws -> Response {
        let bytes = try await call.bytes()
        let patch = try call.decode(ServicePatch.self, from: bytes)
        return try await update(call, bytes) { try patch.apply(to: &$0) }
    }

    private func allow(_ call: APICall) async throws -> Response {
        let bytes = try await call.bytes()
        let principal = try call.decode(PrincipalBody.self, from: bytes).principal
        return try await update(call, bytes) { service in
            service.allowedPrincipals = try EndpointServiceField.principals(
                service.allowedPrincipals + [principal],
                service.cloud
            )
        }
    }

    private func disallow(_ call: APICall) async throws -> Response {
        guard let principal = try call.request.parameter("principal"), !principal.isEmpty else {
            throw RequestError.invalid("principal", "missing parameter")
        }
        let bytes = try await call.bytes()
        return try await update(call, bytes, beside: ["principal"]) { service in
            guard service.allowedPrincipals.contains(principal) else {
                throw RequestError(
                    .notFound,
                    "PrincipalNotFound",
                    "\(principal.quoted) is not allowed to use this service."
                )
            }
            service.allowedPrincipals.removeAll { $0 == principal }
        }
    }

    private func update(
        _ call: APICall,
        _ bytes: [UInt8],
        beside others: Set<String> = [],
        _ body: @escaping @Sendable (inout EndpointService) throws -> Void
    ) async throws -> Response {
        try call.allowParameters(others.union(["confirm", "dryRun"]))
        let (id, serviceID) = (try call.warehouse, try call.path("service"))
        return try await writes.write(call, bytes) { transaction in
            var service = try transaction.endpointService(serviceID, of: id)
            try body(&service)
            try transaction.setEndpointService(service, of: id, action: "endpointService.change")
            let endpoints = transaction.policy.warehouses[id]?.endpoints ?? []
            let view = EndpointServiceView(service, endpoints: endpoints)
            return try WriteAnswer("service", view)
        }
    }

    private func remove(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let (id, serviceID) = (try call.warehouse, try call.path("service"))
        return try await writes.write(call, bytes) { transaction in
            let service = try transaction.endpointService(serviceID, of: id)
            let users = (transaction.policy.warehouses[id]?.endpoints ?? [])
                .filter { $0.service == serviceID && $0.state != .deleted }
            guard users.isEmpty else {
                throw StoreRefusal.conflict(
                    "\(users.count.of("endpoint")) still use this service, first \(users[0].name)"
                        + " (remove them first)"
                )
            }
            try transaction.removeEndpointService(serviceID, of: id)
            return try WriteAnswer("service", EndpointServiceView(service))
        }
    }
}
