package import Policy

/// What is protected: a warehouse and its policy. The routes of listeners lead to its services.
package struct Warehouse: Hashable, Sendable {
    /// As in the URLs of the API: letters, digits, `-` and `_`.
    package var id: String
    /// For people; need not be unique.
    package var name: String
    /// The DNS name that its users connect to; the connection examples show it.
    package var host: String?
    /// Decides on its public links only.
    package var whitelist: Whitelist
    /// At the same time, over all its services; 0 for no limit.
    package var connectionLimit: Int
    /// What becomes of a running session that a change of policy would not admit any more.
    package var whenRevoked: Revocation
    /// The provider's ends of its private links.
    package var endpointServices: [EndpointService]
    /// The consumers' ends. Decide on its private links only.
    package var endpoints: [Endpoint]

    /// - Parameter name: the id where `nil`.
    package init(
        id: String,
        name: String? = nil,
        host: String? = nil,
        whitelist: Whitelist,
        connectionLimit: Int = 0,
        whenRevoked: Revocation = .close,
        endpointServices: [EndpointService] = [],
        endpoints: [Endpoint] = []
    ) {
        self.id = id
        self.name = name ?? id
        self.host = host
        self.whitelist = whitelist
        self.connectionLimit = connectionLimit
        self.whenRevoked = whenRevoked
        self.endpointServices = endpointServices
        self.endpoints = endpoints
    }
}
