import CIDRTrie
import Hummingbird
import Policy
import Settings
import Store
import Text
import Time

/// The calls for the policy as one document, as it is kept in a repository.
struct PolicyDocumentRoutes: Sendable {
    let api: APIRouter
    let writes: APIWriter

    func add() {
        api.on(.get, "/v1/policy", .read, .filtered) { try await get($0) }
        api.onChange(.put, "/v1/policy", .administer, .organization) { try await put($0) }
    }

    private func get(_ call: APICall) async throws -> Response {
        try call.allowParameters(["warehouse"])
        let policy = try writes.writer.requireStore().policy
        let wanted = try call.request.parameter("warehouse")
        if let wanted, policy.warehouses[wanted] == nil || !call.principal.mayUse(warehouse: wanted)
        {
            throw RequestError.unknownWarehouse(
                wanted,
                of: call.principal,
                in: api.gateway.topology
            )
        }
        let document = PolicyDocument(policy, of: wanted, visibleTo: call.principal)
        return try call.answer(document)
    }

    private func put(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes(.list)
        let document = try call.decode(PolicyDocument.self, from: bytes)
        let editor = call.principal.name
        let topology = api.gateway.topology
        let notes: APIWriter.Notes = { [writer = writes.writer] _ in
            writer.closedListeners.map { "an outbound endpoint cannot be used yet: \($0.remedy)" }
        }
        return try await writes.write(call, bytes, notes: notes) { transaction in
            try transaction.checkRevision(document.version)
            let changes = try document.apply(to: &transaction, by: editor, in: topology)
            return WriteAnswer(["changes": .array(changes.map(JSONValue.string))])
        }
    }
}

extension StoreTransaction {
    fileprivate func checkRevision(_ seen: UInt64?) throws {
        guard let seen, seen != policy.revision.number else { return }
        throw RequestError(
            .conflict,
            "VersionConflict",
            "The policy has changed: its version is \(policy.revision.number), not \(seen)."
        )
    }
}

/// Everything that the store holds about who may connect, for people who keep it in a repository.
///
/// Without what changes by itself: identities, editors, times. Applying a document twice changes
/// nothing the second time.
struct PolicyDocument: APIBody, Encodable {
    static let fields = ["version", "warehouses", "groups", "outboundServices"]

    /// The revision it was read at. If it is given when the document is applied, the policy must not
    /// have changed since.
    var version: UInt64?
    var warehouses: [Strict<WarehouseDocument>]?
    var groups: [Strict<GroupDocument>]?
    var outboundServices: [Strict<OutboundServiceDocument>]?
}

extension Strict: Encodable where Body: Encodable {
    init(_ value: Body) {
        self.value = value
    }

    func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
}

struct WarehouseDocument: APIBody, Encodable {
    static let fields = [
        "warehouseId", "mode", "groups", "entries", "endpointServices", "endpoints",
        "outboundEndpoints",
    ]
    var warehouseId: String
    var mode: Whitelist.Mode
    var groups: [String]?
    /// Of all services and of single ones.
    var entries: [Strict<EntryDocument>]?
    var endpointServices: [Strict<ServiceDocument>]?
    var endpoints: [Strict<EndpointDocument>]?
    var outboundEndpoints: [Strict<OutboundEndpointDocument>]?
}

struct GroupDocument: APIBody, Encodable {
    static let fields = ["name", "description", "entries"]
    var name: String
    var description: String?
    var entries: [Strict<EntryDocument>]?
}

struct EntryDocument: APIBody, Encodable {
    static let fields = ["cidr", "action", "description", "enabled", "expiresAt", "service"]
    var cidr: String
    var action: Action?
    var description: String?
    var enabled: Bool?
    var expiresAt: UnixTime?
    var service: ServiceProtocol?

