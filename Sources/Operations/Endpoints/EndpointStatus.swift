import Addresses
import DomainNames
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
    /// The host that the endpoint's consumers connect to: its own DNS name if it has one, or that in
    /// the gateway's domain; `nil` for neither.
    package var host: String?
    /// Its names in the gateway's domain, one for each zone of its service; absent for none.
    package var zonalHosts: [String]?
    /// An embedded endpoint's addresses.
    package var listeners: [String]
    package var activeConnections: Int
    /// 0 for no limit.
    package var connectionLimit: Int

    /// An endpoint of `warehouse` under a topology.
    ///
    /// - Parameter services: the warehouse's, which endpoints have their zones from.
    package init(
        _ endpoint: Endpoint,
        of warehouse: Warehouse,
        among services: [EndpointService] = [],
        in topology: Topology,
        activeConnections: Int
    ) {
        let names = topology.names(of: warehouse)
        self.warehouse = warehouse.id
        self.endpoint = endpoint.name
        state = endpoint.state
        word = endpoint.state.word(of: endpoint.cloud)
        description = endpoint.description
        let isEmbedded = endpoint.cloud == .embedded
        host =
            endpoint.dnsName.isEmpty
            ? names?.name(of: endpoint).map(\.text) : endpoint.dnsName
        let zonal = names?.zonalNames(of: endpoint, among: services) ?? []
        zonalHosts = zonal.isEmpty ? nil : zonal.map(\.name.text)
        listeners = topology.listeners(to: warehouse.id)
            .filter { isEmbedded && $0.endpoint == endpoint.id }
            .map(\.address.description)
        self.activeConnections = activeConnections
        connectionLimit = endpoint.connectionLimit
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
