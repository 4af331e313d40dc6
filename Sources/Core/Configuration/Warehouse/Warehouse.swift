/// What is protected: a warehouse and its policy. The routes of listeners lead to its services.
public struct Warehouse: Hashable, Sendable {
    /// As in the URLs of the API: letters, digits, `-` and `_`.
    public var id: String
    /// For people; need not be unique.
    public var name: String
    /// The DNS name that its users connect to; the connection examples show it.
    public var host: String?
    /// Decides on its public links only.
    public var whitelist: Whitelist
    /// At the same time, over all its services; 0 for no limit.
    public var connectionLimit: Int
    /// What becomes of a running session that a change of policy would not admit any more.
    public var whenRevoked: Revocation
    /// The provider's ends of its private links.
    public var endpointServices: [EndpointService]
    /// The consumers' ends. Decide on its private links only.
    public var endpoints: [Endpoint]

    /// - Parameter name: the id where `nil`.
    public init(
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

/// What becomes of a running session that would not be admitted any more.
public enum Revocation: String, Hashable, Sendable, CaseIterable {
    /// It is closed at once.
    case close
    /// It goes on; only new ones are denied.
    case keep
}

/// The kind of link over which a connection comes.
public enum LinkKind: String, Hashable, Sendable, CaseIterable, Codable {
    /// Admitted by the whitelist.
    case `public`
    /// Inbound private link: admitted by its endpoint.
    case `private`
    /// The warehouse reaches a data service in a user's network.
    case outbound
}