    init(_ entry: WhitelistEntry, _ service: ServiceProtocol?) {
        cidr = entry.text
        action = entry.rule.action == .allow ? nil : entry.rule.action
        description = entry.rule.description.isEmpty ? nil : entry.rule.description
        enabled = entry.isEnabled ? nil : false
        expiresAt = entry.rule.expiry
        self.service = service
    }

    func entry(by editor: String, at now: UnixTime) throws -> WhitelistEntry {
        WhitelistEntry(
            Rule(
                block: try EntryField.block(cidr),
                action: action ?? .allow,
                description: description ?? "",
                expiry: try EntryField.expiry(expiresAt, "expiresAt")
            ),
            text: cidr,
            isEnabled: enabled ?? true,
            editor: editor,
            editedAt: now
        )
    }
}

struct ServiceDocument: APIBody, Encodable {
    static let fields = [
        "serviceId", "cloud", "region", "name", "alias", "description", "zones", "acceptance",
        "allowedPrincipals",
    ]
    var serviceId: String
    var cloud: Cloud
    var region: String
    var name: String?
    var alias: String?
    var description: String?
    var zones: [String]?
    var acceptance: EndpointService.Acceptance?
    var allowedPrincipals: [String]?
}

struct EndpointDocument: APIBody, Encodable {
    static let fields = [
        "endpointId", "cloud", "state", "description", "dnsName", "serviceId", "connectionLimit",
    ]
    var endpointId: String
    var cloud: Cloud
    var state: Endpoint.State
    var description: String?
    var dnsName: String?
    var serviceId: String?
    var connectionLimit: Int?
}

struct OutboundEndpointDocument: APIBody, Encodable {
    static let fields = ["name", "serviceId", "address", "description"]
    var name: String
    var serviceId: String
    var address: String?
    var description: String?

    init(_ endpoint: OutboundEndpoint) {
        name = endpoint.name
        serviceId = endpoint.service
        address = endpoint.address
        description = endpoint.description.nonEmpty
    }
}

struct OutboundServiceDocument: APIBody, Encodable {
    static let fields = [
        "cloudProvider", "region", "endpointServiceId", "endpointServiceName", "description",
    ]
    var cloudProvider: String
    var region: String
    var endpointServiceId: String
    var endpointServiceName: String
    var description: String?
}

// MARK: - Reading

extension PolicyDocument {
    /// - Parameters:
    ///   - wanted: the only warehouse; `nil` for all that are visible.
    ///   - principal: the reader.
    init(_ policy: StoredPolicy, of wanted: String?, visibleTo principal: Principal) {
        version = policy.revision.number
        warehouses = policy.warehouses.sorted { $0.key < $1.key }
            .filter { principal.mayUse(warehouse: $0.key) && (wanted == nil || wanted == $0.key) }
            .map { Strict(WarehouseDocument($0.value, id: $0.key)) }
        let visible = policy.groups.values.filter { policy.shows($0.name, to: principal) }
        groups = visible.sorted { $0.name < $1.name }.map { group in
            Strict(
                GroupDocument(
                    name: group.name,
                    description: group.description.nonEmpty,
                    entries: group.list.list.documents(nil)
                )
            )
        }
        guard wanted == nil else { return }
        outboundServices = policy.outboundServices.map { Strict(OutboundServiceDocument($0)) }
    }
}

extension WarehouseDocument {
    init(_ warehouse: StoredWarehouse, id: String) {
        warehouseId = id
        mode = warehouse.mode
        groups = warehouse.groups
        entries = warehouse.lists.flatMap { $0.list.documents($0.list.name.service) }
        endpointServices = warehouse.endpointServices.map { Strict(ServiceDocument($0)) }
        endpoints = warehouse.endpoints.map { Strict(EndpointDocument($0)) }
        outboundEndpoints = warehouse.outboundEndpoints.map { Strict(OutboundEndpointDocument($0)) }
    }
}

