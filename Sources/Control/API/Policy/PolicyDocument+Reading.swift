import CIDRTrie
import Policy
import Settings
import Store
import Text
import Time

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
