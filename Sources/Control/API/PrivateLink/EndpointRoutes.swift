import Hummingbird
import Operations
import Policy
import Settings
import Store
import Text
import Time

/// The calls for a warehouse's inbound endpoints.
struct EndpointRoutes: Sendable {
    static let path = "/v1/private-link/warehouses/{warehouse}/endpoints"

    let api: APIRouter
    let writes: APIWriter

    func add() {
        let one = "\(Self.path)/{endpoint}"
        api.on(.get, Self.path, .read, .warehouse) { try list($0) }
        api.on(.get, one, .read, .warehouse) { try get($0) }
        api.onChange(.patch, one, .operate, .warehouse) { try await change($0) }
        api.onChange(.delete, one, .operate, .warehouse) { try await remove($0) }
        api.onChange(.post, "\(one)/accept", .operate, .warehouse) { try await act($0, .accept) }
        api.onChange(.post, "\(one)/reject", .operate, .warehouse) { try await act($0, .reject) }
    }
}

/// An inbound endpoint as the API shows it.
struct EndpointView: Encodable, Sendable {
    let endpointId: String
    let cloud: Cloud
    /// `aws:vpce-0123456789abcdef0`
    let endpoint: String
    let state: Endpoint.State
    /// The state in its cloud's own terms.
    let status: String
    let description: String?
    let dnsName: String?
    /// The name by which it is reached: `dnsName`, or else its name in the gateway's domain.
    let host: String?
    /// Its names in the gateway's domain, one for each zone.
    let zonalHosts: [String]?
    let serviceId: String?
    let connectionLimit: Int
    let createdAt: UnixTime?
    let activeConnections: Int
    /// What a person can do with it.
    let actions: [String]

    /// - Parameter shown: what the gateway shows of it, as far as it is already known there.
    init(_ endpoint: Endpoint, shown: EndpointStatus? = nil) {
        endpointId = endpoint.id
        cloud = endpoint.cloud
        self.endpoint = "\(endpoint.name)"
        state = endpoint.state
        status = endpoint.state.word(of: endpoint.cloud)
        description = endpoint.description.nonEmpty
        dnsName = endpoint.dnsName.nonEmpty
        host = dnsName ?? shown?.host
        zonalHosts = shown?.zonalHosts
        serviceId = endpoint.service.nonEmpty
        connectionLimit = endpoint.connectionLimit
        createdAt = endpoint.createdAt
        activeConnections = shown?.activeConnections ?? 0
        let legal = Set(endpoint.state.legalActions)
        actions =
            (legal.contains(.accept) ? ["accept"] : [])
            + (legal.contains(.reject) ? ["reject"] : []) + ["remove"]
    }
}

extension EndpointRoutes {
    private func list(_ call: APICall) throws -> Response {
        try call.allowParameters(["page", "size"])
        let page = try PageRequest(call.request)
        let views = views(of: try call.warehouse)
        return try call.answer(Array(page.slice(of: views)), page, total: views.count)
    }

    private func get(_ call: APICall) throws -> Response {
        let id = try call.warehouse
        let name = try Self.name(
            try call.path("endpoint"),
            in: api.gateway.policy[id].endpoints,
            id
        )
        guard let view = views(of: id).first(where: { $0.endpoint == "\(name)" }) else {
            throw StoreRefusal.unknownEndpoint("\(name)", warehouse: id)
        }
        return try call.answer(view)
    }

    private func views(of warehouse: String) -> [EndpointView] {
        let all = api.gateway.endpoints().endpoints.filter { $0.warehouse == warehouse }
        let shown = Dictionary(all.map { ($0.endpoint, $0) }) { first, _ in first }
        return api.gateway.policy[warehouse].endpoints
            .sorted { $0.name.description < $1.name.description }
            .map { EndpointView($0, shown: shown[$0.name]) }
    }

