import GRDB
package import Policy
import Text
package import Time

// MARK: - Inbound endpoints

extension StoreTransaction {
    package func endpoint(_ name: EndpointName, of id: String) throws -> Endpoint {
        guard let endpoint = try warehouse(id).endpoints.first(where: { $0.name == name }) else {
            throw StoreRefusal.unknownEndpoint("\(name)", warehouse: id)
        }
        return endpoint
    }

    /// Adds an endpoint, or replaces the one of this name.
    ///
    /// - Parameter action: for the audit.
    package mutating func setEndpoint(
        _ endpoint: Endpoint,
        of id: String,
        action: String
    ) throws {
        let before = try warehouse(id).endpoints.first { $0.name == endpoint.name }
        guard before != endpoint else { return }
        try Self.check(description: endpoint.description)
        try updateLinks(of: id) { warehouse in
            if let place = warehouse.endpoints.firstIndex(where: { $0.name == endpoint.name }) {
                warehouse.endpoints[place] = endpoint
            } else {
                warehouse.endpoints.append(endpoint)
                warehouse.sortLinks()
            }
        }
        if let database { try PolicyRows.write(endpoint, of: id, to: database) }
        try record(
            AuditedAct(
                action,
                warehouse: id,
                target: "\(endpoint.name)",
                before: before.map(JSONValue.init(encoding:)),
                after: JSONValue(encoding: endpoint)
            )
        )
    }

    package mutating func removeEndpoint(_ name: EndpointName, of id: String) throws {
        let before = try endpoint(name, of: id)
        try updateLinks(of: id) { $0.endpoints.removeAll { $0.name == name } }
        if let database { try PolicyRows.remove(name, from: "endpoint", of: id, in: database) }
        try record(
            AuditedAct(
                "endpoint.remove",
                warehouse: id,
                target: "\(name)",
                before: JSONValue(encoding: before)
            )
        )
    }

    /// How long a request for an endpoint waits for an answer: after AWS, whose own requests expire
    /// too, 14 days.
    package static let requestLifetime = Duration.seconds(14 * 86_400)

    /// Lets requests expire that nobody has answered in time. One whose age is not known never does.
    ///
    /// - Parameter time: by which their age is counted.
    /// - Returns: the endpoints, each with its warehouse.
    package mutating func expireRequests(at time: UnixTime) throws -> [(
        warehouse: String, endpoint: EndpointName
    )] {
        let overdue = policy.overdueRequests(at: time)
        for (id, name) in overdue {
            var endpoint = try endpoint(name, of: id)
            do throws(IllegalTransition) {
                endpoint.state = try endpoint.state.after(.expire)
            } catch {
                throw StoreRefusal.conflict("\(error)")
            }
            try setEndpoint(endpoint, of: id, action: "endpoint.expire")
        }
        return overdue
    }

    private mutating func updateLinks(
        of id: String,
        _ body: (inout StoredWarehouse) -> Void
    ) throws {
        var warehouse = try warehouse(id)
        touch()
        body(&warehouse)
        policy.warehouses[id] = warehouse
    }
}

extension StoredPolicy {
    /// The requests that have waited for too long, in alphabetical order.
    ///
    /// The age is counted from what is stored: a request from the future, as one is while the clock
    /// is behind, is not old.
    package func overdueRequests(
        at now: UnixTime
    ) -> [(warehouse: String, endpoint: EndpointName)] {
        let limit = StoreTransaction.requestLifetime.components.seconds
        return warehouses.sorted { $0.key < $1.key }.flatMap { id, warehouse in
            warehouse.endpoints.filter { endpoint in
                guard endpoint.state == .pendingAcceptance, let start = endpoint.createdAt else {
                    return false
                }
                let (age, overflow) = now.seconds.subtractingReportingOverflow(start.seconds)
                return !overflow && age >= limit
            }
            .map { (warehouse: id, endpoint: $0.name) }
        }
    }
}

// MARK: - Endpoint services

extension StoreTransaction {
    package func endpointService(_ serviceID: String, of id: String) throws -> EndpointService {
        guard let service = try warehouse(id).endpointServices.first(where: { $0.id == serviceID })
        else { throw StoreRefusal.unknownEndpointService(serviceID) }
        return service
    }

    /// Adds an endpoint service, or replaces the one of its id.
    package mutating func setEndpointService(
        _ service: EndpointService,
        of id: String,
        action: String
    ) throws {
        let before = try warehouse(id).endpointServices.first { $0.id == service.id }
        guard before != service else { return }
        try Self.check(description: service.description)
        try updateLinks(of: id) { warehouse in
            if let place = warehouse.endpointServices.firstIndex(where: { $0.id == service.id }) {
                warehouse.endpointServices[place] = service
            } else {
                warehouse.endpointServices.append(service)
            }
            // Its cloud may have changed.
            warehouse.sortLinks()
        }
        if let database {
            if let before, before.cloud != service.cloud {
                try PolicyRows.remove(before.rowName, from: "endpointService", of: id, in: database)
            }
            try PolicyRows.write(service, of: id, to: database)
        }
        try record(
            AuditedAct(
                action,
                warehouse: id,
                target: service.id,
                before: before.map(JSONValue.init(encoding:)),
                after: JSONValue(encoding: service)
            )
        )
    }

