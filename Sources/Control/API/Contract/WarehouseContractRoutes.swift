import HTTPTypes
import Hummingbird
import Operations
import Policy
import Settings
import Store
import Text
import Time

/// The contract's calls for warehouses and clusters. A gateway protects warehouses, but owns none: it
/// neither makes, changes nor removes them.
struct WarehouseContractRoutes: Sendable {
    let api: APIRouter

    func add() {
        let one = "/v1/warehouses/{warehouse}"
        api.on(.get, "/v1/warehouses", .read, .filtered) { try list($0) }
        api.on(.get, one, .read, .warehouse) { call in
            try call.answer(view(of: try warehouse(of: call)))
        }
        api.on(.get, "\(one)/versions", .read, .warehouse) { try $0.answer([String]()) }
        api.on(.get, "\(one)/clusters", .read, .warehouse) { try listClusters($0) }
        api.on(.get, "\(one)/clusters/{cluster}", .read, .warehouse) { try getCluster($0) }
        api.on(.get, "/v1/organization", .read, .filtered) { call in
            try call.answer(
                Contract.Organization(organizationId: "sluice", organizationName: "Sluice")
            )
        }
        api.on(.get, "/v1/cloud-providers/{provider}/regions", .read, .filtered) { try regions($0) }
        addUnsupported(one)
    }

    private func addUnsupported(_ one: String) {
        let calls: [(HTTPRequest.Method, String)] = [
            (.patch, one), (.delete, one), (.post, "\(one)/settings/upgrade"),
            (.post, "\(one)/clusters"), (.patch, "\(one)/clusters/{cluster}"),
            (.delete, "\(one)/clusters/{cluster}"), (.post, "\(one)/clusters/{cluster}/pause"),
            (.post, "\(one)/clusters/{cluster}/resume"),
            (.post, "\(one)/clusters/{cluster}/reboot"),
        ]
        for (method, path) in calls {
            api.on(method, path, .operate, .warehouse) { _ in throw RequestError.ownsNoWarehouses }
        }
        api.onChange(.post, "/v1/warehouses", .operate, .organization) { _ in
            throw RequestError.ownsNoWarehouses
        }
    }

    private func warehouse(of call: APICall) throws -> Warehouse {
        let id = try call.warehouse
        guard let warehouse = api.gateway.topology.warehouse(id) else {
            throw StoreRefusal.unknownWarehouse(id)
        }
        return warehouse
    }
}

extension RequestError {
    fileprivate static let ownsNoWarehouses = RequestError(
        .notImplemented,
        "NotSupported",
        "This is a gateway in front of warehouses: it controls who may connect, but does not create,"
            + " change or delete warehouses and clusters."
    )
}

// MARK: - Warehouses

extension WarehouseContractRoutes {
    private func list(_ call: APICall) throws -> Response {
        try call.allowParameters([
            "page", "size", "warehouseId", "name", "keyword", "cloudProvider", "region",
            "deploymentMode",
        ])
        let page = try PageRequest(call.request)
        let request = call.request
        let id = try request.parameter("warehouseId")
        let name = try request.parameter("name")?.lowercased()
        let keyword = try request.parameter("keyword")?.lowercased()
        let filters = try ["cloudProvider", "region", "deploymentMode"].map {
            try request.parameter($0)?.nonEmpty
        }
        let all = api.gateway.topology.warehouses
            .filter { call.principal.mayUse(warehouse: $0.id) }
            .map(view).filter { view in
                (id.map { $0.isEmpty || view.warehouseId == $0 } ?? true)
                    && (name.map { view.name.lowercased().contains($0) || $0.isEmpty } ?? true)
                    && (keyword.map { word in
                        word.isEmpty || view.name.lowercased().contains(word)
                            || view.warehouseId.lowercased().contains(word)
                    } ?? true)
                    && zip(filters, [view.cloudProvider, view.region, view.deploymentMode])
                        .allSatisfy { wanted, value in wanted.map { $0 == value } ?? true }
            }
        return try call.answer(Array(page.slice(of: all)), page, total: all.count)
    }