    private func act(_ call: APICall, _ action: EndpointAction) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let (id, text) = (try call.warehouse, try call.path("endpoint"))
        return try await writes.write(call, bytes) { transaction in
            var endpoint = try transaction.endpoint(text, in: id)
            do throws(IllegalTransition) {
                endpoint.state = try endpoint.state.after(action)
                // Here nothing more has to be made: the cloud's side exists already.
                if action == .accept { endpoint.state = try endpoint.state.after(.establish) }
            } catch {
                throw StoreRefusal.conflict("\(error)")
            }
            try transaction.setEndpoint(endpoint, of: id, action: "endpoint.\(action.rawValue)")
            return try WriteAnswer("endpoint", EndpointView(endpoint))
        }
    }

    private struct EndpointPatch: APIBody {
        static let fields = ["description", "dnsName", "connectionLimit", "serviceId"]
        var description: String?
        var dnsName: String?
        var connectionLimit: Int?
        var serviceId: String?
    }

    private func change(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let patch = try call.decode(EndpointPatch.self, from: bytes)
        let (id, text) = (try call.warehouse, try call.path("endpoint"))
        if let limit = patch.connectionLimit, !(0...1_000_000_000).contains(limit) {
            throw RequestError.invalid("connectionLimit", "expected 0 (no limit) or more")
        }
        return try await writes.write(call, bytes) { transaction in
            var endpoint = try transaction.endpoint(text, in: id)
            if let description = patch.description { endpoint.description = description }
            if let dnsName = patch.dnsName { endpoint.dnsName = try EndpointField.dnsName(dnsName) }
            if let limit = patch.connectionLimit { endpoint.connectionLimit = limit }
            if let service = patch.serviceId {
                if !service.isEmpty { _ = try transaction.endpointService(service, of: id) }
                endpoint.service = service
            }
            try transaction.setEndpoint(endpoint, of: id, action: "endpoint.change")
            return try WriteAnswer("endpoint", EndpointView(endpoint))
        }
    }

    private func remove(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let (id, text) = (try call.warehouse, try call.path("endpoint"))
        return try await writes.write(call, bytes) { transaction in
            let endpoint = try transaction.endpoint(text, in: id)
            try transaction.removeEndpoint(endpoint.name, of: id)
            return try WriteAnswer("endpoint", EndpointView(endpoint))
        }
    }

    /// The endpoint that a text means: its id, perhaps with its cloud.
    static func name(_ text: String, in endpoints: [Endpoint], _ warehouse: String) throws
        -> EndpointName
    {
        do throws(EndpointReferenceError) {
            let name = try EndpointReference(parsing: text).resolved(
                among: endpoints.map(\.name)
            )
            guard endpoints.contains(where: { $0.name == name }) else {
                throw EndpointReferenceError.unknownID(name.id)
            }
            return name
        } catch {
            guard case .ambiguous = error else {
                throw StoreRefusal.unknownEndpoint(text, warehouse: warehouse)
            }
            throw RequestError.invalid("endpointId", "\(error)")
        }
    }
}

extension StoreTransaction {
    /// The endpoint that a text means.
    fileprivate func endpoint(_ text: String, in warehouse: String) throws -> Endpoint {
        guard let endpoints = policy.warehouses[warehouse]?.endpoints else {
            throw StoreRefusal.unknownWarehouse(warehouse)
        }
        return try endpoint(EndpointRoutes.name(text, in: endpoints, warehouse), of: warehouse)
    }
}

/// How fields of endpoints are read.
enum EndpointField {
    /// A host name, as the cloud gives it; empty for none.
    static func dnsName(_ text: String) throws -> String {
        guard text.utf8.count <= 253,
            text.utf8.allSatisfy({ byte in
                let scalar = Character(UnicodeScalar(byte))
                return scalar.isNameCharacter || scalar == "." || scalar == "*"
            })
        else {
            throw RequestError.invalid("dnsName", "expected a host name, found \(text.quoted)")
        }
        return text
    }

    /// The cloud of an endpoint: what its id's form says, else the warehouse's, else nothing.
    static func cloud(of id: String, warehouse: Cloud?) throws -> Cloud {
        let candidates = PrivateLinkForm.clouds(using: id)
        if let warehouse, candidates.contains(warehouse) { return warehouse }
        if candidates.count == 1 { return candidates[0] }
        guard !candidates.isEmpty else {
            let forms = Cloud.allCases.filter { $0 != .embedded }
                .map { PrivateLinkForm.endpointID(of: $0).expectation }
            throw RequestError.invalid(
                "endpointId",
                "\(id.quoted) has the form of no cloud (expected \(forms.joined(separator: "; ")))"
            )
        }
        let clouds = candidates.map(\.rawValue).joined(separator: " or ")
        throw RequestError.invalid(
            "endpointId",
            "\(id.quoted) may be of \(clouds) (set the warehouse's cloud in the configuration, or"
                + " write \(candidates[0].rawValue):\(id))"
        )
    }
}