extension EntryList {
    fileprivate func documents(_ service: ServiceProtocol?) -> [Strict<EntryDocument>] {
        entries.map { Strict(EntryDocument($0.entry, service)) }
    }
}

extension ServiceDocument {
    init(_ service: EndpointService) {
        serviceId = service.id
        cloud = service.cloud
        region = service.region
        name = service.name.nonEmpty
        alias = service.alias.nonEmpty
        description = service.description.nonEmpty
        zones = service.zones.isEmpty ? nil : service.zones
        acceptance = service.acceptance
        allowedPrincipals = service.allowedPrincipals
    }

    func service(replacing before: EndpointService?, at now: UnixTime) throws -> EndpointService {
        try EndpointServiceField.check(serviceId, by: .endpointServiceID(of: cloud), "serviceId")
        return EndpointService(
            id: serviceId,
            cloud: cloud,
            region: region,
            acceptance: acceptance ?? .manual,
            allowedPrincipals: try EndpointServiceField.principals(allowedPrincipals ?? [], cloud),
            name: name ?? "",
            alias: alias ?? "",
            description: description ?? "",
            zones: zones ?? [],
            providerAccountId: before?.providerAccountId ?? "",
            createdAt: before?.createdAt ?? now
        )
    }
}

extension EndpointDocument {
    init(_ endpoint: Endpoint) {
        endpointId = endpoint.id
        cloud = endpoint.cloud
        state = endpoint.state
        description = endpoint.description.nonEmpty
        dnsName = endpoint.dnsName.nonEmpty
        serviceId = endpoint.service.nonEmpty
        connectionLimit = endpoint.connectionLimit == 0 ? nil : endpoint.connectionLimit
    }

    func endpoint(replacing before: Endpoint?, at now: UnixTime) throws -> Endpoint {
        try EndpointServiceField.check(endpointId, by: .endpointID(of: cloud), "endpointId")
        return Endpoint(
            id: endpointId,
            cloud: cloud,
            state: state,
            description: description ?? "",
            connectionLimit: max(0, connectionLimit ?? 0),
            dnsName: try EndpointField.dnsName(dnsName ?? ""),
            createdAt: before?.createdAt ?? now,
            service: serviceId ?? ""
        )
    }
}

extension OutboundServiceDocument {
    init(_ service: OutboundService) {
        cloudProvider = service.cloudProvider
        region = service.region
        endpointServiceId = service.id
        endpointServiceName = service.name
        description = service.description.nonEmpty
    }

    func service(replacing before: OutboundService?, at now: UnixTime) -> OutboundService {
        OutboundService(
            cloudProvider: cloudProvider,
            region: region,
            id: endpointServiceId,
            name: endpointServiceName,
            description: description ?? "",
            createdAt: before?.createdAt ?? now
        )
    }
}

// MARK: - Applying

extension PolicyDocument {
    /// Makes the policy of every warehouse and group that the document names what it says; others
    /// stay as they are.
    ///
    /// - Returns: what has changed, a line each.
    func apply(
        to transaction: inout StoreTransaction,
        by editor: String,
        in topology: Topology
    ) throws -> [String] {
        var changes: [String] = []
        for group in groups ?? [] {
            changes += try group.value.apply(to: &transaction, by: editor)
        }
        // Endpoints need their services: these come first, and go last.
        let services = outboundServices?.map(\.value)
        for service in services ?? [] { changes += try service.apply(to: &transaction) }
        for warehouse in warehouses ?? [] {
            changes += try warehouse.value.apply(to: &transaction, by: editor, in: topology)
        }
        if let services { changes += try Self.removeServices(besides: services, in: &transaction) }
        return changes
    }

    private static func removeServices(
        besides wanted: [OutboundServiceDocument],
        in transaction: inout StoreTransaction
    ) throws -> [String] {
        try transaction.policy.outboundServices.filter { service in
            !wanted.contains { $0.endpointServiceId == service.id }
        }.map { service in
            try transaction.removeOutboundService(service.id)
            return "outbound service \(service.id): removed"
        }
    }
}

