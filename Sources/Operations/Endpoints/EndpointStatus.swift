import Addresses
package import Policy
package import Settings

/// A private endpoint as an operator sees it.
package struct EndpointStatus: Hashable, Sendable, Codable {
    package var warehouse: String
    package var endpoint: EndpointName
    package var state: Endpoint.State
    /// The state in its cloud's own terms.
    package var word: String
    package var description: String
    /// The host that the endpoint's consumers connect to: its DNS name if it is known, or that of an
    /// embedded endpoint in the gateway's domain; `nil` for neither.
    package var host: String?
    /// An embedded endpoint's addresses.
    package var listeners: [String]
    package var activeConnections: Int
    /// 0 for no limit.
    package var connectionLimit: Int

    /// An endpoint of `warehouse` under a topology.
    package init(
        _ endpoint: Endpoint,
        of warehouse: Warehouse,
        in topology: Topology,
        activeConnections: Int
    ) {
        let domain = topology.domain
        self.warehouse = warehouse.id
        self.endpoint = endpoint.name
        state = endpoint.state
        word = endpoint.state.word(of: endpoint.cloud)
        description = endpoint.description
        let isEmbedded = endpoint.cloud == .embedded
        let embeddedHost = domain.map { endpoint.host(in: warehouse, domain: $0) }
        host = endpoint.dnsName.isEmpty ? (isEmbedded ? embeddedHost : nil) : endpoint.dnsName
        listeners = topology.listeners(to: warehouse.id)
            .filter { isEmbedded && $0.endpoint == endpoint.id }
            .map(\.address.description)
        self.activeConnections = activeConnections
        connectionLimit = endpoint.connectionLimit
    }
}

extension Endpoint {
    /// An embedded endpoint's DNS name: `reporting.awva7cm7.link.example.com`.
    ///
    /// A warehouse's id may have `_` in it, which a host name may not (RFC 1123 §2.1).
    func host(in warehouse: Warehouse, domain: String) -> String {
        let label = warehouse.id.lowercased().map { $0 == "_" ? "-" : $0 }
        return "\(id).\(String(label)).\(domain)"
    }
}

/// All private endpoints that a gateway knows, and those that connections named but it does not.
package struct EndpointList: Hashable, Sendable, Codable {
    package var endpoints: [EndpointStatus]
    /// The latest first.
    package var unknown: [SeenEndpoint]

    package init(endpoints: [EndpointStatus], unknown: [SeenEndpoint]) {
        self.endpoints = endpoints
        self.unknown = unknown
    }
}