    private func view(of warehouse: Warehouse) -> Contract.Warehouse {
        let service = api.gateway.policy[warehouse.id].endpointServices.first
        return Contract.Warehouse(
            warehouseId: warehouse.id,
            name: warehouse.name,
            status: Contract.running,
            cloudProvider: Contract.provider(warehouse.cloud),
            region: warehouse.region,
            zone: warehouse.zone.nonEmpty,
            deploymentMode: Contract.deploymentMode,
            endpointServiceId: service?.id,
            endpointServiceName: service.map { $0.name.nonEmpty ?? $0.alias.nonEmpty ?? $0.id }
        )
    }
}

// MARK: - Clusters

extension WarehouseContractRoutes {
    private func listClusters(_ call: APICall) throws -> Response {
        try call.allowParameters([
            "page", "size", "clusterId", "clusterName", "keyword", "status", "clusterType",
        ])
        let page = try PageRequest(call.request)
        let id = try call.request.parameter("clusterId")?.nonEmpty
        let name = try call.request.parameter("clusterName")?.nonEmpty
        let status = try call.request.parameter("status")?.nonEmpty
        let type = try call.request.parameter("clusterType")?.nonEmpty
        let clusters = clusters(of: try warehouse(of: call)).filter { cluster in
            (id.map { cluster.clusterId == $0 } ?? true)
                && (name.map { cluster.name.contains($0) } ?? true)
                && (status.map { cluster.status == $0 } ?? true)
                && (type.map { cluster.clusterType == $0 } ?? true)
        }
        return try call.answer(Array(page.slice(of: clusters)), page, total: clusters.count)
    }

    private func getCluster(_ call: APICall) throws -> Response {
        let id = try call.path("cluster")
        guard
            let cluster = clusters(of: try warehouse(of: call)).first(where: { $0.clusterId == id })
        else {
            throw RequestError(.notFound, "ClusterNotFound", "Unknown cluster \(id.quoted).")
        }
        return try call.answer(cluster)
    }

    /// The backends of each protocol as one cluster.
    private func clusters(of warehouse: Warehouse) -> [Contract.Cluster] {
        let own = api.gateway.status().listeners.filter { $0.link != .outbound }
        let backends = BackendList(of: own).backends
            .filter { $0.warehouse == warehouse.id }
        return ServiceProtocol.allCases.compactMap { service -> Contract.Cluster? in
            let nodes = backends.filter { $0.protocol == service }.map(\.backend)
            guard !nodes.isEmpty else { return nil }
            let isUp = nodes.contains { $0.health != .unhealthy && $0.health != .unresolved }
            return Contract.Cluster(
                clusterId: "\(warehouse.id)-\(service.rawValue)",
                clusterName: service.rawValue,
                warehouseId: warehouse.id,
                name: service.rawValue,
                status: isUp ? Contract.running : Contract.stopped,
                clusterType: "COMPUTE",
                cloudProvider: Contract.provider(warehouse.cloud),
                region: warehouse.region,
                nodeCount: nodes.count
            )
        }
    }
}

// MARK: - Regions

extension WarehouseContractRoutes {
    /// Where the visible warehouses are, and the service by which each region is reached.
    private func regions(_ call: APICall) throws -> Response {
        try call.allowParameters(["deploymentMode"])
        let provider = try call.path("provider")
        let warehouses = api.gateway.topology.warehouses.filter { warehouse in
            call.principal.mayUse(warehouse: warehouse.id)
                && Contract.provider(warehouse.cloud) == provider && !warehouse.region.isEmpty
        }
        let regions = Dictionary(grouping: warehouses, by: \.region).sorted { $0.key < $1.key }
        return try call.answer(
            regions.map { region, warehouses in
                let service = warehouses.lazy
                    .compactMap { api.gateway.policy[$0.id].endpointServices.first }.first
                let zones = Set(warehouses.map(\.zone).filter { !$0.isEmpty }).sorted()
                return Contract.Region(
                    region: region,
                    displayName: region,
                    endpointServiceId: service?.id,
                    endpointServiceName: service.map { $0.name.nonEmpty ?? $0.id },
                    multiAzSupported: zones.count > 1,
                    supportedDeploymentModes: [Contract.deploymentMode],
                    zones: zones.map { Contract.Zone(zone: $0, displayName: $0) }
                )
            }
        )
    }
}