extension OutboundServiceDocument {
    fileprivate func apply(to transaction: inout StoreTransaction) throws -> [String] {
        let known = transaction.policy.outboundServices.first { $0.id == endpointServiceId }
        let service = service(replacing: known, at: transaction.now)
        guard service != known else { return [] }
        try transaction.setOutboundService(service, action: "outboundService.apply")
        return ["outbound service \(service.id): \(known == nil ? "added" : "changed")"]
    }
}

extension GroupDocument {
    fileprivate func apply(to transaction: inout StoreTransaction, by editor: String) throws
        -> [String]
    {
        var changes: [String] = []
        if transaction.policy.groups[name] == nil {
            try transaction.createGroup(name, description: description ?? "")
            changes.append("group \(name): created")
        } else if transaction.policy.groups[name]?.description != description ?? "" {
            try transaction.describeGroup(name, description ?? "")
            changes.append("group \(name): description changed")
        }
        guard let entries else { return changes }
        let change = try transaction.replace(
            in: .group(name),
            where: { _ in true },
            by: entries.map { try $0.value.entry(by: editor, at: transaction.now) }
        )
        return changes + change.lines("group \(name)")
    }
}

extension ListChange {
    fileprivate func lines(_ name: String) -> [String] {
        guard added + changed + removed > 0 else { return [] }
        let parts = [(added, "added"), (changed, "changed"), (removed, "removed")]
            .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return ["\(name): entries \(parts.joined(separator: ", "))"]
    }
}

extension WarehouseDocument {
    fileprivate func apply(
        to transaction: inout StoreTransaction,
        by editor: String,
        in topology: Topology
    ) throws -> [String] {
        guard let before = transaction.policy.warehouses[warehouseId] else {
            throw StoreRefusal.unknownWarehouse(warehouseId)
        }
        let name = "warehouse \(warehouseId)"
        var changes: [String] = []
        if before.mode != mode {
            try transaction.setMode(mode, of: warehouseId)
            changes.append("\(name): mode \(before.mode.rawValue) -> \(mode.rawValue)")
        }
        if let groups, before.groups != Set(groups).sorted() {
            try transaction.setGroups(groups, of: warehouseId)
            changes.append("\(name): groups \(groups.joined(separator: ", "))")
        }
        changes += try applyEntries(to: &transaction, by: editor, before, name)
        changes += try applyServices(to: &transaction, before, name)
        changes += try applyEndpoints(to: &transaction, before, name)
        let network = topology.warehouse(warehouseId)?.outbound
        changes += try applyOutboundEndpoints(to: &transaction, before, network)
        return changes
    }

    private func applyEntries(
        to transaction: inout StoreTransaction,
        by editor: String,
        _ before: StoredWarehouse,
        _ name: String
    ) throws -> [String] {
        guard let entries else { return [] }
        var changes: [String] = []
        let services: [ServiceProtocol?] = [nil] + ServiceProtocol.allCases
        for service in services {
            let wanted = try entries.map(\.value).filter { $0.service == service }
                .map { try $0.entry(by: editor, at: transaction.now) }
            guard !wanted.isEmpty || before.list(for: service) != nil else { continue }
            let change = try transaction.replace(
                in: .warehouse(warehouseId, service: service),
                where: { _ in true },
                by: wanted
            )
            changes += change.lines(service.map { "\(name) (\($0.rawValue))" } ?? name)
        }
        return changes
    }

