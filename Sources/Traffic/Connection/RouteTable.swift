package import Policy

/// A listener's routes as each connection looks them up. The most specific one wins: what the
/// network attests before what a client says of itself, and a default after both.
package struct RouteTable<Destination> {
    /// Where clients go that no other route takes.
    package private(set) var standard: Destination?
    private var destinations: [RouteMatch: Destination] = [:]

    /// - Parameter routes: of two with the same match the first one counts.
    package init(_ routes: some Sequence<(RouteMatch, Destination)>) {
        for (match, destination) in routes {
            switch match {
            case .default: standard = standard ?? destination
            case .endpoint, .serverName, .host, .userSuffix:
                if destinations[match] == nil { destinations[match] = destination }
            }
        }
    }

    /// Whether every client goes to the same place, whatever is known of it.
    package var isUniform: Bool { destinations.isEmpty && standard != nil }

    /// Where a client goes; `nil` for nowhere.
    ///
    /// - Parameter endpoint: through which it comes.
    package func destination(endpoint: EndpointName?, _ introduction: Introduction) -> Destination? {
        if destinations.isEmpty { return standard }
        if let endpoint, let destination = destinations[.endpoint(endpoint)] { return destination }
        for match in introduction.matches {
            if let destination = destinations[match] { return destination }
        }
        return standard
    }
}

extension RouteTable: Sendable where Destination: Sendable {}

/// By what a client is told to take a route.
package enum RouteMatch: Hashable, Sendable {
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
    package var description: String {
        switch self {
        case .default: "default"
        case .endpoint(let name): "endpoint: \(name)"
        case .serverName(let name): "serverName: \(name)"
        case .host(let name): "host: \(name)"
        case .userSuffix(let suffix): "userSuffix: \(suffix)"
        }
    }
}
