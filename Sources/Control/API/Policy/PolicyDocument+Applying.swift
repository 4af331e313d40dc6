import Policy
import Settings
import Store
import Text
import Time

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
        changes += try applyOutboundEndpoints(to: &transaction, before, name, network)
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
        try endpointServices?.map(\.value).apply(
            to: &transaction,
            replacing: before.endpointServices,
            isSame: { $0.serviceId == $1.id },
            name: { "\(name): endpoint service \($0.id)" },
            make: { try $0.service(replacing: $1, at: $2.now) },
            set: {
                try $1.setEndpointService($0, of: warehouseId, action: "endpointService.apply")
            },
            remove: { try $1.removeEndpointService($0.id, of: warehouseId) }
        ) ?? []
    }

    private func applyEndpoints(
        to transaction: inout StoreTransaction,
        _ before: StoredWarehouse,
        _ name: String
    ) throws -> [String] {
        try endpoints?.map(\.value).apply(
            to: &transaction,
            replacing: before.endpoints,
            isSame: { $0.endpointId == $1.id && $0.cloud == $1.cloud },
            name: { "\(name): endpoint \($0.name)" },
            make: { try $0.endpoint(replacing: $1, at: $2.now) },
            set: { try $1.setEndpoint($0, of: warehouseId, action: "endpoint.apply") },
            remove: { try $1.removeEndpoint($0.name, of: warehouseId) }
        ) ?? []
    }

    /// Endpoints are matched by name; each keeps its port.
    private func applyOutboundEndpoints(
        to transaction: inout StoreTransaction,
        _ before: StoredWarehouse,
        _ name: String,
        _ network: OutboundNetwork?
    ) throws -> [String] {
        try outboundEndpoints?.map(\.value).apply(
            to: &transaction,
            replacing: before.outboundEndpoints,
            isSame: { $0.name == $1.name },
            name: { "\(name): outbound endpoint \($0.name)" },
            make: { try $0.endpoint(replacing: $1, network, &$2) },
            set: {
                try $1.setOutboundEndpoint($0, of: warehouseId, action: "outboundEndpoint.apply")
            },
            remove: { try $1.removeOutboundEndpoint($0.id, of: warehouseId) }
        ) ?? []
    }
}

extension Array {
    /// Makes what is stored of one kind what these documents say. What is removed goes first: it may
    /// have a port that another one gets.
    ///
    /// - Returns: what has changed, a line each.
    fileprivate func apply<Stored: Equatable>(
        to transaction: inout StoreTransaction,
        replacing before: [Stored],
        isSame: (Element, Stored) -> Bool,
        name: (Stored) -> String,
        make: (Element, Stored?, inout StoreTransaction) throws -> Stored,
        set: (Stored, inout StoreTransaction) throws -> Void,
        remove: (Stored, inout StoreTransaction) throws -> Void
    ) throws -> [String] {
        var changes: [String] = []
        for stored in before where !contains(where: { isSame($0, stored) }) {
            try remove(stored, &transaction)
            changes.append("\(name(stored)) removed")
        }
        for document in self {
            let known = before.first { isSame(document, $0) }
            let wanted = try make(document, known, &transaction)
            guard wanted != known else { continue }
            try set(wanted, &transaction)
            changes.append("\(name(wanted)) \(known == nil ? "added" : "changed")")
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