    package mutating func removeEndpointService(_ serviceID: String, of id: String) throws {
        let before = try endpointService(serviceID, of: id)
        try updateLinks(of: id) { $0.endpointServices.removeAll { $0.id == serviceID } }
        if let database {
            try PolicyRows.remove(before.rowName, from: "endpointService", of: id, in: database)
        }
        try record(
            AuditedAct(
                "endpointService.remove",
                warehouse: id,
                target: serviceID,
                before: JSONValue(encoding: before)
            )
        )
    }
}

extension EndpointService {
    fileprivate var rowName: EndpointName { EndpointName(cloud, id) }
}

// MARK: - Outbound services

extension StoreTransaction {
    private static let outboundServiceLimit = 1_000

    /// Registers a service in a user's network, or replaces the one of its id.
    package mutating func setOutboundService(_ service: OutboundService, action: String) throws {
        let before = policy.outboundServices.first { $0.id == service.id }
        guard before != service else { return }
        try Self.check(description: service.description)
        guard before != nil || policy.outboundServices.count < Self.outboundServiceLimit else {
            throw StoreRefusal.tooMany(
                "there are at most \(Self.outboundServiceLimit) outbound services"
            )
        }
        touch()
        if let place = policy.outboundServices.firstIndex(where: { $0.id == service.id }) {
            policy.outboundServices[place] = service
        } else {
            policy.outboundServices.append(service)
            policy.outboundServices.sort { $0.id < $1.id }
        }
        if let database { try PolicyRows.write(service, to: database) }
        try record(
            AuditedAct(
                action,
                target: service.id,
                before: before.map(JSONValue.init(encoding:)),
                after: JSONValue(encoding: service)
            )
        )
    }

    package mutating func removeOutboundService(_ id: String) throws {
        guard let before = policy.outboundServices.first(where: { $0.id == id }) else {
            throw StoreRefusal.unknownEndpointService(id)
        }
        let users = policy.warehouses.sorted { $0.key < $1.key }.flatMap { warehouse, stored in
            stored.outboundEndpoints.filter { $0.service == id }.map {
                "\($0.name) of \(warehouse)"
            }
        }
        guard users.isEmpty else {
            throw StoreRefusal.conflict(
                "endpoint service \(id) has the outbound endpoint\(users.count == 1 ? "" : "s")"
                    + " \(users.joined(separator: ", ")) (remove \(users.count == 1 ? "it" : "them")"
                    + " first)"
            )
        }
        touch()
        policy.outboundServices.removeAll { $0.id == id }
        if let database {
            try database.execute(
                sql: "DELETE FROM outboundService WHERE id = ?",
                arguments: [id]
            )
        }
        try record(
            AuditedAct(
                "outboundService.remove",
                target: id,
                before: JSONValue(encoding: before)
            )
        )
    }
}

// MARK: - Outbound endpoints

extension StoreTransaction {
    private static let outboundNameLimit = 128

    package func outboundEndpoint(_ endpointID: String, of id: String) throws -> OutboundEndpoint {
        let endpoints = try warehouse(id).outboundEndpoints
        guard let endpoint = endpoints.first(where: { $0.id == endpointID }) else {
            throw StoreRefusal.unknownEndpoint(endpointID, warehouse: id)
        }
        return endpoint
    }

    /// Adds an endpoint, or replaces the one of its id.
    package mutating func setOutboundEndpoint(
        _ endpoint: OutboundEndpoint,
        of id: String,
        action: String
    ) throws {
        let others = try warehouse(id).outboundEndpoints.filter { $0.id != endpoint.id }
        let before = try warehouse(id).outboundEndpoints.first { $0.id == endpoint.id }
        guard before != endpoint else { return }
        try Self.check(description: endpoint.description)
        guard !endpoint.name.isEmpty, endpoint.name.utf8.count <= Self.outboundNameLimit,
            endpoint.name.allSatisfy(\.isNameCharacter)
        else {
            throw StoreRefusal.invalid(
                field: "name",
                reason: "expected up to \(Self.outboundNameLimit) letters, digits, - and _"
            )
        }
        guard !others.contains(where: { $0.name == endpoint.name }) else {
            throw StoreRefusal.exists("outbound endpoint \(endpoint.name)")
        }
        guard policy.outboundServices.contains(where: { $0.id == endpoint.service }) else {
            throw StoreRefusal.unknownEndpointService(endpoint.service)
        }
        try updateLinks(of: id) { warehouse in
            warehouse.outboundEndpoints = others + [endpoint]
            warehouse.sortLinks()
        }
        if let database { try PolicyRows.write(endpoint, of: id, to: database) }
        try record(
            AuditedAct(
                action,
                warehouse: id,
                target: endpoint.name,
                before: before.map(JSONValue.init(encoding:)),
                after: JSONValue(encoding: endpoint)
            )
        )
    }

    package mutating func removeOutboundEndpoint(_ endpointID: String, of id: String) throws {
        let before = try outboundEndpoint(endpointID, of: id)
        try updateLinks(of: id) { $0.outboundEndpoints.removeAll { $0.id == endpointID } }
        if let database {
            try database.execute(
                sql: "DELETE FROM outboundEndpoint WHERE warehouse = ? AND id = ?",
                arguments: [id, endpointID]
            )
        }
        try record(
            AuditedAct(
                "outboundEndpoint.remove",
                warehouse: id,
                target: before.name,
                before: JSONValue(encoding: before)
            )
        )
    }
}