    private func applyServices(
        to transaction: inout StoreTransaction,
        _ before: StoredWarehouse,
        _ name: String
    ) throws -> [String] {
        guard let wanted = endpointServices?.map(\.value) else { return [] }
        var changes: [String] = []
        for document in wanted {
            let known = before.endpointServices.first { $0.id == document.serviceId }
            let service = try document.service(replacing: known, at: transaction.now)
            guard service != known else { continue }
            try transaction.setEndpointService(
                service,
                of: warehouseId,
                action: "endpointService.apply"
            )
            changes.append(
                "\(name): endpoint service \(service.id) \(known == nil ? "added" : "changed")"
            )
        }
        for service in before.endpointServices
        where !wanted.contains(where: { $0.serviceId == service.id }) {
            try transaction.removeEndpointService(service.id, of: warehouseId)
            changes.append("\(name): endpoint service \(service.id) removed")
        }
        return changes
    }

    private func applyEndpoints(
        to transaction: inout StoreTransaction,
        _ before: StoredWarehouse,
        _ name: String
    ) throws -> [String] {
        guard let wanted = endpoints?.map(\.value) else { return [] }
        var changes: [String] = []
        for document in wanted {
            let known = before.endpoints.first {
                $0.id == document.endpointId && $0.cloud == document.cloud
            }
            let endpoint = try document.endpoint(replacing: known, at: transaction.now)
            guard endpoint != known else { continue }
            try transaction.setEndpoint(endpoint, of: warehouseId, action: "endpoint.apply")
            changes.append(
                "\(name): endpoint \(endpoint.name) \(known == nil ? "added" : "changed")"
            )
        }
        for endpoint in before.endpoints
        where !wanted.contains(where: {
            $0.endpointId == endpoint.id && $0.cloud == endpoint.cloud
        }) {
            try transaction.removeEndpoint(endpoint.name, of: warehouseId)
            changes.append("\(name): endpoint \(endpoint.name) removed")
        }
        return changes
    }
}

// MARK: - Applying outbound endpoints

extension WarehouseDocument {
    /// Endpoints are matched by name; each keeps its port.
    private func applyOutboundEndpoints(
        to transaction: inout StoreTransaction,
        _ before: StoredWarehouse,
        _ network: OutboundNetwork?
    ) throws -> [String] {
        guard let wanted = outboundEndpoints?.map(\.value) else { return [] }
        let name = "warehouse \(warehouseId)"
        var changes: [String] = []
        for endpoint in before.outboundEndpoints
        where !wanted.contains(where: { $0.name == endpoint.name }) {
            try transaction.removeOutboundEndpoint(endpoint.id, of: warehouseId)
            changes.append("\(name): outbound endpoint \(endpoint.name) removed")
        }
        for document in wanted {
            let known = before.outboundEndpoints.first { $0.name == document.name }
            let endpoint = try document.endpoint(replacing: known, network, &transaction)
            guard endpoint != known else { continue }
            try transaction.setOutboundEndpoint(
                endpoint,
                of: warehouseId,
                action: "outboundEndpoint.apply"
            )
            changes.append(
                "\(name): outbound endpoint \(endpoint.name) \(known == nil ? "added" : "changed")"
            )
        }
        return changes
    }
}

extension OutboundEndpointDocument {
    fileprivate func endpoint(
        replacing before: OutboundEndpoint?,
        _ network: OutboundNetwork?,
        _ transaction: inout StoreTransaction
    ) throws -> OutboundEndpoint {
        let address = try address?.nonEmpty.map(OutboundEndpointField.address)
        guard var endpoint = before else {
            guard let network else {
                throw StoreRefusal.conflict(
                    "outbound endpoint \(name): the warehouse has no outbound.ports in the"
                        + " configuration"
                )
            }
            return OutboundEndpoint(
                id: transaction.newOutboundEndpointID(),
                name: name,
                service: serviceId,
                port: try transaction.freePort(of: network, named: name),
                address: address,
                description: description ?? "",
                createdAt: transaction.now
            )
        }
        if endpoint.address != address || endpoint.service != serviceId {
            endpoint.state = .pendingAcceptance
        }
        (endpoint.address, endpoint.service) = (address, serviceId)
        endpoint.description = description ?? ""
        return endpoint
    }
}
