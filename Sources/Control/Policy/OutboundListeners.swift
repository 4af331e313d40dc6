import Addresses
import Operations
import Policy
import Settings
import Store
import Time
import Traffic

/// The listeners of outbound endpoints. They come and go with the policy, and so are not in the
/// configuration file, which only says where they may be.
extension Topology {
    /// This topology, with a listener for each outbound endpoint that has an address and a port of its
    /// warehouse's ``OutboundNetwork``.
    func withListeners(ofOutboundEndpointsIn policy: StoredPolicy?) -> Topology {
        var topology = self
        topology.listeners += outboundListeners(of: policy)
        return topology
    }

    func outboundListeners(of policy: StoredPolicy?) -> [Listener] {
        warehouses.flatMap { warehouse -> [Listener] in
            guard let network = warehouse.outbound, let stored = policy?.warehouses[warehouse.id]
            else { return [] }
            return stored.outboundEndpoints.compactMap { endpoint in
                guard network.ports.contains(endpoint.port),
                    let address = endpoint.address.flatMap(BackendAddress.init(written:))
                else { return nil }
                return network.listener(of: warehouse.id, port: endpoint.port, to: address)
            }
        }
    }

    /// The stored endpoints for which the configuration file has no port, one line each.
    func outboundEndpointsWithoutPort(in policy: StoredPolicy) -> [String] {
        policy.warehouses.sorted { $0.key < $1.key }.flatMap { id, stored -> [String] in
            let ports = warehouse(id)?.outbound?.ports
            return stored.outboundEndpoints.filter { ports?.contains($0.port) != true }.map {
                "outbound endpoint \($0.name) of warehouse \(id) cannot be used: its port, \($0.port),"
                    + " is not among the warehouse's outbound.ports"
            }
        }
    }
}

// MARK: - Acceptance

extension PolicyWriter {
    private static let acceptanceInterval = Duration.seconds(1)

    /// Turns outbound endpoints that wait for the service's owner into available ones once the service
    /// was reached through them, until the task is cancelled.
    func acceptReachedEndpoints(of gateway: some ManagedGateway) async {
        while !Task.isCancelled {
            // `try?`: it throws if the task is cancelled.
            try? await Task.sleep(for: Self.acceptanceInterval)
            guard let policy = store?.policy, policy.hasPendingOutboundEndpoints else { continue }
            let reached = policy.pendingEndpoints(
                reachedBy: gateway.status().listeners,
                in: gateway.topology
            )
            guard !reached.isEmpty else { continue }
            // `try?`: the failure was logged, and it is tried again.
            _ = try? await write(by: .gateway) { transaction in
                try transaction.accept(reached)
            }
        }
    }
}

/// An outbound endpoint of a warehouse, at the address by which it was reached.
struct ReachedEndpoint: Hashable, Sendable {
    let warehouse: String
    let id: String
    let address: String
}

extension StoredPolicy {
    fileprivate var hasPendingOutboundEndpoints: Bool {
        warehouses.values.contains { warehouse in
            warehouse.outboundEndpoints.contains { $0.state == .pendingAcceptance }
        }
    }

    /// The endpoints that wait, and whose service has answered a health check.
    func pendingEndpoints(reachedBy listeners: [ListenerStatus], in topology: Topology)
        -> [ReachedEndpoint]
    {
        let healthy = listeners.filter { $0.link == .outbound }.map { listener in
            let names = listener.backends.filter { $0.health == .healthy }.map(\.name)
            return (listener.address, Set(names))
        }
        let reached = Dictionary(healthy) { $0.union($1) }
        return warehouses.sorted { $0.key < $1.key }.flatMap { id, warehouse in
            let network = topology.warehouse(id)?.outbound
            return warehouse.outboundEndpoints.compactMap { endpoint -> ReachedEndpoint? in
                guard endpoint.state == .pendingAcceptance, let address = endpoint.address,
                    let backend = BackendAddress(written: address),
                    let listen = network?.address(port: endpoint.port),
                    reached["\(listen)"]?.contains("\(backend)") == true
                else { return nil }
                return ReachedEndpoint(warehouse: id, id: endpoint.id, address: address)
            }
        }
    }
}

extension StoreTransaction {
    /// Makes endpoints available, but for those that were changed meanwhile.
    fileprivate mutating func accept(_ reached: [ReachedEndpoint]) throws {
        for place in reached {
            let endpoints = policy.warehouses[place.warehouse]?.outboundEndpoints ?? []
            guard var endpoint = endpoints.first(where: { $0.id == place.id }),
                endpoint.address == place.address, endpoint.state == .pendingAcceptance
            else { continue }
            endpoint.state = .available
            try setOutboundEndpoint(
                endpoint,
                of: place.warehouse,
                action: "outboundEndpoint.available"
            )
        }
    }
}
