/// Where some of a listener's clients go.
public struct Route: Hashable, Sendable {
    /// Which clients take it.
    public var match: RouteMatch
    public var service: Service
    /// The listener's, but for those that the service sets itself.
    public var timeouts: Timeouts

    public init(_ match: RouteMatch, to service: Service, timeouts: Timeouts = Timeouts()) {
        self.match = match
        self.service = service
        self.timeouts = timeouts
    }
}

/// By what a client is told to take a route.
public enum RouteMatch: Hashable, Sendable {
    /// Every client that no other route takes.
    case `default`
    /// Those that come through this private endpoint.
    case endpoint(EndpointName)
    /// Those whose ClientHello has this name (RFC 6066 §3), in lower case.
    case serverName(String)
    /// Those that ask for this host in HTTP, in lower case and without a port.
    case host(String)
    /// Those whose MySQL user ends in this, behind the last `@`.
    case userSuffix(String)
}

extension RouteMatch: CustomStringConvertible {
    /// As in the configuration file: `endpoint: aws:vpce-…`.
    public var description: String {
        switch self {
        case .default: "default"
        case .endpoint(let name): "endpoint: \(name)"
        case .serverName(let name): "serverName: \(name)"
        case .host(let name): "host: \(name)"
        case .userSuffix(let suffix): "userSuffix: \(suffix)"
        }
    }
}
