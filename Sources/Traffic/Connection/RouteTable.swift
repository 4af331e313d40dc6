public import Policy

/// A listener's routes as each connection looks them up. The most specific one wins: what the
/// network attests before what a client claims, and a default last.
public struct RouteTable<Destination> {
    /// The destination of clients that match no other route.
    public private(set) var standard: Destination?
    private var destinations: [RouteMatch: Destination] = [:]

    /// - Parameter routes: of two with the same match the first one counts.
    public init(_ routes: some Sequence<(RouteMatch, Destination)>) {
        for (match, destination) in routes {
            switch match {
            case .default: standard = standard ?? destination
            case .endpoint, .serverName, .host, .userSuffix:
                if destinations[match] == nil { destinations[match] = destination }
            }
        }
    }

    /// Whether every client goes to the same place, whatever is known of it.
    public var isUniform: Bool { destinations.isEmpty && standard != nil }

    /// The destination of a client; `nil` for none.
    ///
    /// - Parameter endpoint: the endpoint it connects through.
    public func destination(endpoint: EndpointName?, _ introduction: Introduction) -> Destination? {
        if destinations.isEmpty { return standard }
        if let endpoint, let destination = destinations[.endpoint(endpoint)] { return destination }
        for match in introduction.matches {
            if let destination = destinations[match] { return destination }
        }
        return standard
    }
}

extension RouteTable: Sendable where Destination: Sendable {}

/// How a client selects a route.
public enum RouteMatch: Hashable, Sendable {
    /// Clients that match no other route.
    case `default`
    /// Clients that connect through this private endpoint.
    case endpoint(EndpointName)
    /// Those whose ClientHello has this name (RFC 6066 §3), in lower case.
    case serverName(String)
    /// Clients that request this host over HTTP, in lower case and without a port.
    case host(String)
    /// Clients whose MySQL user ends in this, after the last `@`.
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
